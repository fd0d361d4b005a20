#include "libs/ledger/send_turn.h"

#include <gtest/gtest.h>

namespace realise {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kRoundTrip{10};
// The bounds of a yield that was not made longer; round trips are measured, so a little less and more.
constexpr milliseconds kYieldMin{29};
constexpr milliseconds kYieldMax{61};
constexpr int kPassOverTimes = 5;

Digest CommitNumber(uint8_t number) {
  Digest digest;
  digest.bytes[0] = number;
  return digest;
}

class SendTurnTest : public ::testing::Test {
 protected:
  SendTurnTest() {
    for (int i = 0; i < 200; ++i) turn_.NoteRoundTrip(kRoundTrip);
  }
  // How long it sends nothing after another's commit; zero if it does not yield.
  std::chrono::nanoseconds YieldTo(bool valid) {
    const SteadyTime before = turn_.MaySendFrom();
    turn_.NoteForeign(valid, now_);
    return turn_.MaySendFrom() == before ? std::chrono::nanoseconds(0) : turn_.MaySendFrom() - now_;
  }
  // Sends a commit when it may, and reads it back.
  void Knock(uint8_t number, bool valid) {
    now_ = std::max(now_, turn_.MaySendFrom());
    turn_.NoteSent(CommitNumber(number), now_);
    now_ += kRoundTrip;
    turn_.NoteOwn(CommitNumber(number), valid, now_);
  }

  SendTurn turn_{7};
  SteadyTime now_{milliseconds(1000)};
};

TEST_F(SendTurnTest, YieldsToAnotherWriterThenPassesOverVoidOnes) {
  EXPECT_LE(turn_.MaySendFrom(), now_);
  const auto yield = YieldTo(false);
  EXPECT_GE(yield, kYieldMin);
  EXPECT_LE(yield, kYieldMax);
  const SteadyTime may_send = turn_.MaySendFrom();
  now_ += yield / 2;
  EXPECT_EQ(YieldTo(true).count(), 0) << "what comes while it yields makes it no longer";
  Knock(1, true);
  EXPECT_EQ(YieldTo(false).count(), 0) << "void ones are passed over";
  EXPECT_GT(YieldTo(true).count(), 0) << "valid ones are not";
  Knock(2, true);
  now_ = may_send + kPassOverTimes * kYieldMax + kPassOverTimes * kYieldMax + 2 * kYieldMax;
  EXPECT_GT(YieldTo(false).count(), 0) << "nor void ones later";
}

// Two writers used to yield to each other at the same moment, the newcomer to the valid commits that came
// while its own was void; and it slept through the silence of the other for thousands of steps.
TEST_F(SendTurnTest, WhoHasYieldedYieldsToNobodyUntilItGotIn) {
  EXPECT_GT(YieldTo(true).count(), 0);
  for (uint8_t number = 1; number < 20; ++number) {
    Knock(number, false);
    EXPECT_EQ(YieldTo(true).count(), 0);
    EXPECT_EQ(YieldTo(false).count(), 0);
    EXPECT_LE(turn_.MaySendFrom(), now_);
  }
  Knock(20, true);
  EXPECT_GT(YieldTo(true).count(), 0);
}

TEST_F(SendTurnTest, WhoKnocksHasOneCommitUnderWay) {
  EXPECT_GT(YieldTo(true).count(), 0);
  now_ = turn_.MaySendFrom();
  turn_.NoteSent(CommitNumber(1), now_);
  EXPECT_GT(turn_.MaySendFrom(), now_ + 2 * kRoundTrip);
  EXPECT_LT(turn_.MaySendFrom(), now_ + 10 * kRoundTrip) << "it may be lost";
  turn_.NoteOwn(CommitNumber(2), true, now_);
  EXPECT_GT(turn_.MaySendFrom(), now_) << "an older one, sent before it yielded";
  turn_.NoteOwn(CommitNumber(1), true, now_ + kRoundTrip);
  now_ += kRoundTrip;
  EXPECT_EQ(turn_.MaySendFrom(), now_);
  turn_.NoteSent(CommitNumber(3), now_);
  EXPECT_EQ(turn_.MaySendFrom(), now_) << "it got in";
}

TEST_F(SendTurnTest, AYieldInWhichNobodyGotInIsFollowedByALongerOne) {
  uint8_t number = 0;
  auto longest = YieldTo(false);
  for (int times = 1; times < 5; ++times) {
    Knock(++number, true);
    now_ += kPassOverTimes * longest;
    const auto next = YieldTo(false);
    EXPECT_GE(next, kYieldMin * (1 << times));
    EXPECT_LE(next, std::min<std::chrono::nanoseconds>(kYieldMax * (1 << times), kYieldLongest));
    longest = next;
  }
  // It got in.
  EXPECT_EQ(YieldTo(true).count(), 0);
  Knock(++number, true);
  now_ += kPassOverTimes * longest;
  const auto as_long = YieldTo(false);
  EXPECT_GE(as_long, kYieldMin * 16);
  EXPECT_LE(as_long, kYieldMax * 16);
  Knock(++number, true);
  now_ += std::chrono::minutes(1);
  EXPECT_LE(YieldTo(false), kYieldMax) << "that was another contest";
}

TEST_F(SendTurnTest, AYieldEndsWithinASecond) {
  for (uint8_t number = 0; number < 30; ++number) {
    const auto yield = YieldTo(false);
    EXPECT_LE(yield, kYieldLongest);
    Knock(number, true);
    now_ += kPassOverTimes * yield;
  }
}

}  // namespace
}  // namespace realise
