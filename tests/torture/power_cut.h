// What a power cut takes: the bytes at the end of each file that were never synced.
#pragma once

#include <string>

#include "absl/status/status.h"

namespace realise::torture {

// Cuts every file below `folder` to what the file `witness` (sync_witness.cc) says was synced of it, and one
// that never was to nothing; then forgets the notes of files that are gone.  Names are kept: a file that was
// made or renamed is taken as synced with its folder.  REQUIRES: the process is gone.
//   INTERNAL  a file cannot be read or cut.
[[nodiscard]] absl::Status LoseUnsynced(const std::string& folder, const std::string& witness);

// The same for a broker, whose records are not synced before they are acknowledged, and need not be: other
// brokers have them.  Every file of records and every index below `folder` but those of the cluster's own
// metadata (which are synced) loses all that Kafka has not flushed.   REQUIRES: the broker is gone.
//   INTERNAL  a file cannot be cut.
[[nodiscard]] absl::Status LoseUnflushedRecords(const std::string& folder);

}  // namespace realise::torture
