// RocksDB's account of itself, the file LOG of a database: written so that a full disk costs lines and
// nothing else.
//
// RocksDB's own logger stops the process by an assertion with the first line after one that could not be
// written (7.8.3, as Debian builds it); a full disk thus ended whatever had a database on it.
#pragma once

#include <memory>
#include <string>

#include "rocksdb/env.h"

namespace realise {

// For `Options::info_log` of the database in `folder`, which is made if it does not exist.  What is there is
// kept as LOG.old; a file ends at 4 MiB, and the one before it is kept.  Lines that cannot be written are
// left out. Thread-safe.
[[nodiscard]] std::shared_ptr<rocksdb::Logger> NewInfoLog(const std::string& folder);

}  // namespace realise
