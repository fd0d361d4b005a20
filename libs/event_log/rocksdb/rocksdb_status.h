// Where RocksDB's statuses end: everything above knows only absl::Status.
#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "rocksdb/status.h"

namespace realise {

// DATA_LOSS if the files are damaged or are not what they were, UNAVAILABLE for anything else.  `what` says
// what was being done.
[[nodiscard]] absl::Status FromRocksDb(const rocksdb::Status& status, std::string_view what);

}  // namespace realise
