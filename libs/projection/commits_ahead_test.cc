#include "libs/projection/commits_ahead.h"

#include "gtest/gtest.h"
#include "libs/domain/testing/event_builders.h"
#include "libs/projection/testing/recorded_ledger.h"
#include "tests/support/faulty_event_log.h"

namespace realise {
namespace {

using std::chrono::milliseconds;
using testing::Numbered;
using testing::RandomHistory;

// A read returns one at least.
constexpr size_t kOneCommit = 1;

class CommitsAheadTest : public ::testing::Test {
 protected:
  void Record(int events) { ledger_.CommitHistory(Numbered(RandomHistory(1, events)), 1); }
  std::unique_ptr<CommitsAhead> Open(const std::optional<internal::v1::LogPlace>& place = std::nullopt) {
    auto opened = CommitsAhead::Open(log_, "RH5", place);
    EXPECT_TRUE(opened.ok()) << opened.status();
    return std::move(*opened);
  }

  testing::MemoryLog memory_;
  testing::RecordedLedger ledger_{memory_.log(), "RH5"};
  FaultyEventLog log_{memory_.log()};
};

// Messages are parsed into again and again, and a few times made anew.
TEST_F(CommitsAheadTest, ReturnsWhatTheLogHasParsedAndInOrder) {
  Record(500);
  for (const bool ahead : {false, true}) {
    SCOPED_TRACE(ahead);
    const auto commits = Open();
    size_t records = 0;
    std::vector<std::string> valid;
    while (true) {
      const auto batch = commits->Read(milliseconds(0), 300, ahead);
      ASSERT_TRUE(batch.ok()) << batch.status();
      if ((*batch)->commits.empty()) break;
      ASSERT_EQ((*batch)->bodies.size(), (*batch)->commits.size());
      for (size_t i = 0; i < (*batch)->commits.size(); ++i) {
        const ReadCommit& commit = (*batch)->commits[i];
        EXPECT_EQ(commit.address, static_cast<Address>(records++));
        ASSERT_EQ((*batch)->bodies[i] != nullptr, commit.verdict == Verdict::kValid);
        if (commit.verdict != Verdict::kValid) continue;
        EXPECT_EQ((*batch)->bodies[i]->SerializeAsString(), commit.body());
        valid.push_back(commit.stored);
      }
      EXPECT_EQ(commits->place().next_address(), static_cast<Address>(records));
      EXPECT_TRUE(commits->CheckAnchors().ok());
      if (records % 400 == 0) commits->LetGo();
    }
    EXPECT_EQ(records, ledger_.records());
    EXPECT_EQ(valid, ledger_.commits());
    EXPECT_TRUE(*commits->CaughtUp());
  }
}

TEST_F(CommitsAheadTest, ItsPlaceIsBehindWhatItReturnedAndNotBehindWhatItRead) {
  Record(50);
  const auto commits = Open();
  ASSERT_TRUE(commits->Read(milliseconds(0), kOneCommit, true).ok());
  const internal::v1::LogPlace place = commits->place();
  EXPECT_FALSE(*commits->CaughtUp());
  const auto next = commits->Read(milliseconds(0), kOneCommit, false);
  const auto from_there = Open(place);
  const auto again = from_there->Read(milliseconds(0), kOneCommit, false);
  ASSERT_TRUE(next.ok() && again.ok());
  EXPECT_EQ((*again)->commits.front().digest, (*next)->commits.front().digest);
}

TEST_F(CommitsAheadTest, IsNotCaughtUpWhileSomethingThatWasReadIsNotReturned) {
  const auto commits = Open();
  // The log is read to its end, and more comes.
  ASSERT_EQ((*commits->Read(milliseconds(0), 1 << 20, true))->commits.size(), 1u);
  EXPECT_TRUE(*commits->CaughtUp());
  Record(10);
  EXPECT_FALSE(*commits->CaughtUp());
  EXPECT_FALSE((*commits->Read(milliseconds(0), kOneCommit, true))->commits.empty());
  EXPECT_FALSE(*commits->CaughtUp());
}

TEST_F(CommitsAheadTest, DoesNotReadAheadAtTheEndOfTheLog) {
  Record(10);
  const auto commits = Open();
  // Much less than was asked for.
  ASSERT_FALSE((*commits->Read(milliseconds(0), 1 << 20, true))->commits.empty());
  log_.FailReads(1);
  Record(1);
  EXPECT_TRUE(absl::IsUnavailable(commits->Read(milliseconds(0), 1 << 20, true).status()));
}

TEST_F(CommitsAheadTest, SaysOfWhatFailedAheadAtTheNextCallAndGoesOn) {
  Record(50);
  const auto commits = Open();
  log_.FailReads(1, 1);
  const auto first = commits->Read(milliseconds(0), kOneCommit, true);
  ASSERT_TRUE(first.ok()) << first.status();
  const Address behind = (*first)->commits.back().address + 1;
  EXPECT_FALSE(*commits->CaughtUp());
  EXPECT_TRUE(absl::IsUnavailable(commits->Read(milliseconds(0), kOneCommit, true).status()));
  const auto next = commits->Read(milliseconds(0), kOneCommit, true);
  ASSERT_TRUE(next.ok()) << next.status();
  EXPECT_EQ((*next)->commits.front().address, behind);
}

}  // namespace
}  // namespace realise
