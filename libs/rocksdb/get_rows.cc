#include "libs/rocksdb/get_rows.h"

#include "rocksdb/slice.h"

namespace realise {

rocksdb::Status GetRows(rocksdb::DB& db, const rocksdb::ReadOptions& options,
                        const std::vector<std::string>& keys,
                        std::vector<std::optional<std::string>>& values) {
  values.assign(keys.size(), std::nullopt);
  const std::vector<rocksdb::Slice> slices(keys.begin(), keys.end());
  std::vector<rocksdb::PinnableSlice> found(keys.size());
  std::vector<rocksdb::Status> statuses(keys.size());
  db.MultiGet(options, db.DefaultColumnFamily(), slices.size(), slices.data(), found.data(), statuses.data());
  for (size_t i = 0; i < keys.size(); ++i) {
    if (statuses[i].IsNotFound()) continue;
    if (!statuses[i].ok()) return statuses[i];
    values[i].emplace(found[i].data(), found[i].size());
  }
  return rocksdb::Status::OK();
}

}  // namespace realise
