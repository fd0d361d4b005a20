// A file to import, plain or compressed with gzip.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "libs/adapters/csv_reader.h"

namespace realise {

// Called as a file is read: bytes of the file read so far, as they lie on disk, and in all; 0 in all if not
// known.
using OnProgress = std::function<void(int64_t bytes_read, int64_t bytes_total)>;

// Opens a file, "-" for the standard input; gzip is recognised by its content.  The file is closed with the
// last copy of what is returned.  Reading may answer
//   DATA_LOSS  the compressed file is damaged or cut short: nothing is taken for its end that is not.
//   NOT_FOUND  (here) it cannot be opened.
[[nodiscard]] absl::StatusOr<ReadBytes> OpenInputFile(const std::string& path,
                                                      OnProgress on_progress = nullptr);

}  // namespace realise
