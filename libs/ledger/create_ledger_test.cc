#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>

#include "libs/ledger/ledger_writer.h"
#include "libs/ledger/testing/ledger_fixture.h"

namespace realise::testing {
namespace {

class CreateLedgerTest : public LedgerTest {};

TEST_F(CreateLedgerTest, TakesAPlaceWithoutAFirstCommitOverAndNoOther) {
  ASSERT_TRUE(log_below_->CreateLedger(kLedger).ok());
  Create();
  EXPECT_TRUE(absl::IsAlreadyExists(CreateLedger(*log_, clock_, kLedger, false).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(CreateLedger(*log_, clock_, "rh5", false).status()));
}

TEST_F(CreateLedgerTest, NobodyIsToldThatItExistsBecauseTheLogFailedMeanwhile) {
  for (int first = 0; first < 6; ++first) {
    const std::string ledger = fmt::format("RA{}", first);
    log_->FailReads(3, first);
    auto created = CreateLedger(*log_, clock_, ledger, false);
    if (absl::IsUnavailable(created.status())) {
      log_->FailReads(0);
      created = CreateLedger(*log_, clock_, ledger, false);
    }
    EXPECT_TRUE(created.ok()) << first << ": " << created.status();
  }
}

TEST_F(CreateLedgerTest, WhoDoesItAgainWithTheSameIdIsAnsweredAsTheFirstTime) {
  const LedgerId id = RandomLedgerId();
  const auto created = CreateLedger(*log_, clock_, "RA1", false, id);
  ASSERT_TRUE(created.ok()) << created.status();
  EXPECT_EQ(created->ledger_id, id);
  const auto again = CreateLedger(*log_, clock_, "RA1", false, id);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->ledger_id, id);
  EXPECT_EQ(again->receipt, created->receipt);
  EXPECT_TRUE(absl::IsAlreadyExists(CreateLedger(*log_, clock_, "RA1", true, id).status()))
      << "another kind of ledger";
  EXPECT_TRUE(absl::IsAlreadyExists(CreateLedger(*log_, clock_, "RA1", false).status()));
}

}  // namespace
}  // namespace realise::testing
