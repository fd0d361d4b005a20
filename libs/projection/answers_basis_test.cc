#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/domain/testing/event_builders.h"
#include "libs/projection/answers.h"
#include "libs/projection/testing/folded_history.h"

namespace realise {
namespace {

using namespace ::realise::testing;  // NOLINT: event builders
using ::testing::HasSubstr;
using ::testing::StartsWith;

class BasisTest : public ::testing::Test {
 protected:
  BasisTest() {
    first_ = Receipt{"RH5", 0, history_.source().Latest().digest}.ToString();
    board_ = history_.Add({BoardEstablished("beds")});
    batch_ = history_.Add({ProjectProposed("p-1"), ProjectProposed("p-2"), PeriodOpened("2024/25-M01")});
    closing_ = history_.Add({PeriodClosed("2024/25-M01"), ProjectProposed("p-3")});
    take_over_ = history_.Add({});
  }

  absl::StatusOr<ResolvedBasis> At(const std::string& position) {
    v1::Basis basis;
    basis.set_position(position);
    return ResolveBasis(history_.source(), basis);
  }
  std::string ReceiptAt(const std::string& position) {
    const auto resolved = At(position);
    return resolved.ok() ? resolved->answered.receipt() : resolved.status().ToString();
  }

  FoldedHistory history_;
  std::string first_, board_, batch_, closing_, take_over_;
};

TEST_F(BasisTest, EmptyMeansTheLatestCommit) {
  const auto resolved = ResolveBasis(history_.source(), v1::Basis());
  ASSERT_TRUE(resolved.ok());
  EXPECT_EQ(resolved->answered.receipt(), take_over_);
  EXPECT_EQ(resolved->answered.recorded_at(), "2023-04-01T04:00:00.000000Z");
  EXPECT_EQ(resolved->answered.fold_version(), 1);
  EXPECT_EQ(resolved->answered.view(), v1::VIEW_AS_REPORTED);
  EXPECT_EQ(resolved->answered.boards(), v1::BOARD_MAPPING_AS_NOW);
  EXPECT_FALSE(resolved->answered.demonstration());
}

TEST_F(BasisTest, PositionIsTheEndOfACommit) {
  EXPECT_EQ(ReceiptAt("RH5@0"), first_);
  EXPECT_EQ(ReceiptAt("RH5@1"), board_);
  EXPECT_EQ(ReceiptAt("RH5@4"), batch_);
  EXPECT_EQ(At("RH5@2").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(At("RH5@2").status().message()), HasSubstr("nearest end of a commit is RH5@4"));
  EXPECT_EQ(At("RH5@7").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(At("RBD@1").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(At("RH5").status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(BasisTest, ReceiptHasToBelongToThisHistory) {
  EXPECT_EQ(ReceiptAt(batch_), batch_);
  // An empty commit ends where the one before it ends; the receipts of both stay good.
  EXPECT_EQ(ReceiptAt("RH5@6"), take_over_);
  EXPECT_EQ(ReceiptAt(closing_), closing_);
  EXPECT_EQ(ReceiptAt(take_over_), take_over_);
  const std::string forged = "RH5@4" + board_.substr(board_.find('#'));
  EXPECT_EQ(At(forged).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(At(forged).status().message()), StartsWith("RECEIPT_MISMATCH"));
}

TEST_F(BasisTest, TimeMeansTheLastCommitAtOrBeforeIt) {
  const auto at = [&](const std::string& time) {
    v1::Basis basis;
    basis.set_time(time);
    return ResolveBasis(history_.source(), basis);
  };
  EXPECT_EQ(at("2023-04-01T02:00:00Z")->answered.receipt(), batch_);
  EXPECT_EQ(at("2023-04-01T01:59:59.999999Z")->answered.receipt(), board_);
  EXPECT_EQ(at("2030-01-01")->answered.receipt(), take_over_);
  EXPECT_EQ(at("2023-03-31T23:59:59Z").status().code(), absl::StatusCode::kNotFound);
  // Before the first event there is nothing to answer from, though the ledger was there.
  EXPECT_EQ(at("2023-04-01T00:30:00Z").status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(at("2023-04-01T00:30:00Z").status().message()),
              StartsWith("BEFORE_FIRST_COMMIT: basis.time: "));
  EXPECT_THAT(std::string(at("1990-01-01").status().message()), StartsWith("BEFORE_FIRST_COMMIT: "));
  const FoldedHistory empty;
  v1::Basis whenever;
  whenever.set_time("2030-01-01");
  EXPECT_TRUE(ResolveBasis(empty.source(), whenever).ok());
  EXPECT_EQ(at("yesterday").status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(BasisTest, ClosedPeriodMeansTheCommitThatClosedIt) {
  v1::Basis basis;
  basis.set_closed_period("2024/25-M01");
  EXPECT_EQ(ResolveBasis(history_.source(), basis)->answered.receipt(), closing_);
  basis.set_closed_period("2024/25-M02");
  EXPECT_EQ(ResolveBasis(history_.source(), basis).status().code(), absl::StatusCode::kNotFound);
  basis.set_closed_period("April");
  EXPECT_EQ(ResolveBasis(history_.source(), basis).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(BasisTest, BoardsAreListedAsTheyWereAndAsTheyAre) {
  history_.Add({BoardRenamed("beds", "Flow", "2024-04-15"),
                BoardRenamed("beds", "Patient flow", "2024-09-01"), BoardEstablished("acute", "2023-01-01"),
                BoardClosed("acute", "2024-01-01")});
  v1::ListBoardsRequest request;
  request.set_ledger("RH5");
  const auto now = AnswerBoards(history_.source(), request);
  ASSERT_TRUE(now.ok());
  ASSERT_EQ(now->boards_size(), 2);
  EXPECT_EQ(now->boards(0).board_id(), "acute");
  EXPECT_EQ(now->boards(0).effective_from(), "2023-01-01");
  EXPECT_EQ(now->boards(0).closed_from(), "2024-01-01");
  EXPECT_EQ(now->boards(1).name(), "Patient flow");
  EXPECT_EQ(now->boards(1).closed_from(), "");
  request.mutable_basis()->set_position(board_);
  EXPECT_EQ(AnswerBoards(history_.source(), request)->boards_size(), 1);

  const auto name_in = [&](const std::string& period) {
    v1::QuerySavingsRequest savings;
    savings.set_ledger("RH5");
    savings.set_period(period);
    savings.add_board_ids("beds");
    savings.mutable_basis()->set_boards(v1::BOARD_MAPPING_AS_WAS);
    return AnswerSavings(history_.source(), savings)->boards(0).name();
  };
  EXPECT_EQ(name_in("2024/25-M01"), "Flow");
  EXPECT_EQ(name_in("2024/25-M06"), "Patient flow");
  EXPECT_EQ(name_in("2023/24-M01"), name_in("2020/21-M01"));
}

}  // namespace
}  // namespace realise
