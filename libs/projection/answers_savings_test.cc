#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>

#include "libs/domain/testing/event_builders.h"
#include "libs/projection/answers.h"
#include "libs/projection/testing/folded_history.h"

namespace realise {
namespace {

using namespace ::realise::testing;  // NOLINT: event builders
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

const BenefitKind kCash;
const BenefitKind kCashDisbenefit{v1::FINANCIAL_CLASS_CASH_RELEASING, v1::RECURRENCE_RECURRENT,
                                  v1::BENEFIT_SIGN_DISBENEFIT};
const BenefitKind kIncome{v1::FINANCIAL_CLASS_INCOME_GENERATION, v1::RECURRENCE_NON_RECURRENT};
const BenefitKind kAvoided{v1::FINANCIAL_CLASS_COST_AVOIDANCE};
const BenefitKind kNonCash{v1::FINANCIAL_CLASS_NON_CASH_RELEASING};

void AddProgramme(FoldedHistory& history) {
  history.Add({BoardEstablished("urgent-care"), BoardEstablished("theatres"), ProjectProposed("p-1"),
               ProjectAssigned("p-1", "urgent-care"), BenefitRegistered("n-cash", "p-1", kCash),
               BenefitRegistered("n-harm", "p-1", kCashDisbenefit),
               BenefitRegistered("n-income", "p-1", kIncome), BenefitRegistered("n-avoided", "p-1", kAvoided),
               BenefitRegistered("n-time", "p-1", kNonCash)});
}

// Submits and validates in full, in the month that it relates to.
void AddValidated(FoldedHistory& history, const std::string& claim, const std::string& benefit,
                  const std::string& month, int64_t pence) {
  history.Add({ClaimSubmitted(claim, benefit, month, month, pence), ClaimValidated(claim, month, pence)});
}

v1::QuerySavingsRequest Ask(const std::string& period, v1::View view = v1::VIEW_AS_REPORTED) {
  v1::QuerySavingsRequest request;
  request.set_ledger("RH5");
  request.set_period(period);
  request.mutable_basis()->set_view(view);
  request.add_board_ids("urgent-care");
  return request;
}

v1::BoardSavings Board(const FoldedHistory& history, const v1::QuerySavingsRequest& request) {
  const auto response = AnswerSavings(history.source(), request);
  EXPECT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->boards_size(), 1);
  return response->boards(0);
}

// Case 1: 30,000.00 validated for June; in August finance finds 24,500.00.
class LateCorrectionTest : public ::testing::Test {
 protected:
  LateCorrectionTest() {
    AddProgramme(history_);
    AddValidated(history_, "c-1", "n-cash", "2024/25-M03", 3'000'000);
    history_.Add({PeriodOpened("2024/25-M03"), PeriodClosed("2024/25-M03")});
    history_.Add({ClaimCorrected("c-1", "2024/25-M03", "2024/25-M05", -550'000)});
  }

  v1::SavingsAmounts Validated(const std::string& period, v1::View view) {
    const v1::BoardSavings board = Board(history_, Ask(period, view));
    EXPECT_THAT(board.lines(), SizeIs(1));
    EXPECT_EQ(board.lines(0).awaiting_validation().since_start_pence(), 0);
    EXPECT_EQ(board.net_cash().SerializeAsString(), board.lines(0).validated().SerializeAsString());
    return board.lines(0).validated();
  }

  FoldedHistory history_;
};

TEST_F(LateCorrectionTest, AsReportedKeepsWhatWasReported) {
  const v1::SavingsAmounts june = Validated("2024/25-M03", v1::VIEW_AS_REPORTED);
  EXPECT_EQ(june.in_month_pence(), 3'000'000);
  EXPECT_EQ(june.year_to_date_pence(), 3'000'000);
  EXPECT_EQ(june.prior_period_pence(), 0);
  const v1::SavingsAmounts august = Validated("2024/25-M05", v1::VIEW_AS_REPORTED);
  EXPECT_EQ(august.in_month_pence(), -550'000);
  EXPECT_EQ(august.prior_period_pence(), -550'000);
  EXPECT_EQ(august.year_to_date_pence(), 2'450'000);
  EXPECT_EQ(august.prior_year_pence(), 0);
}

TEST_F(LateCorrectionTest, RestatedMovesItToTheMonthItRelatesTo) {
  const v1::SavingsAmounts june = Validated("2024/25-M03", v1::VIEW_RESTATED);
  EXPECT_EQ(june.in_month_pence(), 2'450'000);
  EXPECT_EQ(june.year_to_date_pence(), 2'450'000);
  const v1::SavingsAmounts august = Validated("2024/25-M05", v1::VIEW_RESTATED);
  EXPECT_EQ(august.in_month_pence(), 0);
  EXPECT_EQ(august.year_to_date_pence(), 2'450'000);
  EXPECT_EQ(august.prior_period_pence(), 0);
}

TEST_F(LateCorrectionTest, TheCloseStillAnswersAsItDid) {
  v1::QuerySavingsRequest request = Ask("2024/25-M03", v1::VIEW_RESTATED);
  request.mutable_basis()->set_closed_period("2024/25-M03");
  const auto response = AnswerSavings(history_.source(), request);
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_TRUE(response->period_closed());
  EXPECT_EQ(response->boards(0).lines(0).validated().in_month_pence(), 3'000'000);
}

TEST_F(LateCorrectionTest, AfterTheYearHasClosedItStandsApart) {
  history_.Add({ClaimCorrected("c-1", "2024/25-M03", "2025/26-M01", -100)});
  const v1::SavingsAmounts april = Validated("2025/26-M01", v1::VIEW_AS_REPORTED);
  EXPECT_EQ(april.in_month_pence(), -100);
  EXPECT_EQ(april.year_to_date_pence(), -100);
  EXPECT_EQ(april.prior_year_pence(), -100);
  EXPECT_EQ(april.since_start_pence(), 2'449'900);
  EXPECT_EQ(Validated("2025/26-M01", v1::VIEW_RESTATED).prior_year_pence(), 0);
  EXPECT_EQ(Validated("2025/26-M01", v1::VIEW_RESTATED).year_to_date_pence(), 0);
}

// Case 16, to the reversal: cash falls, and what was reported stays.
TEST(SavingsTest, ReversedValidationTakesCashBack) {
  FoldedHistory history;
  AddProgramme(history);
  AddValidated(history, "c-1", "n-cash", "2024/25-M02", 6'000'000);
  history.Add({ClaimReversed("c-1", "2024/25-M07")});
  EXPECT_EQ(Board(history, Ask("2024/25-M02")).net_cash().in_month_pence(), 6'000'000);
  const v1::BoardSavings october = Board(history, Ask("2024/25-M07"));
  EXPECT_EQ(october.net_cash().in_month_pence(), -6'000'000);
  EXPECT_EQ(october.net_cash().year_to_date_pence(), 0);
  EXPECT_THAT(october.lines(), SizeIs(1));
  EXPECT_EQ(Board(history, Ask("2024/25-M02", v1::VIEW_RESTATED)).net_cash().in_month_pence(), 0);
}

TEST(SavingsTest, NetCashIsTheCashLinesAndNothingElse) {
  FoldedHistory history;
  AddProgramme(history);
  AddValidated(history, "c-1", "n-time", "2024/25-M01", 400);
  AddValidated(history, "c-2", "n-avoided", "2024/25-M01", 3'000);
  AddValidated(history, "c-3", "n-income", "2024/25-M01", 20'000);
  AddValidated(history, "c-4", "n-harm", "2024/25-M01", -1'250'000);
  AddValidated(history, "c-5", "n-cash", "2024/25-M01", 8'000'000);
  history.Add({ClaimSubmitted("c-6", "n-cash", "2024/25-M01", "2024/25-M01", 999)});
  const v1::BoardSavings board = Board(history, Ask("2024/25-M01"));
  EXPECT_EQ(board.net_cash().in_month_pence(), 8'000'000 - 1'250'000 + 20'000);
  std::vector<int> classes;
  for (const v1::SavingsLine& line : board.lines()) classes.push_back(line.financial_class());
  EXPECT_THAT(classes,
              ElementsAre(v1::FINANCIAL_CLASS_CASH_RELEASING, v1::FINANCIAL_CLASS_CASH_RELEASING,
                          v1::FINANCIAL_CLASS_INCOME_GENERATION, v1::FINANCIAL_CLASS_NON_CASH_RELEASING,
                          v1::FINANCIAL_CLASS_COST_AVOIDANCE));
  EXPECT_EQ(board.lines(0).awaiting_validation().in_month_pence(), 999);
  EXPECT_EQ(board.lines(0).validated().in_month_pence(), 8'000'000);
  EXPECT_EQ(board.lines(1).validated().in_month_pence(), -1'250'000);
}

TEST(SavingsTest, PartlyAgreedAndRejectedClaimsNoLongerAwait) {
  FoldedHistory history;
  AddProgramme(history);
  history.AddEach({ClaimSubmitted("c-1", "n-cash", "2024/25-M01", "2024/25-M01", 100),
                   ClaimSubmitted("c-2", "n-avoided", "2024/25-M01", "2024/25-M01", 50), ClaimQueried("c-1"),
                   ClaimValidated("c-1", "2024/25-M02", 70), ClaimRejected("c-2", "2024/25-M01")});
  const v1::BoardSavings may = Board(history, Ask("2024/25-M02"));
  EXPECT_EQ(may.lines(0).validated().year_to_date_pence(), 70);
  EXPECT_EQ(may.lines(0).validated().prior_period_pence(), 70);
  EXPECT_EQ(may.lines(0).awaiting_validation().in_month_pence(), -100);
  EXPECT_EQ(may.lines(0).awaiting_validation().year_to_date_pence(), 0);
  // A line with postings that cancel is a line.
  EXPECT_THAT(may.lines(), SizeIs(2));
}

TEST(SavingsTest, MonthIsTheLatestPostedToIfNoneIsAsked) {
  FoldedHistory history;
  AddProgramme(history);
  EXPECT_EQ(AnswerSavings(history.source(), Ask(""))->period(), "2023/24-M01");
  AddValidated(history, "c-1", "n-cash", "2024/25-M03", 5);
  const std::string before = history.Add({});
  AddValidated(history, "c-2", "n-cash", "2024/25-M09", 5);
  v1::QuerySavingsRequest request = Ask("");
  request.set_board_ids(0, "theatres");
  EXPECT_EQ(AnswerSavings(history.source(), request)->period(), "2024/25-M09");
  EXPECT_EQ(AnswerSavings(history.source(), request)->boards(0).lines_size(), 0);
  request.mutable_basis()->set_position(before);
  EXPECT_EQ(AnswerSavings(history.source(), request)->period(), "2024/25-M03");
}

TEST(SavingsTest, BoardsAreASetInOrderAndHaveToExist) {
  FoldedHistory history;
  AddProgramme(history);
  v1::QuerySavingsRequest request = Ask("2024/25-M01");
  request.add_board_ids("theatres");
  request.add_board_ids("urgent-care");
  const auto response = AnswerSavings(history.source(), request);
  ASSERT_EQ(response->boards_size(), 2);
  EXPECT_EQ(response->boards(0).board_id(), "theatres");
  request.add_board_ids("nowhere");
  EXPECT_EQ(AnswerSavings(history.source(), request).status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(AnswerSavings(history.source(), Ask("June")).status().message()),
              HasSubstr("period: "));
  request.set_ledger("RBD");
  EXPECT_EQ(AnswerSavings(history.source(), request).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(SavingsTest, SumThatDoesNotFitIsAnErrorAndNotAWrap) {
  FoldedHistory history;
  AddProgramme(history);
  const int64_t most = std::numeric_limits<int64_t>::max();
  AddValidated(history, "c-1", "n-cash", "2024/25-M01", most);
  AddValidated(history, "c-2", "n-cash", "2024/25-M02", most);
  EXPECT_EQ(AnswerSavings(history.source(), Ask("2024/25-M02")).status().code(),
            absl::StatusCode::kOutOfRange);
  EXPECT_EQ(Board(history, Ask("2024/25-M01")).net_cash().in_month_pence(), most);
}

v1::QuerySavingsResponse AllBoards(const FoldedHistory& history, const std::string& period, v1::View view) {
  v1::QuerySavingsRequest request = Ask(period, view);
  request.clear_board_ids();
  auto response = AnswerSavings(history.source(), request);
  RC_ASSERT(response.ok());
  return *response;
}

std::map<std::string, int64_t> SinceStart(const v1::QuerySavingsResponse& response) {
  std::map<std::string, int64_t> sums;
  for (const v1::BoardSavings& board : response.boards()) {
    for (const v1::SavingsLine& line : board.lines()) {
      sums[board.board_id() + "/validated"] += line.validated().since_start_pence();
      sums[board.board_id() + "/awaiting"] += line.awaiting_validation().since_start_pence();
    }
  }
  std::erase_if(sums, [](const auto& sum) { return sum.second == 0; });
  return sums;
}

// An oracle that knows no postings: what claims stand at in the end.
std::map<std::string, int64_t> SumsOfClaims(const std::vector<v1::Event>& events) {
  std::map<std::string, int64_t> sums;
  const LedgerState after = StateAfter(events);
  for (const auto& [id, claim] : after.claims.rows()) {
    const bool awaits = claim.IsOpen();
    if (awaits) sums[std::string(claim.board_id()) + "/awaiting"] += claim.claimed_pence();
    if (claim.stage() == ClaimStage::kValidated)
      sums[std::string(claim.board_id()) + "/validated"] += claim.validated_pence();
  }
  std::erase_if(sums, [](const auto& sum) { return sum.second == 0; });
  return sums;
}

RC_GTEST_PROP(SavingsProperty, FiguresAreWhatClaimsStandAtByEitherView, (uint64_t seed)) {
  const std::vector<v1::Event> events = RandomHistory(seed, 250);
  FoldedHistory history;
  history.AddEach(events);
  const std::string last_month = AllBoards(history, "", v1::VIEW_AS_REPORTED).period();
  const auto reported = SinceStart(AllBoards(history, last_month, v1::VIEW_AS_REPORTED));
  RC_ASSERT(reported == SumsOfClaims(events));
  RC_ASSERT(reported == SinceStart(AllBoards(history, last_month, v1::VIEW_RESTATED)));
}

// Months add up: to the year to date, and with the years before to what there is since the start.
RC_GTEST_PROP(SavingsProperty, MonthsAddUp, (uint64_t seed)) {
  FoldedHistory history;
  history.AddEach(RandomHistory(seed, 200));
  const auto view = *rc::gen::element(v1::VIEW_AS_REPORTED, v1::VIEW_RESTATED);
  const Period last = *Period::Parse(AllBoards(history, "", view).period());
  std::map<std::string, int64_t> year;
  std::map<std::string, int64_t> ever;
  for (Period month = *Period::Parse("2022/23-M01"); month <= last; month = month.Next()) {
    if (month.month() == 1) year.clear();
    const v1::QuerySavingsResponse response = AllBoards(history, month.ToString(), view);
    for (const v1::BoardSavings& board : response.boards()) {
      year[board.board_id()] += board.net_cash().in_month_pence();
      ever[board.board_id()] += board.net_cash().in_month_pence();
      RC_ASSERT(board.net_cash().year_to_date_pence() == year[board.board_id()]);
      RC_ASSERT(board.net_cash().since_start_pence() == ever[board.board_id()]);
    }
  }
}

RC_GTEST_PROP(SavingsProperty, TheSameQuestionGetsTheSameBytesForEver, (uint64_t seed)) {
  const std::vector<v1::Event> events = RandomHistory(seed, 200);
  const auto half = events.begin() + static_cast<std::ptrdiff_t>(*rc::gen::inRange<size_t>(1, events.size()));
  FoldedHistory history;
  v1::QuerySavingsRequest request = Ask("");
  request.clear_board_ids();
  history.Add({events.begin(), half});
  const auto then = AnswerSavings(history.source(), request);
  request.mutable_basis()->set_position(then->basis().receipt());
  history.AddEach({half, events.end()});
  RC_ASSERT(AnswerSavings(history.source(), request)->SerializeAsString() == then->SerializeAsString());
}

}  // namespace
}  // namespace realise
