#include "libs/rpc/event_lookup.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "libs/domain/testing/event_builders.h"
#include "libs/projection/memory_fold.h"
#include "libs/projection/testing/recorded_ledger.h"

namespace realise {
namespace {

using testing::RecordedLedger;

// A fold in memory that knows where the commits are.
class Located : public MemoryFold {
 public:
  explicit Located(const RecordedLedger& ledger) : MemoryFold(ledger.code(), 1) {
    for (const std::string& stored : ledger.commits()) EXPECT_TRUE(Add(stored).ok());
  }
  absl::StatusOr<CommitEnd> CommitHolding(Sequence sequence) const override {
    auto end = MemoryFold::CommitHolding(sequence);
    if (end.ok()) end->address = addresses.at(end->sequence);
    return end;
  }
  std::map<Sequence, Address> addresses;  // of the commits with events, by their ends
};

// Counts what is read.
class CountingLog : public EventLog {
 public:
  explicit CountingLog(EventLog& log) : log_(log) {}
  absl::Status CreateLedger(const std::string& ledger) override { return log_.CreateLedger(ledger); }
  absl::StatusOr<std::vector<std::string>> ListLedgers() override { return log_.ListLedgers(); }
  absl::Status CheckLedger(const std::string& ledger) override { return log_.CheckLedger(ledger); }
  absl::StatusOr<std::unique_ptr<LogReader>> OpenReader(const std::string& ledger, Address from) override {
    return log_.OpenReader(ledger, from);
  }
  absl::StatusOr<std::unique_ptr<LogAppender>> OpenAppender(const std::string& ledger) override {
    return log_.OpenAppender(ledger);
  }
  absl::StatusOr<LogRecord> ReadAt(const std::string& ledger, Address address) override {
    ++read;
    return log_.ReadAt(ledger, address);
  }
  int read = 0;

 private:
  EventLog& log_;
};

class EventLookupTest : public ::testing::Test {
 protected:
  EventLookupTest() {
    for (v1::Event& event : events_) event.set_stream_version(1);
    // Commits of one to forty events.
    for (size_t begin = 0, size = 1; begin < events_.size(); begin += size, size = size % 40 + 1) {
      const auto end = std::min(begin + size, events_.size());
      ledger_.Commit(
          {events_.begin() + static_cast<ptrdiff_t>(begin), events_.begin() + static_cast<ptrdiff_t>(end)});
      ends_.push_back(end);
    }
    source_ = std::make_unique<Located>(ledger_);
    // The ledger's first commit, which is empty, is at address 0.
    for (size_t i = 0; i < ends_.size(); ++i) source_->addresses[ends_[i]] = static_cast<Address>(i + 1);
  }

  static std::vector<v1::Event> Boards() {
    std::vector<v1::Event> events;
    for (int i = 0; i < 900; ++i) events.push_back(testing::BoardEstablished("b-" + std::to_string(i)));
    return events;
  }
  void Expect(const std::vector<Sequence>& sequences) {
    const auto found = LookUpEvents(log_, *source_, sequences);
    ASSERT_TRUE(found.ok()) << found.status();
    ASSERT_EQ(found->size(), sequences.size());
    for (size_t i = 0; i < sequences.size(); ++i) {
      const RecordedEvent& event = (*found)[i];
      EXPECT_EQ(event.event.SerializeAsString(), events_[sequences[i] - 1].SerializeAsString());
      EXPECT_EQ(event.recorded_at, source_->CommitHolding(sequences[i])->recorded_at);
    }
  }

  testing::MemoryLog memory_;
  std::vector<v1::Event> events_ = Boards();
  RecordedLedger ledger_{memory_.log(), "AA1"};
  std::vector<Sequence> ends_;
  std::unique_ptr<Located> source_;
  CountingLog log_{memory_.log()};
};

TEST_F(EventLookupTest, GivesEveryEventAndReadsEachCommitOnce) {
  std::vector<Sequence> all(events_.size());
  std::iota(all.begin(), all.end(), 1);
  Expect(all);
  EXPECT_EQ(log_.read, static_cast<int>(ends_.size()));
  EXPECT_GT(ends_.size(), 40u);
}

TEST_F(EventLookupTest, ReadsOnlyTheCommitsThatAreAskedFor) {
  Expect({});
  EXPECT_EQ(log_.read, 0);
  Expect({1, ends_[30] + 1, ends_[30] + 2, ends_[31]});
  EXPECT_EQ(log_.read, 2);
  Expect(ends_);
}

TEST_F(EventLookupTest, SaysWhenACommitIsNotWhereTheViewSays) {
  source_->addresses[ends_[5]] = 5;
  const absl::Status other = LookUpEvents(log_, *source_, {ends_[4], ends_[5]}).status();
  EXPECT_EQ(other.code(), absl::StatusCode::kDataLoss) << other;
  source_->addresses[ends_[5]] = 1000;
  EXPECT_EQ(LookUpEvents(log_, *source_, {ends_[5]}).status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace realise
