#include "libs/event_log/rocksdb/rocksdb_status.h"

#include "fmt/format.h"

namespace realise {

absl::Status FromRocksDb(const rocksdb::Status& status, std::string_view what) {
  if (status.ok()) return absl::OkStatus();
  const std::string message = fmt::format("embedded log, {}: {}", what, status.ToString());
  // We give RocksDB neither wrong arguments nor unknown keys: it says so only of files that do not fit
  // together.
  const bool damaged = status.IsCorruption() || status.IsNotFound() || status.IsInvalidArgument() ||
                       status.IsNotSupported() || status.IsPathNotFound();
  if (damaged) return absl::DataLossError(message);
  return absl::UnavailableError(message);
}

}  // namespace realise
