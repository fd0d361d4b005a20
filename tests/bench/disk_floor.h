// What a disk gives without anything around it: synced puts into a plain RocksDB.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace rocksdb {
class DB;
}

namespace realise::bench {

// Thread-safe.
class DiskFloor {
 public:
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<DiskFloor>> Open(const std::string& path);
  ~DiskFloor();

  // Durable when it returns.
  [[nodiscard]] absl::Status Put(std::string_view key, std::string_view value);

  // The seconds of one synced put for each value, one behind the other.
  [[nodiscard]] absl::StatusOr<double> PutAll(const std::vector<std::string>& values);

 private:
  explicit DiskFloor(std::unique_ptr<rocksdb::DB> db);
  const std::unique_ptr<rocksdb::DB> db_;
};

}  // namespace realise::bench
