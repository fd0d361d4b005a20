#include "libs/projection/memory_fold.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>

#include "libs/base/sha256.h"
#include "libs/domain/testing/event_builders.h"
#include "libs/projection/testing/folded_history.h"
#include "realise/v1/commit.pb.h"

namespace realise {
namespace {

using namespace ::realise::testing;  // NOLINT: event builders
using ::testing::HasSubstr;

class MemoryFoldTest : public ::testing::Test {
 protected:
  MemoryFoldTest() : fold_("RH5", 1) {
    history_.Add(Numbered({BoardEstablished("beds")}));
    for (const std::string& stored : history_.stored()) EXPECT_TRUE(fold_.Add(stored).ok());
  }

  // A commit that follows, with `body` and as many events as its header is made to say.
  std::string Next(const std::string& body, uint32_t events) {
    CommitHeader header;
    header.ledger_id.bytes.fill(7);
    header.previous = Sha256(history_.stored().back());
    header.first_sequence = 2;
    header.event_count = events;
    header.recorded_at = *ParseInstant("2024-01-01");
    return EncodeCommit(header, body);
  }

  void ExpectStops(const std::string& stored, const std::string& why) {
    const absl::Status status = fold_.Add(stored);
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
    EXPECT_THAT(std::string(status.message()), HasSubstr("RH5@1"));
    EXPECT_THAT(std::string(status.message()), HasSubstr(why));
    // It never goes on, and still answers for what it had.
    EXPECT_EQ(fold_.Add(Next("", 0)).code(), absl::StatusCode::kDataLoss);
    EXPECT_EQ(fold_.Latest().sequence, 1);
    EXPECT_EQ(fold_.FactsUpTo(99)->size(), 1);
  }

  FoldedHistory history_;
  MemoryFold fold_;
};

std::string BodyOf(const std::vector<v1::Event>& events) {
  v1::CommitBody body;
  for (const v1::Event& event : events) *body.add_events() = event;
  return body.SerializeAsString();
}

TEST_F(MemoryFoldTest, StopsAtACommitThatDoesNotFollow) { ExpectStops(history_.stored().front(), "other_"); }

TEST_F(MemoryFoldTest, StopsAtBytesThatAreNoCommit) { ExpectStops("nonsense", "undecodable"); }

TEST_F(MemoryFoldTest, StopsAtABodyThatDoesNotDecode) { ExpectStops(Next("\xff\xff", 1), "does not decode"); }

TEST_F(MemoryFoldTest, StopsIfEventsAreMissing) {
  ExpectStops(Next(BodyOf(Numbered({ProjectProposed("p-1")})), 2), "holds 1 events");
}

TEST_F(MemoryFoldTest, StopsAtAnEventThatCannotBeAppliedAndTakesNothingOfItsCommit) {
  ExpectStops(Next(BodyOf(Numbered({BoardEstablished("flow"), ClaimQueried("c-1")})), 2), "RH5@3");
}

TEST_F(MemoryFoldTest, StopsAtAnEventOfAnUnknownType) {
  v1::Event unknown;
  unknown.set_stream("board/beds");
  unknown.set_stream_version(2);
  ExpectStops(Next(BodyOf({unknown}), 1), "unknown");
}

TEST_F(MemoryFoldTest, CommitsAreFoundByEndTimeAndContent) {
  const std::vector<std::string>& stored = history_.stored();
  history_.Add({ProjectProposed("p-1"), ProjectProposed("p-2")});
  history_.Add({});
  ASSERT_TRUE(fold_.Add(stored[2]).ok());
  ASSERT_TRUE(fold_.Add(stored[3]).ok());
  EXPECT_EQ(fold_.CommitEndingAt(3)->digest, Sha256(stored[3]));
  EXPECT_EQ(fold_.CommitsEndingAt(3)->front().digest, Sha256(stored[2]));
  EXPECT_EQ(fold_.CommitHolding(2)->digest, Sha256(stored[2]));
  EXPECT_EQ(fold_.CommitEndingAt(2).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(fold_.CommitHolding(4).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(fold_.CommitAtTime(*ParseInstant("2023-04-01T01:30:00Z"))->digest, Sha256(stored[1]));
}

// The balances at a position are the sums of the postings up to it, at every position.
RC_GTEST_PROP(MemoryFoldProperty, BalancesAreSumsOfPostings, (uint64_t seed)) {
  FoldedHistory history;
  history.AddEach(RandomHistory(seed, 120));
  const Sequence at = *rc::gen::inRange<Sequence>(0, 121);
  const auto facts = history.source().FactsUpTo(at);
  for (const FactEvent& fact : *facts) {
    RC_ASSERT(fact.sequence <= at);
    if (!fact.event.has_board_established()) continue;
    const std::string account = SavingsAccount(fact.event.board_established().board_id());
    std::map<Cell, int64_t> sums;
    const auto postings = history.source().PostingsUpTo(account, at);
    for (const AccountPosting& posting : *postings) {
      RC_ASSERT(posting.sequence <= at);
      sums[posting.cell] += posting.delta;
    }
    const auto cells = history.source().BalancesAt(account, at);
    RC_ASSERT((std::map<Cell, int64_t>(cells->begin(), cells->end()) == sums));
  }
}

// Sums on the way may be larger than 64 bits, in a balance and in what explains it.
TEST(MemoryFoldSums, OnlyWhatIsAskedForHasToFit) {
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  FoldedHistory history;
  history.AddEach({BoardEstablished("b"), ProjectProposed("p"), ProjectAssigned("p", "b"),
                   BenefitRegistered("n", "p"),
                   ClaimSubmitted("c-1", "n", "2024/25-M01", "2024/25-M01", kMost),
                   ClaimSubmitted("c-2", "n", "2024/25-M01", "2024/25-M01", kMost)});
  const std::string account = SavingsAccount("b");
  EXPECT_EQ(history.source().BalancesAt(account, 6).status().code(), absl::StatusCode::kOutOfRange);
  history.AddEach({ClaimRejected("c-2", "2024/25-M01")});
  const auto cells = history.source().BalancesAt(account, 7);
  ASSERT_TRUE(cells.ok()) << cells.status();
  EXPECT_EQ(cells->begin()->second, kMost);

  v1::ExplainRequest request;
  request.set_ledger("RH5");
  v1::SavingsFigure& figure = *request.mutable_savings();
  figure.set_board_id("b");
  const SavingsCell cell = SavingsCell::Unpack(cells->begin()->first);
  figure.set_financial_class(cell.financial_class);
  figure.set_sign(cell.sign);
  figure.set_recurrence(cell.recurrence);
  figure.set_awaiting_validation(true);
  figure.set_period_to("2024/25-M01");
  const auto explained = AnswerExplain(history.source(), request, history.Lookup());
  ASSERT_TRUE(explained.ok()) << explained.status();
  EXPECT_EQ(explained->total(), kMost);
  EXPECT_EQ(explained->contributions_total(), 3u);
}

}  // namespace
}  // namespace realise
