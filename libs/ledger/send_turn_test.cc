#include "libs/ledger/send_turn.h"

#include <gtest/gtest.h>

namespace realise {
namespace {

using std::chrono::milliseconds;

TEST(SendTurn, YieldsToAnotherWriterThenPassesOverVoidOnes) {
  SendTurn turn(7);
  for (int i = 0; i < 200; ++i) turn.NoteRoundTrip(milliseconds(10));
  const SteadyTime start{milliseconds(1000)};
  EXPECT_LE(turn.MaySendFrom(), start);
  turn.NoteForeign(false, start);
  const SteadyTime may_send = turn.MaySendFrom();
  const auto yield = may_send - start;
  EXPECT_GE(yield, milliseconds(19));
  EXPECT_LE(yield, milliseconds(60));
  turn.NoteForeign(true, start + yield / 2);
  EXPECT_EQ(turn.MaySendFrom(), may_send) << "what comes while it yields makes it no longer";
  turn.NoteForeign(true, may_send + yield);
  EXPECT_EQ(turn.MaySendFrom(), may_send) << "who has yielded sends before it yields again";
  turn.NoteSent();
  turn.NoteForeign(false, may_send + 4 * yield);
  EXPECT_EQ(turn.MaySendFrom(), may_send) << "void ones are passed over";
  turn.NoteForeign(true, may_send + 4 * yield);
  EXPECT_GT(turn.MaySendFrom(), may_send + 4 * yield) << "valid ones are not";
  turn.NoteSent();
  const SteadyTime again = turn.MaySendFrom() + milliseconds(1000);
  turn.NoteForeign(false, again);
  EXPECT_GT(turn.MaySendFrom(), again) << "nor void ones later";
}

}  // namespace
}  // namespace realise
