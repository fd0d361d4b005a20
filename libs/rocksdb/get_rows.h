// Many rows looked up at once: a part of the time of as many single lookups, since RocksDB sorts the keys and
// goes through each filter and index once for all of them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "rocksdb/db.h"
#include "rocksdb/options.h"
#include "rocksdb/status.h"

namespace realise {

// Puts into `values` what each key has, in the order of `keys`, which may be any; nothing where there is no
// such row.  The first error that is not that there is none; `values` is then of no use.
[[nodiscard]] rocksdb::Status GetRows(rocksdb::DB& db, const rocksdb::ReadOptions& options,
                                      const std::vector<std::string>& keys,
                                      std::vector<std::optional<std::string>>& values);

}  // namespace realise
