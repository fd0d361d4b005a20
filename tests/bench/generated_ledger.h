// A generated history written straight into a log as valid commits, without a writer.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/base/ids.h"
#include "libs/event_log/event_log.h"

namespace realise::bench {

inline constexpr int kEventsPerCommit = 500;
inline constexpr uint64_t kSeed = 20260401;

struct LedgerSize {
  uint64_t events = 0;
  uint64_t commits = 0;
  uint64_t bytes = 0;  // of stored commits
  Receipt last;
};

// Creates the ledger and returns once everything can be read.
[[nodiscard]] absl::StatusOr<LedgerSize> RecordGenerated(EventLog& log, const std::string& ledger,
                                                         uint64_t events);

// Calls `each` with the stored bytes of every record of a ledger, in order.
[[nodiscard]] absl::Status ForEachRecord(EventLog& log, const std::string& ledger,
                                         const std::function<void(std::string_view stored)>& each);

}  // namespace realise::bench
