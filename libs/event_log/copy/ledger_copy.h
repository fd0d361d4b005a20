// Copies a ledger into a log: from another log, or from a file.  The copy has the same commits, byte for
// byte, and so the same positions, digests and receipts.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "libs/event_log/commit_chain.h"
#include "libs/event_log/commit_reader.h"
#include "libs/event_log/copy/commit_file.h"
#include "libs/event_log/event_log.h"

namespace realise {

// Gives the stored bytes of a ledger's valid commits, oldest first; nothing behind the last.
using CommitSource = std::function<absl::StatusOr<std::optional<std::string>>()>;

// The valid commits of a log up to its end as it is when they are all read.  The reader has read nothing
// before, and must outlive the source.
[[nodiscard]] CommitSource ValidCommitsOf(CommitReader& reader);
// The commits of a file, which must outlive the source.
[[nodiscard]] CommitSource CommitsOf(CommitFileReader& file);

struct CopiedLedger {
  uint64_t already_there = 0;  // commits that the target held before
  uint64_t copied = 0;
  ChainHead head;  // of the source
};

// Copies into `ledger` of `target`, which is created if it does not exist; goes on where an earlier copy
// ended.  Every commit is judged before it is copied and read back as valid after.  Nobody else may append to
// the target meanwhile.
//   FAILED_PRECONDITION  the target holds another history: nothing was appended to it.
//   DATA_LOSS            the source is damaged or not one history; or the target's reader stopped.
//   ABORTED              something else was appended to the target, or a commit was lost on its way: copy
//   again, it goes
//                        on from what is there.
//   UNAVAILABLE          a log did not answer in time: likewise.
[[nodiscard]] absl::StatusOr<CopiedLedger> CopyLedger(const CommitSource& source, EventLog& target,
                                                      const std::string& ledger);

// Writes a ledger into a file, judging each commit.   DATA_LOSS, UNAVAILABLE  as CopyLedger; the file is not
// finished.
[[nodiscard]] absl::StatusOr<CopiedLedger> CopyToFile(const CommitSource& source, CommitFileWriter& file);

}  // namespace realise
