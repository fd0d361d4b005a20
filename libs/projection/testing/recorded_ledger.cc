#include "libs/projection/testing/recorded_ledger.h"

#include <cstdlib>
#include <random>
#include <utility>

#include "libs/base/sha256.h"
#include "libs/event_log/rocksdb/rocksdb_event_log.h"
#include "realise/v1/commit.pb.h"
#include "rocksdb/env.h"

namespace realise::testing {
namespace {

// What does not work here is no finding of a test, but makes it meaningless.
template <typename T>
T MustHave(absl::StatusOr<T> value) {
  if (!value.ok()) std::abort();
  return std::move(*value);
}

void MustWork(bool ok) {
  if (!ok) std::abort();
}

}  // namespace

struct MemoryLog::Parts {
  std::unique_ptr<rocksdb::Env> env{rocksdb::NewMemEnv(rocksdb::Env::Default())};
  std::unique_ptr<RocksDbEventLog> log = MustHave(RocksDbEventLog::Open({.path = "/log", .env = env.get()}));
};

MemoryLog::MemoryLog() : parts_(std::make_unique<Parts>()), log_(parts_->log.get()) {}
MemoryLog::~MemoryLog() = default;

RecordedLedger::RecordedLedger(EventLog& log, std::string code) : log_(log), code_(std::move(code)) {
  for (size_t i = 0; i < id_.bytes.size(); ++i) id_.bytes[i] = static_cast<uint8_t>(code_[i % code_.size()]);
  MustWork(log_.CreateLedger(code_).ok());
  appender_ = MustHave(log_.OpenAppender(code_));
  CommitHeader first;
  first.recorded_at = std::chrono::sys_days(std::chrono::year(2024) / 4 / 1);
  CommitWith(first, "");
}

RecordedLedger::~RecordedLedger() = default;

void RecordedLedger::Commit(const std::vector<v1::Event>& events) {
  v1::CommitBody body;
  for (const v1::Event& event : events) *body.add_events() = event;
  CommitBytes(body.SerializeAsString(), static_cast<uint32_t>(events.size()));
}

void RecordedLedger::CommitBytes(std::string_view body, uint32_t event_count) {
  CommitHeader header;
  header.event_count = event_count;
  header.recorded_at = chain_.head()->recorded_at + std::chrono::seconds(1);
  CommitWith(header, body);
}

void RecordedLedger::CorrectClock(std::chrono::microseconds back) {
  CommitHeader header;
  header.flags = kFlagClockCorrection;
  header.recorded_at = chain_.head()->recorded_at - back;
  CommitWith(header, "");
}

void RecordedLedger::Void(std::string_view bytes) { Append(std::string(bytes)); }

void RecordedLedger::CommitHistory(const std::vector<v1::Event>& events, uint64_t seed) {
  std::mt19937_64 random(seed);
  for (size_t done = 0; done < events.size();) {
    const size_t count = std::min<size_t>(events.size() - done, random() % 12);
    Commit(std::vector<v1::Event>(events.begin() + static_cast<ptrdiff_t>(done),
                                  events.begin() + static_cast<ptrdiff_t>(done + count)));
    done += count;
    if (random() % 8 == 0) Void("noise " + std::to_string(random()));
    if (random() % 20 == 0) CorrectClock(std::chrono::microseconds(random() % 30'000'000));
  }
}

void RecordedLedger::CommitWith(CommitHeader header, std::string_view body) {
  header.ledger_id = id_;
  header.writer.bytes.fill(1);
  if (chain_.head()) {
    header.previous = chain_.head()->digest;
    header.first_sequence = chain_.head()->next_sequence;
  }
  std::string stored = EncodeCommit(header, body);
  MustWork(chain_.Offer(DecodeCommit(stored), Sha256(stored)) == Verdict::kValid);
  commits_.push_back(stored);
  Append(std::move(stored));
}

void RecordedLedger::Append(std::string stored) {
  MustWork(appender_->Append(std::move(stored)).ok());
  const auto reader = MustHave(log_.OpenReader(code_, static_cast<Address>(records_)));
  MustWork(MustHave(reader->Read(std::chrono::seconds(10), 1)).size() == 1);
  ++records_;
}

}  // namespace realise::testing
