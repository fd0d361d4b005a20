#include "libs/event_log/commit_scan.h"

#include <chrono>

#include "libs/base/status_macros.h"

namespace realise {
namespace {

constexpr size_t kScanBytes = 4 * 1024 * 1024;
constexpr std::chrono::milliseconds kScanWait(200);
constexpr int kIdleReadsMax = 50;  // reads without a record, about ten seconds

}  // namespace

absl::Status ScanCommits(EventLog& log, const std::string& ledger,
                         const std::function<absl::StatusOr<Scan>(const ReadCommit&)>& visit) {
  ASSIGN_OR_RETURN(const auto end_reader, log.OpenReader(ledger, 0));
  ASSIGN_OR_RETURN(const Address end, end_reader->End());
  ASSIGN_OR_RETURN(const auto reader, CommitReader::Open(log, ledger, std::nullopt));
  for (int idle = 0; idle < kIdleReadsMax;) {
    if (reader->place().next_address() >= end) return absl::OkStatus();
    ASSIGN_OR_RETURN(const auto commits, reader->Read(kScanWait, kScanBytes));
    if (commits.empty()) {
      ASSIGN_OR_RETURN(const bool caught_up, reader->CaughtUp());
      if (caught_up) return absl::OkStatus();
      ++idle;
      continue;
    }
    idle = 0;
    for (const ReadCommit& commit : commits) {
      if (commit.verdict != Verdict::kValid) continue;
      ASSIGN_OR_RETURN(const Scan next, visit(commit));
      if (next == Scan::kStop) return absl::OkStatus();
    }
  }
  return absl::UnavailableError("the log gave no record for ten seconds; try again");
}

}  // namespace realise
