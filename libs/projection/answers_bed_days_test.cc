#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "libs/domain/testing/event_builders.h"
#include "libs/projection/answers.h"
#include "libs/projection/testing/folded_history.h"

namespace realise {
namespace {

using namespace ::realise::testing;  // NOLINT: event builders
using ::testing::ElementsAre;
using ::testing::SizeIs;

constexpr v1::MeasureUnit kBeds = v1::MEASURE_UNIT_BED_DAYS_PER_DISCHARGE;

// A board with project p-1 and a measure "los" of it, with no baseline yet.
void AddProgramme(FoldedHistory& history) {
  history.Add({BoardEstablished("beds"), BoardEstablished("flow"), ProjectProposed("p-1"),
               ProjectAssigned("p-1", "beds"), MeasureDefined("los", kBeds),
               MeasureAssignedToProject("los", "p-1"),
               BenefitRegistered("n-1", "p-1", {.measure_id = "los"})});
}

v1::QueryBedDaysRequest Ask(const std::string& from, const std::string& to) {
  v1::QueryBedDaysRequest request;
  request.set_ledger("RH5");
  request.set_period_from(from);
  request.set_period_to(to);
  return request;
}

v1::QueryBedDaysResponse Answer(const FoldedHistory& history, const v1::QueryBedDaysRequest& request) {
  const auto response = AnswerBedDays(history.source(), request);
  EXPECT_TRUE(response.ok()) << response.status();
  return *response;
}

std::string Month(const std::string& year, int month) {
  return year + (month < 10 ? "-M0" : "-M") + std::to_string(month);
}

std::vector<v1::FigureState> States(const v1::BedDaysMeasure& measure) {
  std::vector<v1::FigureState> states;
  for (const v1::BedDaysMonth& month : measure.months()) states.push_back(month.state());
  return states;
}

// Case 9, RH5 2024/25 against 2023/24.  How the year falls into months changes nothing.
TEST(BedDaysAnswerTest, RealYearIsRoundedOnceAtTheEnd) {
  FoldedHistory history;
  AddProgramme(history);
  history.Add({BaselineSet("n-1", "los", "2023/24-M01", "2023/24-M12", 333'287, 38'275)});
  int64_t bed_days = 324'128;
  int64_t discharges = 40'926;
  for (int month = 1; month <= 12; ++month) {
    const int64_t beds_in_month = month == 12 ? bed_days : 26'000 + 100 * month;
    const int64_t discharges_in_month = month == 12 ? discharges : 3'400;
    history.Add(
        {MeasurementRecorded("los", kBeds, Month("2024/25", month), beds_in_month, discharges_in_month)});
    bed_days -= beds_in_month;
    discharges -= discharges_in_month;
  }
  const v1::QueryBedDaysResponse response = Answer(history, Ask("", ""));
  EXPECT_EQ(response.period_from(), "2024/25-M01");
  EXPECT_EQ(response.period_to(), "2024/25-M12");
  const v1::BoardBedDays& board = response.boards(0);
  EXPECT_EQ(board.released().display(), "32,243.1");
  // 333287 x 40926 / 38275 - 324128 in lowest terms.
  EXPECT_EQ(board.released().numerator(), "1234104562");
  EXPECT_EQ(board.released().denominator(), "38275");
  EXPECT_EQ(board.months_missing(), 0);
  EXPECT_EQ(board.measures(0).baseline_occupied_bed_days(), 333'287);
  EXPECT_THAT(board.measures(0).months(), SizeIs(12));
  EXPECT_FALSE(response.boards(1).has_released());
}

TEST(BedDaysAnswerTest, BadMonthsAreNotFlooredAtZero) {
  FoldedHistory history;
  AddProgramme(history);
  history.Add({BaselineSet("n-1", "los", "2023/24-M01", "2023/24-M12", 48'000, 6'000)});
  for (int month = 1; month <= 12; ++month) {
    const int64_t bed_days = month <= 6 ? 3'500 : month <= 9 ? 3'900 : 4'050;
    history.Add({MeasurementRecorded("los", kBeds, Month("2024/25", month), bed_days, 500)});
  }
  const v1::BoardBedDays board = Answer(history, Ask("", "2024/25-M12")).boards(0);
  EXPECT_EQ(board.released().display(), "3,150.0");
  EXPECT_EQ(board.measures(0).months(11).released().display(), "-50.0");
}

TEST(BedDaysAnswerTest, WhatCannotBeComparedIsNotGiven) {
  FoldedHistory history;
  AddProgramme(history);
  history.Add({MeasurementRecorded("los", kBeds, "2023/24-M06", 27'000, 2'723)});
  EXPECT_THAT(States(Answer(history, Ask("2023/24-M05", "2023/24-M06")).boards(0).measures(0)),
              ElementsAre(v1::FIGURE_STATE_NOT_REPORTED, v1::FIGURE_STATE_NO_BASELINE));
  history.Add({BaselineSet("n-1", "los", "2023/24-M01", "2023/24-M05", 160'000, 16'000),
               MeasureRedefined("los", 2, "2023/24-M08", false),
               MeasurementRecorded("los", kBeds, "2023/24-M08", 29'000, 3'928, 2)});
  const v1::BoardBedDays board = Answer(history, Ask("2023/24-M06", "2023/24-M08")).boards(0);
  EXPECT_THAT(States(board.measures(0)), ElementsAre(v1::FIGURE_STATE_GIVEN, v1::FIGURE_STATE_NOT_REPORTED,
                                                     v1::FIGURE_STATE_NOT_COMPARABLE));
  EXPECT_EQ(board.months_missing(), 2);
  EXPECT_EQ(board.released().display(), "230.0");
  // What was counted is shown all the same.
  EXPECT_EQ(board.measures(0).months(2).occupied_bed_days(), 29'000);
  EXPECT_FALSE(board.measures(0).months(2).has_released());
  EXPECT_FALSE(Answer(history, Ask("2023/24-M08", "2023/24-M08")).boards(0).has_released());

  history.Add({MeasureRedefined("los", 3, "2023/24-M09", true)});
  history.Add({MeasurementRecorded("los", kBeds, "2023/24-M09", 29'000, 3'928, 3),
               BaselineSet("n-1", "los", "2023/24-M08", "2023/24-M08", 29'000, 3'928, 2)});
  EXPECT_THAT(States(Answer(history, Ask("2023/24-M06", "2023/24-M09")).boards(0).measures(0)),
              ElementsAre(v1::FIGURE_STATE_NOT_COMPARABLE, v1::FIGURE_STATE_NOT_REPORTED,
                          v1::FIGURE_STATE_GIVEN, v1::FIGURE_STATE_GIVEN));
}

// Case 11: a month that comes late changes nothing that was answered before.
TEST(BedDaysAnswerTest, MissingMonthIsMissingAndNotZero) {
  FoldedHistory history;
  AddProgramme(history);
  history.Add({BaselineSet("n-1", "los", "2023/24-M01", "2023/24-M12", 8'000, 1'000),
               MeasurementRecorded("los", kBeds, "2024/25-M01", 700, 100)});
  history.Add({MeasurementNotReported("los", "2024/25-M02")});
  const v1::QueryBedDaysResponse before = Answer(history, Ask("2024/25-M01", "2024/25-M02"));
  EXPECT_EQ(before.boards(0).released().display(), "100.0");
  EXPECT_EQ(before.boards(0).months_missing(), 1);
  history.Add({MeasurementCorrected("los", "2024/25-M02", "measurement_not_reported:2024/25-M02", 0, 100)});
  const v1::QueryBedDaysResponse after = Answer(history, Ask("2024/25-M01", "2024/25-M02"));
  EXPECT_EQ(after.boards(0).released().display(), "900.0");
  EXPECT_EQ(after.boards(0).months_missing(), 0);
  v1::QueryBedDaysRequest again = Ask("2024/25-M01", "2024/25-M02");
  again.mutable_basis()->set_position(before.basis().receipt());
  EXPECT_EQ(Answer(history, again).SerializeAsString(), before.SerializeAsString());
}

TEST(BedDaysAnswerTest, ABoardsMeasuresAreASet) {
  FoldedHistory history;
  AddProgramme(history);
  history.Add({MeasureAssignedToBoard("los", "beds"), ProjectProposed("p-2"), ProjectAssigned("p-2", "beds"),
               MeasureAssignedToProject("los", "p-2"),
               BaselineSet("n-1", "los", "2023/24-M01", "2023/24-M12", 8'000, 1'000),
               MeasurementRecorded("los", kBeds, "2024/25-M01", 700, 100)});
  const v1::BoardBedDays board = Answer(history, Ask("", "")).boards(0);
  EXPECT_THAT(board.measures(), SizeIs(1));
  EXPECT_EQ(board.released().display(), "100.0");
}

TEST(BedDaysAnswerTest, MonthsGoToTheBoardOfTheirLastDay) {
  FoldedHistory history;
  AddProgramme(history);
  history.Add({BaselineSet("n-1", "los", "2023/24-M01", "2023/24-M12", 8'000, 1'000)});
  for (int month = 1; month <= 4; ++month) {
    history.Add({MeasurementRecorded("los", kBeds, Month("2024/25", month), 700, 100)});
  }
  history.Add({ProjectAssigned("p-1", "flow", "2024-06-30"), ProjectCancelled("p-1", "2024-07-01")});
  const v1::QueryBedDaysResponse response = Answer(history, Ask("", "2024/25-M04"));
  EXPECT_THAT(response.boards(0).measures(0).months(), SizeIs(2));
  ASSERT_THAT(response.boards(1).measures(), SizeIs(1));
  ASSERT_THAT(response.boards(1).measures(0).months(), SizeIs(1));
  EXPECT_EQ(response.boards(1).measures(0).months(0).period(), "2024/25-M03");
}

TEST(BedDaysAnswerTest, AssignmentOnTheLastDayCountsForTheMonth) {
  FoldedHistory history;
  history.Add({BoardEstablished("beds"), MeasureDefined("los", kBeds),
               MeasureAssignedToBoard("los", "beds", "2024-05-31")});
  const v1::BoardBedDays board = Answer(history, Ask("2024/25-M01", "2024/25-M03")).boards(0);
  ASSERT_THAT(board.measures(), SizeIs(1));
  ASSERT_THAT(board.measures(0).months(), SizeIs(2));
  EXPECT_EQ(board.measures(0).months(0).period(), "2024/25-M02");
}

TEST(BedDaysAnswerTest, MonthsAskedForHaveToMakeSense) {
  FoldedHistory history;
  AddProgramme(history);
  for (const auto& [from, to] : std::map<std::string, std::string>{
           {"2024/25-M03", "2024/25-M02"}, {"1990/91-M01", "2024/25-M02"}, {"2024-06", "2024/25-M12"}}) {
    EXPECT_EQ(AnswerBedDays(history.source(), Ask(from, to)).status().code(),
              absl::StatusCode::kInvalidArgument);
  }
}

}  // namespace
}  // namespace realise
