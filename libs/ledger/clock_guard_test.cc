#include "libs/ledger/clock_guard.h"

#include <gtest/gtest.h>

namespace realise {
namespace {

using std::chrono::seconds;

constexpr Instant kNoon{seconds(1'700'000'000)};

TEST(ClockGuard, RefusesAClockBehindTheLedger) {
  const ClockGuard guard({seconds(2), seconds(60)});
  EXPECT_TRUE(guard.CheckNotBehind(kNoon, kNoon + seconds(2)).ok());
  EXPECT_FALSE(guard.CheckNotBehind(kNoon, kNoon + seconds(2) + std::chrono::microseconds(1)).ok());
  EXPECT_TRUE(guard.CheckNotBehind(kNoon + seconds(86400), kNoon).ok());
}

TEST(ClockGuard, RefusesAClockFarFromTheLogs) {
  ClockGuard guard({seconds(2), seconds(60)});
  const SteadyTime sent{seconds(100)};
  const SteadyTime read{seconds(130)};
  EXPECT_TRUE(guard.CheckSkew(kNoon, sent).ok()) << "nothing is known";
  // The log took it at noon, somewhere between 100 and 130: at 230 its clock shows 100 to 130 s past noon.
  guard.NoteAppended(kNoon, sent, read);
  const SteadyTime later{seconds(230)};
  EXPECT_TRUE(guard.CheckSkew(kNoon + seconds(100 - 60), later).ok());
  EXPECT_FALSE(guard.CheckSkew(kNoon + seconds(100 - 61), later).ok());
  EXPECT_TRUE(guard.CheckSkew(kNoon + seconds(130 + 60), later).ok());
  EXPECT_FALSE(guard.CheckSkew(kNoon + seconds(130 + 61), later).ok());
}

TEST(ClockGuard, AsksTheLogsClockAnewEverLessOften) {
  ClockGuard guard({seconds(2), seconds(60)});
  guard.NoteAppended(kNoon, SteadyTime{}, SteadyTime{});
  EXPECT_FALSE(guard.CheckSkew(kNoon + seconds(61), SteadyTime{}).ok());
  int probes = 0;
  for (int at = 0; at < 3600; ++at) probes += guard.TakeProbe(SteadyTime{seconds(at)}) ? 1 : 0;
  EXPECT_GE(probes, 60);
  EXPECT_LE(probes, 66) << "1, 2, 4 ... seconds apart, then a minute";
  const SteadyTime later{seconds(3600)};
  guard.NoteAppended(kNoon + seconds(61), later, later);
  ASSERT_TRUE(guard.CheckSkew(kNoon + seconds(61), later).ok());
  const SteadyTime again{seconds(7200)};
  EXPECT_TRUE(guard.TakeProbe(again));
  EXPECT_FALSE(guard.TakeProbe(again));
  EXPECT_TRUE(guard.TakeProbe(again + seconds(1))) << "they agreed in between";
}

}  // namespace
}  // namespace realise
