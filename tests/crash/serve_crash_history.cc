#include "tests/crash/serve_crash_history.h"

#include <algorithm>
#include <utility>

#include "fmt/format.h"
#include "gtest/gtest.h"
#include "libs/base/sha256.h"
#include "realise/v1/commit.pb.h"

namespace realise::crash {
namespace {

// Places in a commit's header; commit.proto has the whole of it.
constexpr size_t kPreviousAt = 24;
constexpr size_t kFirstSequenceAt = 72;
constexpr size_t kEventCountAt = 80;
constexpr size_t kHeaderBytes = 100;
constexpr size_t kDigestBytes = 32;

uint64_t BigEndian(const std::string& bytes, size_t at, size_t size) {
  uint64_t number = 0;
  for (size_t i = at; i < at + size; ++i) number = number << 8 | static_cast<uint8_t>(bytes.at(i));
  return number;
}

// As the publisher sent it.
std::string ContentOf(v1::Event event) {
  event.clear_stream_version();
  return event.SerializeAsString();
}

}  // namespace

EventName NameOf(const v1::Event& event) { return {event.source(), event.id()}; }

void History::ReadOn(Services& services) {
  const uint64_t from = events_.size();
  v1::ReadCommitsRequest request;
  request.set_ledger(ledger_);
  // The last commits that are known come again, so that empty ones behind them do.
  request.set_from_sequence(from);
  grpc::ClientContext context;
  SetDeadline(context);
  const auto reader = services.log->ReadCommits(&context, request);
  v1::ReadCommitsResponse response;
  while (reader->Read(&response)) {
    for (const std::string& stored : response.commits()) TakeCommit(stored);
  }
  const grpc::Status read = reader->Finish();
  ASSERT_TRUE(read.ok()) << read.error_message();
  CompareHistory(services, from);
}

void History::TakeCommit(const std::string& stored) {
  ASSERT_GE(stored.size(), kHeaderBytes);
  const std::string digest(Sha256(stored).view());
  const uint64_t first = BigEndian(stored, kFirstSequenceAt, 8);
  const uint64_t count = BigEndian(stored, kEventCountAt, 4);
  const std::string receipt = fmt::format("{}@{}#{}", ledger_, first + count - 1, ToHex(digest));
  if (receipts_.count(receipt) != 0) return;
  ASSERT_EQ(stored.substr(kPreviousAt, kDigestBytes), last_digest_) << "the chain is broken at " << receipt;
  ASSERT_EQ(first, events_.size() + 1) << "a gap before " << receipt;
  v1::CommitBody body;
  ASSERT_TRUE(body.ParseFromString(stored.substr(kHeaderBytes))) << receipt;
  ASSERT_EQ(static_cast<uint64_t>(body.events_size()), count) << receipt;
  for (const v1::Event& event : body.events()) TakeEvent(event);
  ++commits_;
  receipts_.insert(receipt);
  last_digest_ = digest;
  last_receipt_ = receipt;
}

void History::TakeEvent(const v1::Event& event) {
  const uint64_t sequence = events_.size() + 1;
  const auto [at, is_new] = sequences_.emplace(NameOf(event), sequence);
  EXPECT_TRUE(is_new) << event.id() << " is there at " << at->second << " and again at " << sequence;
  EXPECT_EQ(event.stream_version(), ++versions_[event.stream()]) << event.id() << " at " << sequence;
  events_.push_back(event);
  savings_.Add(event);
}

void History::CompareHistory(Services& services, uint64_t from) {
  if (from == events_.size()) return;
  v1::ReadHistoryRequest request;
  request.set_ledger(ledger_);
  request.set_from_sequence(from + 1);
  request.set_to_sequence(events_.size());
  grpc::ClientContext context;
  SetDeadline(context);
  const auto reader = services.log->ReadHistory(&context, request);
  uint64_t sequence = from;
  v1::ReadHistoryResponse response;
  while (reader->Read(&response)) {
    for (const v1::HistoryEntry& entry : response.entries()) {
      ASSERT_EQ(entry.sequence(), ++sequence);
      ASSERT_LE(sequence, events_.size());
      ASSERT_EQ(entry.event().SerializeAsString(), At(sequence).SerializeAsString()) << sequence;
    }
  }
  const grpc::Status read = reader->Finish();
  ASSERT_TRUE(read.ok()) << read.error_message();
  ASSERT_EQ(sequence, events_.size());
}

std::optional<uint64_t> History::Find(const EventName& name) const {
  const auto at = sequences_.find(name);
  return at == sequences_.end() ? std::nullopt : std::optional(at->second);
}

void Answers::Sent(const v1::Event& event) {
  const std::lock_guard lock(mutex_);
  rows_.try_emplace(NameOf(event)).first->second.event = event;
}

void Answers::Accepted(const v1::Appended& appended, const v1::Event& event, const std::string& receipt) {
  const std::lock_guard lock(mutex_);
  Row& row = rows_.at(NameOf(event));
  EXPECT_EQ(appended.event_id(), event.id());
  EXPECT_NE(row.fate, Fate::kRefused) << event.id() << " was refused, and is now accepted";
  if (row.sequence != 0) {
    EXPECT_EQ(appended.sequence(), row.sequence) << event.id() << " was recorded before";
    EXPECT_TRUE(appended.already_recorded()) << event.id();
  }
  if (row.fate == Fate::kAccepted) {
    EXPECT_EQ(appended.stream_version(), row.stream_version) << event.id();
  }
  if (!appended.already_recorded()) {
    ++appended_;
    changed_.notify_all();
  }
  row.fate = Fate::kAccepted;
  row.sequence = appended.sequence();
  row.stream_version = appended.stream_version();
  row.receipt = receipt;
}

void Answers::Refused(const v1::Event& event) {
  const std::lock_guard lock(mutex_);
  Row& row = rows_.at(NameOf(event));
  EXPECT_EQ(row.sequence, 0u) << event.id() << " is recorded, and is now refused";
  row.fate = Fate::kRefused;
}

void Answers::Compare(const History& history) {
  const std::lock_guard lock(mutex_);
  uint64_t there = 0;
  for (auto& [name, row] : rows_) {
    const std::optional<uint64_t> sequence = history.Find(name);
    if (row.fate == Fate::kRefused) {
      EXPECT_FALSE(sequence) << name.second << " was refused, and is there at " << *sequence;
      continue;
    }
    if (row.fate == Fate::kAccepted) {
      ASSERT_TRUE(sequence) << name.second << " was accepted at " << row.sequence << ", and is lost";
      EXPECT_EQ(history.At(*sequence).stream_version(), row.stream_version) << name.second;
      EXPECT_TRUE(history.Has(row.receipt)) << row.receipt << " of " << name.second << " pins no commit";
    }
    if (!sequence) continue;
    ++there;
    if (row.fate == Fate::kUnknown && row.sequence == 0) ++found_;
    if (row.sequence == 0) row.sequence = *sequence;
    EXPECT_EQ(*sequence, row.sequence) << name.second;
    EXPECT_EQ(ContentOf(history.At(*sequence)), ContentOf(row.event)) << name.second;
  }
  EXPECT_EQ(there, history.events()) << "an event is there that nobody sent";
}

uint64_t Answers::Count(Fate fate) const {
  const std::lock_guard lock(mutex_);
  return static_cast<uint64_t>(
      std::count_if(rows_.begin(), rows_.end(), [&](const auto& row) { return row.second.fate == fate; }));
}

uint64_t Answers::accepted() const { return Count(Fate::kAccepted); }
uint64_t Answers::refused() const { return Count(Fate::kRefused); }
uint64_t Answers::unknown() const { return Count(Fate::kUnknown); }

uint64_t Answers::found() const {
  const std::lock_guard lock(mutex_);
  return found_;
}

uint64_t Answers::appended() const {
  const std::lock_guard lock(mutex_);
  return appended_;
}

bool Answers::WaitForAppended(uint64_t count, std::chrono::milliseconds wait_max) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, wait_max, [&] { return appended_ >= count; });
}

}  // namespace realise::crash
