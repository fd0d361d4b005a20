// A generated history as the valid commits of a ledger, made without a writer: straight into a log or a file.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/base/ids.h"
#include "libs/event_log/commit.h"
#include "libs/event_log/event_log.h"
#include "tests/bench/generated_history.h"

namespace realise::bench {

inline constexpr int kEventsPerCommit = 500;

struct LedgerSize {
  uint64_t events = 0;
  uint64_t commits = 0;  // without the first, which is empty
  uint64_t bytes = 0;    // of stored commits
  Receipt last;
};

// The commits of a ledger, made one by one, each chained to the one before; the first has no events, as that
// of every ledger.  The same bytes for the same seed and length.  Not thread-safe.
class GeneratedCommits {
 public:
  GeneratedCommits(std::string ledger, uint64_t seed, uint64_t events);

  // The stored bytes of the next one; nothing behind the last.
  [[nodiscard]] std::optional<std::string> Next();
  // Of those up to here.
  const LedgerSize& size() const { return size_; }

 private:
  GeneratedHistory history_;
  CommitHeader header_;  // of the next
  LedgerSize size_;
  bool first_ = true;
};

// Creates the ledger and returns once everything can be read.
[[nodiscard]] absl::StatusOr<LedgerSize> RecordGenerated(EventLog& log, const std::string& ledger,
                                                         uint64_t events, uint64_t seed = kSeed);

// Writes the ledger into a file that `realise ledger copy` restores.
//   ALREADY_EXISTS, NOT_FOUND, PERMISSION_DENIED, UNKNOWN  as CommitFileWriter.
[[nodiscard]] absl::StatusOr<LedgerSize> BackUpGenerated(const std::string& path, const std::string& ledger,
                                                         uint64_t events, uint64_t seed = kSeed);

// Calls `each` with the stored bytes of every record of a ledger, in order.
[[nodiscard]] absl::Status ForEachRecord(EventLog& log, const std::string& ledger,
                                         const std::function<void(std::string_view stored)>& each);

}  // namespace realise::bench
