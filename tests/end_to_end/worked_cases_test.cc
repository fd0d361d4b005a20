// The worked cases of the field, events in and answer out, on a real server.
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/domain/testing/event_builders.h"
#include "libs/rpc/rpc_status.h"
#include "tests/end_to_end/served_ledger.h"

namespace realise::testing {
namespace {

constexpr const char* kLedger = "T01";

class WorkedCases : public ::testing::Test {
 protected:
  void SetUp() override {
    served_.Create(kLedger);
    served_.Append(kLedger, "2023-04-03",
                   {BoardEstablished("urgent-care"), ProjectProposed("p-1"),
                    ProjectAssigned("p-1", "urgent-care"), BenefitRegistered("b-1", "p-1")});
  }

  // The one line of the one board.
  static v1::SavingsLine OnlyLine(const v1::QuerySavingsResponse& response) {
    EXPECT_EQ(response.boards_size(), 1);
    EXPECT_EQ(response.boards(0).lines_size(), 1) << response.DebugString();
    return response.boards(0).lines(0);
  }

  ServedLedger served_;
};

TEST_F(WorkedCases, Case1RetroDatedCorrectionAfterClose) {
  served_.Append(kLedger, "2024-04-01", {PeriodOpened("2024/25-M03"), PeriodOpened("2024/25-M05")});
  served_.Append(kLedger, "2024-07-02",
                 {ClaimSubmitted("c-1", "b-1", "2024/25-M03", "2024/25-M03", 3000000),
                  ClaimValidated("c-1", "2024/25-M03", 3000000)});
  served_.Append(kLedger, "2024-07-10", {PeriodClosed("2024/25-M03")});
  served_.Append(kLedger, "2024-09-05", {ClaimCorrected("c-1", "2024/25-M03", "2024/25-M05", -550000)});

  const auto reported_m03 = OnlyLine(served_.Savings(kLedger, "2024/25-M03", v1::VIEW_AS_REPORTED));
  EXPECT_EQ(reported_m03.validated().in_month_pence(), 3000000);
  EXPECT_EQ(reported_m03.validated().year_to_date_pence(), 3000000);
  const auto reported_m05 = OnlyLine(served_.Savings(kLedger, "2024/25-M05", v1::VIEW_AS_REPORTED));
  EXPECT_EQ(reported_m05.validated().in_month_pence(), -550000);
  EXPECT_EQ(reported_m05.validated().prior_period_pence(), -550000);
  EXPECT_EQ(reported_m05.validated().year_to_date_pence(), 2450000);
  const auto restated_m03 = OnlyLine(served_.Savings(kLedger, "2024/25-M03", v1::VIEW_RESTATED));
  EXPECT_EQ(restated_m03.validated().in_month_pence(), 2450000);
  EXPECT_EQ(restated_m03.validated().year_to_date_pence(), 2450000);
  const auto restated_m05 = OnlyLine(served_.Savings(kLedger, "2024/25-M05", v1::VIEW_RESTATED));
  EXPECT_EQ(restated_m05.validated().in_month_pence(), 0);
  EXPECT_EQ(restated_m05.validated().year_to_date_pence(), 2450000);
  const auto at_close = OnlyLine(served_.Savings(kLedger, "2024/25-M03", v1::VIEW_RESTATED, "2024/25-M03"));
  EXPECT_EQ(at_close.validated().in_month_pence(), 3000000)
      << "as at the close nothing was known of the correction";
}

TEST_F(WorkedCases, Case1NothingIsPostedIntoAClosedMonth) {
  served_.Append(
      kLedger, "2024-07-02",
      {PeriodOpened("2024/25-M03"), ClaimSubmitted("c-1", "b-1", "2024/25-M03", "2024/25-M03", 3000000),
       ClaimValidated("c-1", "2024/25-M03", 3000000), PeriodClosed("2024/25-M03")});
  v1::AppendResponse response;
  const grpc::Status status = served_.TryAppend(
      kLedger, "2024-09-05", ClaimCorrected("c-1", "2024/25-M03", "2024/25-M03", -550000), &response);
  ASSERT_FALSE(status.ok());
  const RpcError error = FromGrpcStatus(status);
  EXPECT_EQ(error.reason, "PERIOD_CLOSED");
  EXPECT_EQ(error.field, "events[0].claim_corrected.posted_to_period");
  EXPECT_EQ(error.decided_at.substr(0, 5), "T01@8");
}

// Real figures: adult general and acute beds and discharges of RH5, 2023/24 against 2024/25.
TEST(WorkedCasesReal, Case9ExactBedDaysReleased) {
  ServedLedger served;
  served.Create("RH5");
  const CommandResult imported = served.Realise(
      {"import", "beds", "tests/data/ga_beds_trust_monthly_2022-04_2025-08.csv.gz",
       "tests/data/discharges_trust_daily_2022-04_2025-08.csv.gz", "--ledger", "RH5", "--simulated-times"});
  ASSERT_EQ(imported.exit_status, 0) << imported.err;
  served.Append(
      "RH5", "2025-10-01",
      {BoardEstablished("urgent-care"), ProjectProposed("p-1"), ProjectAssigned("p-1", "urgent-care"),
       BenefitRegistered("b-1", "p-1", {.measure_id = "los-adult-ga"}),
       BaselineSet("b-1", "los-adult-ga", "2023/24-M01", "2023/24-M12", 333287, 38275),
       MeasureAssignedToBoard("los-adult-ga", "urgent-care")});
  const auto answer = served.BedDays("RH5", "2024/25-M01", "2024/25-M12");
  ASSERT_EQ(answer.boards_size(), 1);
  const v1::BoardBedDays& board = answer.boards(0);
  ASSERT_EQ(board.measures_size(), 1);
  int64_t occupied = 0;
  int64_t discharges = 0;
  for (const v1::BedDaysMonth& month : board.measures(0).months()) {
    occupied += month.occupied_bed_days();
    discharges += month.discharges();
  }
  EXPECT_EQ(occupied, 324128);
  EXPECT_EQ(discharges, 40926);
  EXPECT_EQ(board.released().display(), "32,243.1");
  // 333287 x 40926 / 38275 - 324128, in lowest terms.
  EXPECT_EQ(board.released().numerator() + "/" + board.released().denominator(), "1234104562/38275");
  EXPECT_EQ(board.months_missing(), 0);

  // The counting changed in November 2023: what came before may not be compared with what came after.
  served.Append("RH5", "2025-10-02", {MeasureRedefined("los-adult-ga", 2, "2025/26-M06", false)});
  EXPECT_EQ(served.BedDays("RH5", "2024/25-M01", "2024/25-M12").boards(0).released().display(), "32,243.1")
      << "months before the break stay as they were";
}

TEST_F(WorkedCases, Case9AChangedDefinitionIsNotComparable) {
  constexpr auto kUnit = v1::MEASURE_UNIT_BED_DAYS_PER_DISCHARGE;
  served_.Append(kLedger, "2025-04-01",
                 {MeasureDefined("los", kUnit), BenefitRegistered("b-2", "p-1", {.measure_id = "los"}),
                  MeasureAssignedToBoard("los", "urgent-care"),
                  BaselineSet("b-2", "los", "2023/24-M01", "2023/24-M12", 333287, 38275),
                  MeasurementRecorded("los", kUnit, "2024/25-M01", 324128, 40926),
                  MeasureRedefined("los", 2, "2024/25-M02", false),
                  MeasurementRecorded("los", kUnit, "2024/25-M02", 20000, 4000, 2)});
  const auto answer = served_.BedDays(kLedger, "2024/25-M01", "2024/25-M03");
  const auto& months = answer.boards(0).measures(0).months();
  ASSERT_EQ(months.size(), 3);
  EXPECT_EQ(months[0].state(), v1::FIGURE_STATE_GIVEN);
  EXPECT_EQ(months[1].state(), v1::FIGURE_STATE_NOT_COMPARABLE);
  EXPECT_EQ(months[2].state(), v1::FIGURE_STATE_NOT_REPORTED) << "missing is not zero";
  EXPECT_EQ(answer.boards(0).released().display(), "32,243.1");
  EXPECT_EQ(answer.boards(0).months_missing(), 2);
}

TEST_F(WorkedCases, Case10DuplicatePublication) {
  const v1::Event defined = MeasureDefined("m-1", v1::MEASURE_UNIT_COUNT);
  const v1::Event recorded = MeasurementRecorded("m-1", v1::MEASURE_UNIT_COUNT, "2024/25-M01", 41);
  served_.Append(kLedger, "2024-06-01", {defined});
  v1::AppendResponse first;
  v1::AppendResponse second;
  ASSERT_TRUE(served_.TryAppend(kLedger, "2024-06-01", recorded, &first).ok());
  ASSERT_TRUE(served_.TryAppend(kLedger, "2024-06-02", recorded, &second).ok());
  EXPECT_FALSE(first.events(0).already_recorded());
  EXPECT_TRUE(second.events(0).already_recorded());
  EXPECT_EQ(second.events(0).sequence(), first.events(0).sequence());
  EXPECT_EQ(second.receipt(), first.receipt());

  v1::Event other = recorded;
  other.mutable_measurement_recorded()->set_numerator(42);
  v1::AppendResponse refused;
  EXPECT_EQ(FromGrpcStatus(served_.TryAppend(kLedger, "2024-06-03", other, &refused)).reason,
            "CONFLICTING_DUPLICATE");
  EXPECT_EQ(FromGrpcStatus(served_.TryAppend(kLedger, "2024-06-03", WithId(recorded, "another-id"), &refused))
                .reason,
            "ALREADY_RECORDED");

  v1::ExplainRequest why;
  why.set_ledger(kLedger);
  why.mutable_measure()->set_measure_id("m-1");
  why.mutable_measure()->set_period_from("2024/25-M01");
  why.mutable_measure()->set_period_to("2024/25-M01");
  why.mutable_measure()->set_count("numerator");
  const auto explained = served_.Explain(why);
  EXPECT_EQ(explained.total(), 41);
  EXPECT_EQ(explained.contributions_size(), 1) << "one event, one effect";
}

TEST_F(WorkedCases, Case14WaitingTimesDoNotAverage) {
  std::vector<std::pair<int, int64_t>> a;
  for (int week = 0; week < 10; ++week) a.emplace_back(week, 10);
  std::vector<std::pair<int, int64_t>> b;
  for (int week = 0; week < 22; ++week) b.emplace_back(week, week < 4 ? 1 : 2);
  served_.Append(kLedger, "2024-06-01",
                 {MeasureDefined("rtt-a", v1::MEASURE_UNIT_WEEKLY_WAIT_BANDS, v1::PATHWAY_ADMITTED),
                  MeasureDefined("rtt-b", v1::MEASURE_UNIT_WEEKLY_WAIT_BANDS, v1::PATHWAY_ADMITTED),
                  MeasureAssignedToBoard("rtt-a", "urgent-care"), MeasureAssignedToProject("rtt-b", "p-1"),
                  WaitBandsRecorded("rtt-a", "2024/25-M01", Bands(a)),
                  WaitBandsRecorded("rtt-b", "2024/25-M01", Bands(b))});
  const auto answer = served_.Waits(kLedger, "2024/25-M01");
  ASSERT_EQ(answer.waits_size(), 1) << answer.DebugString();
  const v1::Waits& waits = answer.waits(0);
  EXPECT_EQ(waits.pathways(), 140);
  EXPECT_EQ(waits.median().weeks().display(), "6.2");
  EXPECT_EQ(waits.median().weeks().numerator() + "/" + waits.median().weeks().denominator(), "37/6");
  EXPECT_EQ(waits.p92().weeks().display(), "16.4");
}

TEST_F(WorkedCases, Case16ValidationReversed) {
  served_.Append(kLedger, "2024-04-01", {PeriodOpened("2024/25-M02"), PeriodOpened("2024/25-M06")});
  served_.Append(kLedger, "2024-06-03",
                 {ClaimSubmitted("c-1", "b-1", "2024/25-M02", "2024/25-M02", 6000000),
                  ClaimValidated("c-1", "2024/25-M02", 6000000), PeriodClosed("2024/25-M02")});
  served_.Append(kLedger, "2024-10-01", {ClaimReversed("c-1", "2024/25-M06")});
  const auto reported = served_.Savings(kLedger, "2024/25-M06", v1::VIEW_AS_REPORTED);
  EXPECT_EQ(OnlyLine(reported).validated().in_month_pence(), -6000000);
  EXPECT_EQ(OnlyLine(reported).validated().since_start_pence(), 0);
  EXPECT_EQ(reported.boards(0).net_cash().since_start_pence(), 0);
  EXPECT_EQ(
      OnlyLine(served_.Savings(kLedger, "2024/25-M02", v1::VIEW_AS_REPORTED)).validated().in_month_pence(),
      6000000);

  v1::ExplainRequest why;
  why.set_ledger(kLedger);
  v1::SavingsFigure& figure = *why.mutable_savings();
  figure.set_board_id("urgent-care");
  figure.set_financial_class(v1::FINANCIAL_CLASS_CASH_RELEASING);
  figure.set_sign(v1::BENEFIT_SIGN_BENEFIT);
  figure.set_recurrence(v1::RECURRENCE_RECURRENT);
  figure.set_period_from("2024/25-M01");
  figure.set_period_to("2024/25-M12");
  const auto explained = served_.Explain(why);
  ASSERT_EQ(explained.contributions_size(), 2) << "the claim remains visible";
  EXPECT_EQ(explained.contributions(0).amount(), 6000000);
  EXPECT_EQ(explained.contributions(1).amount(), -6000000);
  EXPECT_EQ(explained.contributions(1).type(), "claim_reversed");
  EXPECT_EQ(explained.total(), 0);
}

TEST_F(WorkedCases, Case19NhsNumbersAreRefusedWithoutAnEcho) {
  v1::Event event = BenefitWithdrawn("b-1");
  event.mutable_benefit_withdrawn()->set_reason("Ref 943 476 5919");
  v1::AppendResponse response;
  const grpc::Status status = served_.TryAppend(kLedger, "2024-06-01", event, &response);
  const RpcError error = FromGrpcStatus(status);
  EXPECT_EQ(error.reason, "PATIENT_IDENTIFIER");
  EXPECT_EQ(error.field, "events[0].benefit_withdrawn.reason");
  EXPECT_EQ(status.error_message().find("943"), std::string::npos);
  EXPECT_EQ(status.error_details().find("943"), std::string::npos);
  event.mutable_benefit_withdrawn()->set_reason("Ref 9434765910");
  EXPECT_TRUE(served_.TryAppend(kLedger, "2024-06-01", event, &response).ok())
      << "the check digit fails: no NHS number";
}

}  // namespace
}  // namespace realise::testing
