#include "libs/event_log/kafka/loss_watch.h"

#include "gtest/gtest.h"

namespace realise {
namespace {

using std::chrono::milliseconds;

class LossWatchTest : public ::testing::Test {
 protected:
  // Whether a record counts as gone after it was missed every second for so long.
  bool MissedFor(milliseconds time) {
    bool gone = false;
    for (const auto until = now_ + time; now_ <= until; now_ += milliseconds(1000))
      gone = watch_.Missed("t", 7, now_);
    return gone;
  }

  LossWatch watch_;
  LossWatch::Time now_{};
};

TEST_F(LossWatchTest, WhatStaysAwayIsGone) {
  EXPECT_FALSE(MissedFor(milliseconds(9000)));
  EXPECT_TRUE(watch_.Missed("t", 7, now_));
}

TEST_F(LossWatchTest, WhatComesBackWasNeverGone) {
  EXPECT_FALSE(MissedFor(milliseconds(9000)));
  watch_.Seen("t", 7);
  EXPECT_FALSE(MissedFor(milliseconds(9000)));
}

TEST_F(LossWatchTest, TwoOutagesAreNotOneLongOne) {
  EXPECT_FALSE(MissedFor(milliseconds(9000)));
  now_ += LossWatch::kForgottenAfter;
  EXPECT_FALSE(MissedFor(milliseconds(9000)));
}

TEST_F(LossWatchTest, EachRecordIsWatchedByItself) {
  EXPECT_FALSE(MissedFor(milliseconds(9000)));
  EXPECT_FALSE(watch_.Missed("t", 8, now_));
  EXPECT_FALSE(watch_.Missed("u", 7, now_));
  EXPECT_TRUE(watch_.Missed("t", 7, now_));
}

TEST_F(LossWatchTest, NeverWatchesMoreThanItsLimit) {
  EXPECT_FALSE(MissedFor(milliseconds(9000)));
  for (size_t i = 0; i < LossWatch::kWatchedMax; ++i) {
    EXPECT_FALSE(watch_.Missed("many", static_cast<Address>(i), now_));
  }
  EXPECT_FALSE(watch_.Missed("t", 7, now_)) << "the oldest was not forgotten";
}

}  // namespace
}  // namespace realise
