#include "tests/simulation/simulation.h"

#include <gtest/gtest.h>

#include "tests/simulation/seeds.h"

namespace realise::simulation {
namespace {

void Fail(uint64_t seed, const RunReport& run) {
  ADD_FAILURE() << "seed " << seed << ": " << run.anomalies.front() << "\n  again: " << ReplayCommand(seed);
}

TEST(Simulation, NothingIsLostDoubledOrMistoldWhateverFails) {
  const SeedsReport report = RunSeeds(1, 1500, 1, Fail);
  GTEST_LOG_(INFO) << ToText(report);
  for (const char* fault :
       {"record lost", "record refused", "record overtaken", "record doubled", "acknowledgement lost",
        "read failed", "killed", "killed, store gone", "paused", "records held back", "network cut",
        "clock jumped", "resignation", "release", "log cut"}) {
    EXPECT_GT(report.faults.count(fault), 0u) << fault << " did not happen";
  }
}

TEST(Simulation, ANewcomerGetsAWordIn) {
  const SeedsReport report = RunSeeds(1501, 60, kKinds, Fail);
  GTEST_LOG_(INFO) << ToText(report);
}

TEST(Simulation, ALogThatWasCutIsNoticed) {
  const SeedsReport report = RunSeeds(kKinds, 2000, kKinds, Fail);
  GTEST_LOG_(INFO) << ToText(report);
  EXPECT_GT(report.noticed, 0u);
  EXPECT_LE(report.parted * 100, report.cut) << "it must nearly always be noticed";
}

TEST(Simulation, ASeedIsAlwaysTheSameRun) {
  StorePool stores;
  StorePool others;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    const RunReport first = RunSeed(seed, stores, true);
    const RunReport again = RunSeed(seed, others, true);
    EXPECT_EQ(first.history, again.history) << seed;
    EXPECT_EQ(first.story, again.story) << seed;
  }
}

}  // namespace
}  // namespace realise::simulation
