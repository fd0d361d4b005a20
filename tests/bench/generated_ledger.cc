#include "tests/bench/generated_ledger.h"

#include <chrono>
#include <utility>

#include "libs/base/clock.h"
#include "libs/base/sha256.h"
#include "libs/base/status_macros.h"
#include "libs/event_log/commit.h"
#include "libs/ledger/ledger_writer.h"
#include "realise/v1/commit.pb.h"
#include "tests/bench/generated_history.h"

namespace realise::bench {
namespace {

constexpr size_t kReadBytes = 4 * 1024 * 1024;
constexpr std::chrono::seconds kReadWait{20};
// Handed over before what was handed over is read back.
constexpr uint64_t kCommitsUnderWay = 64;

// Reads until `records` were read in all.
absl::Status ReadBack(LogReader& reader, uint64_t records, uint64_t& read) {
  while (read < records) {
    ASSIGN_OR_RETURN(const std::vector<LogRecord> some, reader.Read(kReadWait, kReadBytes));
    if (some.empty()) return absl::UnavailableError("what was recorded cannot be read back");
    read += some.size();
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<LedgerSize> RecordGenerated(EventLog& log, const std::string& ledger, uint64_t events) {
  const ManualClock clock(*ParseInstant("2024-06-01"));
  ASSIGN_OR_RETURN(const CreatedLedger created, CreateLedger(log, clock, ledger, false));
  ASSIGN_OR_RETURN(const auto appender, log.OpenAppender(ledger));
  ASSIGN_OR_RETURN(const auto reader, log.OpenReader(ledger, 0));
  CommitHeader header;
  header.ledger_id = created.ledger_id;
  header.writer = RandomWriterId();
  header.previous = *created.receipt.digest;
  header.recorded_at = clock.Now();
  GeneratedHistory history(kSeed, events);
  StreamVersions versions;
  LedgerSize size;
  uint64_t read = 0;
  for (bool more = true; more;) {
    v1::CommitBody body;
    while (body.events_size() < kEventsPerCommit && (more = history.Next(*body.add_events()))) {
      versions.Number(*body.mutable_events()->rbegin());
    }
    if (!more) body.mutable_events()->RemoveLast();
    if (body.events().empty()) break;
    header.event_count = static_cast<uint32_t>(body.events_size());
    header.recorded_at += std::chrono::seconds(1);
    std::string stored = EncodeCommit(header, body.SerializeAsString());
    header.previous = Sha256(stored);
    header.first_sequence += header.event_count;
    size.bytes += stored.size();
    ++size.commits;
    RETURN_IF_ERROR(appender->Append(std::move(stored)));
    // One more is the commit that created the ledger.
    if (size.commits % kCommitsUnderWay == 0) RETURN_IF_ERROR(ReadBack(*reader, size.commits + 1, read));
  }
  RETURN_IF_ERROR(ReadBack(*reader, size.commits + 1, read));
  size.events = header.first_sequence - 1;
  size.last = {.ledger = ledger, .sequence = size.events, .digest = header.previous};
  return size;
}

absl::Status ForEachRecord(EventLog& log, const std::string& ledger,
                           const std::function<void(std::string_view stored)>& each) {
  ASSIGN_OR_RETURN(const auto reader, log.OpenReader(ledger, 0));
  ASSIGN_OR_RETURN(const Address end, reader->End());
  while (reader->next_address() < end) {
    ASSIGN_OR_RETURN(const std::vector<LogRecord> some, reader->Read(kReadWait, kReadBytes));
    for (const LogRecord& record : some) each(record.stored);
  }
  return absl::OkStatus();
}

}  // namespace realise::bench
