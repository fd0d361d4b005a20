// The test of the tests: with each of the faults of libs/base/sabotage.h put into the product, the test that
// stands guard against it fails; without one, the same program passes it.
#include <cstdlib>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/support/server_process.h"

namespace realise {
namespace {

struct Guard {
  std::string fault;
  std::string program;
  std::string test;  // stands guard against the fault
};

std::vector<Guard> Guards() {
  const std::string held = "ReadBackTest.HoldsEveryAnswerUntilWhatItRestsOnIsReadBack";
  return {
      {"answer_before_read_back", SABOTAGED_LEDGER, held},
      {"answer_unread_duplicate", SABOTAGED_LEDGER, held},
      {"skip_stream_version", SABOTAGED_LEDGER, "LedgerWriterTest.NamesEachRefusal"},
      {"position_outside_batch", SABOTAGED_PROJECTION, "Tails/ProjectionCrash.AtAnyWriteLosesNothing/Killed"},
      {"refusal_behind_log", SABOTAGED_SIMULATION, "Simulation.NothingIsLostDoubledOrMistoldWhateverFails"},
      {"no_anchor_check", SABOTAGED_SIMULATION, "Simulation.ALogThatWasCutIsNoticed"},
      {"no_yield", SABOTAGED_SIMULATION, "Simulation.ANewcomerGetsAWordIn"},
      {"accept_other_previous", SABOTAGED_EVENT_LOG, "CommitChain.JudgesEachCommitByTheOneRule"},
      {"ingest_unsynced", SABOTAGED_VIEW_STORE, "ViewStorePowerCut.TakesNothingFromUnderWhatWasIngested"},
      {"read_committed", SABOTAGED_KAFKA, "KafkaLog.PassesOverTheMarkersOfTransactionsAndReachesTheEnd"},
  };
}

CommandResult RunGuard(const Guard& guard) {
  return RunCommand({guard.program, "--gtest_filter=" + guard.test});
}

class Sabotage : public ::testing::TestWithParam<Guard> {};

TEST_P(Sabotage, IsCaught) {
  ASSERT_EQ(setenv("REALISE_SABOTAGE", GetParam().fault.c_str(), 1), 0);
  const CommandResult result = RunGuard(GetParam());
  unsetenv("REALISE_SABOTAGE");
  EXPECT_EQ(result.exit_status, 1) << result.out << result.err;
  EXPECT_NE(result.out.find("[  FAILED  ] " + GetParam().test), std::string::npos)
      << result.out << result.err;
}

TEST_P(Sabotage, IsAllThatIsWrong) {
  unsetenv("REALISE_SABOTAGE");
  const CommandResult result = RunGuard(GetParam());
  EXPECT_EQ(result.exit_status, 0) << result.out << result.err;
  EXPECT_NE(result.out.find("[       OK ] " + GetParam().test), std::string::npos)
      << "it was not run: " << result.out;
}

INSTANTIATE_TEST_SUITE_P(Faults, Sabotage, ::testing::ValuesIn(Guards()),
                         [](const auto& guard) { return guard.param.fault; });

}  // namespace
}  // namespace realise
