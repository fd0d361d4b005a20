#include "tests/bench/disk_floor.h"

#include <utility>

#include "fmt/format.h"
#include "libs/base/status_macros.h"
#include "rocksdb/db.h"
#include "tests/bench/result_table.h"

namespace realise::bench {
namespace {

absl::Status ToStatus(const rocksdb::Status& status) {
  return status.ok() ? absl::OkStatus() : absl::UnavailableError(status.ToString());
}

}  // namespace

absl::StatusOr<std::unique_ptr<DiskFloor>> DiskFloor::Open(const std::string& path) {
  rocksdb::Options options;
  options.create_if_missing = true;
  rocksdb::DB* db = nullptr;
  RETURN_IF_ERROR(ToStatus(rocksdb::DB::Open(options, path, &db)));
  return std::unique_ptr<DiskFloor>(new DiskFloor(std::unique_ptr<rocksdb::DB>(db)));
}

DiskFloor::DiskFloor(std::unique_ptr<rocksdb::DB> db) : db_(std::move(db)) {}
DiskFloor::~DiskFloor() = default;

absl::Status DiskFloor::Put(std::string_view key, std::string_view value) {
  rocksdb::WriteOptions options;
  options.sync = true;
  return ToStatus(db_->Put(options, {key.data(), key.size()}, {value.data(), value.size()}));
}

absl::StatusOr<double> DiskFloor::PutAll(const std::vector<std::string>& values) {
  const Stopwatch watch;
  for (size_t i = 0; i < values.size(); ++i) RETURN_IF_ERROR(Put(fmt::format("all-{:08}", i), values[i]));
  return watch.seconds();
}

}  // namespace realise::bench
