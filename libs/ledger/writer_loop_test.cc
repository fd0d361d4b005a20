// A writer taken step by step, where what happens together matters.
#include "libs/ledger/writer_loop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>

#include "libs/domain/testing/event_builders.h"
#include "libs/ledger/testing/ledger_fixture.h"

namespace realise::testing {
namespace {

using ::testing::SizeIs;

// Time that nobody waits for.
class StillTime : public PassingTime {
 public:
  SteadyTime Now() const override { return SteadyTime{std::chrono::hours(1)}; }
  void Wait(std::condition_variable& /*signal*/, std::unique_lock<std::mutex>& /*lock*/, SteadyTime /*until*/,
            const std::function<bool()>& /*woken*/) const override {}
};

class WriterLoopTest : public LedgerTest {
 protected:
  void OpenLoop() {
    Create();
    writer_.reset();
    loop_ = std::make_unique<WriterLoop>(*log_, *store_, clock_, time_, RandomWriterId(), options_);
    ASSERT_TRUE(loop_->Open().ok());
  }
  // The outcome, once it is there.
  std::shared_ptr<std::optional<AppendOutcome>> Submit(v1::AppendRequest request) {
    auto outcome = std::make_shared<std::optional<AppendOutcome>>();
    auto command = std::make_unique<Command>();
    *command->request = std::move(request);
    command->done = [outcome](AppendOutcome answer) { *outcome = std::move(answer); };
    PrepareCommand(kLedger, *command);
    loop_->Submit(std::move(command));
    return outcome;
  }

  const StillTime time_{};
  std::unique_ptr<WriterLoop> loop_;
};

// It used to wait until the next command came.
TEST_F(WriterLoopTest, ACommandThatCameWhileTheLedgerStoppedIsAnswered) {
  OpenLoop();
  ASSERT_TRUE(loop_->Step());
  const auto first = Submit(Request({BoardEstablished("b-1")}));
  while (!*first) ASSERT_TRUE(loop_->Step());
  log_->Change(kLedger, [](std::vector<std::string>& records) {
    records = {"another", "log", "that", "is", "longer"};
  });
  const auto outcome = Submit(Request({BoardEstablished("b-2")}));
  EXPECT_TRUE(loop_->Step());
  ASSERT_TRUE(outcome->has_value());
  EXPECT_TRUE(absl::IsDataLoss((*outcome)->status)) << (*outcome)->status;
}

TEST_F(WriterLoopTest, AnotherIsNotToWriteBeforeThisOneHasLookedWhetherTheLogIsWhatItWas) {
  int told = 0;
  options_.log_damaged = [&](const absl::Status& /*why*/) { ++told; };
  OpenLoop();
  const auto recorded = Submit(Request({BoardEstablished("b-1")}));
  while (!*recorded) ASSERT_TRUE(loop_->Step());
  log_->FailReads(1);
  ASSERT_TRUE(loop_->Step());
  ASSERT_TRUE(absl::IsUnavailable(loop_->Health())) << "from now on it waits";
  log_->Change(kLedger, [](std::vector<std::string>& records) { records.back().back() ^= 1; });
  loop_->BeginDrain(/*released=*/true);
  while (loop_->Step()) {
  }
  EXPECT_EQ(told, 1);
  EXPECT_TRUE(absl::IsDataLoss(loop_->Health())) << loop_->Health();
}

// Three commands that are decided together: the refusal in the middle was right behind the first, and would
// not be behind the third.  It used to name the end of the commit that held both.
TEST_F(WriterLoopTest, ARefusalNamesAPositionAtWhichItIsRight) {
  OpenLoop();
  const auto first = Submit(Request({BoardEstablished("b-1")}));
  const auto refused = Submit(Expecting(Request({BoardEstablished("b-2")}), "board/b-1", 2));
  const auto dry = Submit(DryRun(Request({BoardRenamed("b-1", "Flow", "2023-04-01")})));
  const auto third = Submit(Request({BoardRenamed("b-1", "Beds", "2023-04-01")}));
  const auto last = Submit(Expecting(Request({BoardEstablished("b-3")}), "board/b-1", 1));
  while (!*last) ASSERT_TRUE(loop_->Step());
  ASSERT_TRUE(*first && *refused && *dry && *third);
  EXPECT_EQ((*refused)->refusals.at(0).reason(), "WRONG_EXPECTED_VERSION");
  EXPECT_EQ((*refused)->receipt.sequence, 1u);
  EXPECT_EQ((*refused)->receipt, (*first)->receipt);
  EXPECT_EQ((*dry)->receipt, (*first)->receipt);
  EXPECT_EQ((*last)->receipt, (*third)->receipt);
  EXPECT_THAT(ReadLedger().headers, SizeIs(3)) << "the first one, and two with an event each";
}

}  // namespace
}  // namespace realise::testing
