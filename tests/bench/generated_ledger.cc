#include "tests/bench/generated_ledger.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "fmt/format.h"
#include "libs/base/calendar.h"
#include "libs/base/sha256.h"
#include "libs/base/status_macros.h"
#include "libs/event_log/copy/commit_file.h"
#include "realise/v1/commit.pb.h"

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

GeneratedCommits::GeneratedCommits(std::string ledger, uint64_t seed, uint64_t events)
    : history_(seed, events) {
  const Digest name = Sha256(fmt::format("{} {} {}", ledger, seed, events));
  std::copy_n(name.bytes.begin(), header_.ledger_id.bytes.size(), header_.ledger_id.bytes.begin());
  std::copy_n(name.bytes.rbegin(), header_.writer.bytes.size(), header_.writer.bytes.begin());
  header_.recorded_at = *ParseInstant("2024-06-01");
  size_.last.ledger = std::move(ledger);
}

std::optional<std::string> GeneratedCommits::Next() {
  v1::CommitBody body;
  if (!std::exchange(first_, false)) {
    bool more = true;
    while (body.events_size() < kEventsPerCommit && (more = history_.NextRecorded(*body.add_events()))) {
    }
    if (!more) body.mutable_events()->RemoveLast();
    if (body.events().empty()) return std::nullopt;
    ++size_.commits;
  }
  header_.event_count = static_cast<uint32_t>(body.events_size());
  std::string stored = EncodeCommit(header_, body.SerializeAsString());
  header_.previous = Sha256(stored);
  header_.first_sequence += header_.event_count;
  header_.recorded_at += std::chrono::seconds(1);
  size_.bytes += stored.size();
  size_.events = header_.first_sequence - 1;
  size_.last.sequence = size_.events;
  size_.last.digest = header_.previous;
  return stored;
}

absl::StatusOr<LedgerSize> RecordGenerated(EventLog& log, const std::string& ledger, uint64_t events,
                                           uint64_t seed) {
  RETURN_IF_ERROR(log.CreateLedger(ledger));
  ASSIGN_OR_RETURN(const auto appender, log.OpenAppender(ledger));
  ASSIGN_OR_RETURN(const auto reader, log.OpenReader(ledger, 0));
  GeneratedCommits commits(ledger, seed, events);
  uint64_t appended = 0;
  uint64_t read = 0;
  while (std::optional<std::string> stored = commits.Next()) {
    RETURN_IF_ERROR(appender->Append(*std::move(stored)));
    if (++appended % kCommitsUnderWay == 0) RETURN_IF_ERROR(ReadBack(*reader, appended, read));
  }
  RETURN_IF_ERROR(ReadBack(*reader, appended, read));
  return commits.size();
}

absl::StatusOr<LedgerSize> BackUpGenerated(const std::string& path, const std::string& ledger,
                                           uint64_t events, uint64_t seed) {
  ASSIGN_OR_RETURN(const auto file, CommitFileWriter::Create(path));
  GeneratedCommits commits(ledger, seed, events);
  while (const std::optional<std::string> stored = commits.Next()) RETURN_IF_ERROR(file->Add(*stored));
  RETURN_IF_ERROR(file->Finish());
  return commits.size();
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
