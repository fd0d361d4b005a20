// Reads a ledger's history from its first commit to where the log ends now.
#pragma once

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "libs/event_log/commit_reader.h"
#include "libs/event_log/event_log.h"

namespace realise {

// What to do behind a commit.
enum class Scan { kGoOn, kStop };

// Calls `visit` with every valid commit, oldest first, until it says stop, fails, or everything that was in
// the log when the call began has been read.
//   NOT_FOUND, FAILED_PRECONDITION, DATA_LOSS, UNAVAILABLE  as CommitReader; UNAVAILABLE only after bounded
//   retries. or what `visit` returned.
[[nodiscard]] absl::Status ScanCommits(EventLog& log, const std::string& ledger,
                                       const std::function<absl::StatusOr<Scan>(const ReadCommit&)>& visit);

}  // namespace realise
