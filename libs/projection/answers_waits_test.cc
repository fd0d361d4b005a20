#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/domain/testing/event_builders.h"
#include "libs/projection/answers.h"
#include "libs/projection/testing/folded_history.h"

namespace realise {
namespace {

using namespace ::realise::testing;  // NOLINT: event builders
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr v1::MeasureUnit kWaits = v1::MEASURE_UNIT_WEEKLY_WAIT_BANDS;

void AddService(FoldedHistory& history, const std::string& measure,
                v1::Pathway pathway = v1::PATHWAY_ADMITTED) {
  history.Add({MeasureDefined(measure, kWaits, pathway), MeasureAssignedToBoard(measure, "elective")});
}

// The same number in each of the weeks from `first` up to and without `last`.
std::vector<std::pair<int, int64_t>> Weeks(int first, int last, int64_t count) {
  std::vector<std::pair<int, int64_t>> weeks;
  for (int week = first; week < last; ++week) weeks.emplace_back(week, count);
  return weeks;
}

v1::QueryWaitsRequest AskBoards(const std::string& period) {
  v1::QueryWaitsRequest request;
  request.set_ledger("RH5");
  request.set_period(period);
  return request;
}

v1::QueryWaitsRequest AskMeasures() {
  v1::QueryWaitsRequest request = AskBoards("");
  request.set_all_measures(true);
  return request;
}

v1::QueryWaitsResponse Answer(const FoldedHistory& history, const v1::QueryWaitsRequest& request) {
  const auto response = AnswerWaits(history.source(), request);
  EXPECT_TRUE(response.ok()) << response.status();
  return *response;
}

class WaitsAnswerTest : public ::testing::Test {
 protected:
  WaitsAnswerTest() { history_.Add({BoardEstablished("elective"), BoardEstablished("theatres")}); }
  FoldedHistory history_;
};

// A month without figures says why: nothing was assigned yet, or nothing was reported.
TEST_F(WaitsAnswerTest, AMonthWithoutFiguresSaysWhy) {
  AddService(history_, "a");
  v1::QueryWaitsResponse response = Answer(history_, AskBoards("2019/20-M01"));
  EXPECT_THAT(response.waits(), IsEmpty());
  EXPECT_THAT(response.boards_without_measures(), ElementsAre("elective", "theatres"));
  response = Answer(history_, AskBoards("2024/25-M01"));
  ASSERT_THAT(response.waits(), SizeIs(1));
  EXPECT_EQ(response.waits(0).state(), v1::FIGURE_STATE_NOT_REPORTED);
  EXPECT_THAT(response.waits(0).measures_not_reported(), ElementsAre("a"));
  EXPECT_THAT(response.boards_without_measures(), ElementsAre("theatres"));
}

// Case 14.
TEST_F(WaitsAnswerTest, BoardsPoolTheirServices) {
  AddService(history_, "a");
  AddService(history_, "b");
  auto waits_b = Weeks(0, 4, 1);
  for (const auto& week : Weeks(4, 22, 2)) waits_b.push_back(week);
  history_.Add({WaitBandsRecorded("a", "2025/26-M08", Bands(Weeks(0, 10, 10))),
                WaitBandsRecorded("b", "2025/26-M08", Bands(waits_b), 3)});
  const v1::QueryWaitsResponse by_measure = Answer(history_, AskMeasures());
  ASSERT_THAT(by_measure.waits(), SizeIs(2));
  EXPECT_EQ(by_measure.waits(0).median().weeks().display(), "5.0");
  EXPECT_EQ(by_measure.waits(1).median().weeks().display(), "12.0");

  const v1::QueryWaitsResponse response = Answer(history_, AskBoards(""));
  EXPECT_EQ(response.period(), "2025/26-M08");
  ASSERT_THAT(response.waits(), SizeIs(1));
  const v1::Waits& pooled = response.waits(0);
  EXPECT_EQ(pooled.board_id(), "elective");
  EXPECT_EQ(pooled.pathway(), v1::PATHWAY_ADMITTED);
  EXPECT_EQ(pooled.state(), v1::FIGURE_STATE_GIVEN);
  EXPECT_EQ(pooled.pathways(), 140);
  EXPECT_EQ(pooled.unknown_clock_starts(), 3);
  EXPECT_EQ(pooled.median().weeks().numerator(), "37");
  EXPECT_EQ(pooled.median().weeks().denominator(), "6");
  EXPECT_EQ(pooled.median().weeks().display(), "6.2");
  EXPECT_EQ(pooled.p92().weeks().display(), "16.4");
  EXPECT_EQ(pooled.within_18_weeks_percent().display(), "94.3");  // 132 of 140
  EXPECT_THAT(pooled.measures(), ElementsAre("a", "b"));
}

// RH5, admitted, November 2025: the bands around the published figures.
TEST_F(WaitsAnswerTest, PublishedFiguresComeOut) {
  AddService(history_, "surgery");
  AddService(history_, "trauma");
  history_.Add(
      {WaitBandsRecorded("surgery", "2025/26-M08", Bands({{3, 115}, {14, 7}, {30, 108}, {56, 2}, {70, 12}})),
       WaitBandsRecorded("trauma", "2025/26-M08", Bands({{20, 189}, {55, 13}, {60, 180}}))});
  const v1::QueryWaitsResponse response = Answer(history_, AskMeasures());
  EXPECT_EQ(response.waits(0).median().weeks().display(), "15.0");
  EXPECT_EQ(response.waits(0).p95().weeks().display(), "56.9");
  EXPECT_EQ(response.waits(0).over_52_weeks(), 14);
  EXPECT_EQ(response.waits(0).over_65_weeks(), 12);
  EXPECT_EQ(response.waits(1).median().weeks().display(), "55.2");
}

TEST_F(WaitsAnswerTest, FewerThanTwentyAreNotShown) {
  AddService(history_, "a");
  AddService(history_, "b");
  history_.Add({WaitBandsRecorded("a", "2025/26-M08", Bands({{5, 19}}), 4),
                WaitBandsRecorded("b", "2025/26-M08", Bands({{5, 20}}))});
  const v1::QueryWaitsResponse response = Answer(history_, AskMeasures());
  v1::Waits suppressed;
  suppressed.set_measure_id("a");
  suppressed.set_name(response.waits(0).name());
  suppressed.set_pathway(v1::PATHWAY_ADMITTED);
  suppressed.set_state(v1::FIGURE_STATE_SUPPRESSED);
  suppressed.add_measures("a");
  EXPECT_EQ(response.waits(0).SerializeAsString(), suppressed.SerializeAsString());
  EXPECT_EQ(response.waits(1).state(), v1::FIGURE_STATE_GIVEN);
  EXPECT_EQ(Answer(history_, AskBoards("")).waits(0).pathways(), 39);
}

// Case 15 in form: services that did not report are named, and not taken for services in which nobody waited
// long.
TEST_F(WaitsAnswerTest, MissingServiceIsNamedAndNotZero) {
  AddService(history_, "a");
  AddService(history_, "b");
  AddService(history_, "c");
  history_.Add({WaitBandsRecorded("a", "2025/26-M08", Bands({{5, 60}, {30, 40}})),
                WaitBandsRecorded("b", "2025/26-M08", Bands({})),
                MeasurementNotReported("c", "2025/26-M08")});
  const v1::QueryWaitsResponse response = Answer(history_, AskBoards(""));
  ASSERT_THAT(response.waits(), SizeIs(1));
  EXPECT_THAT(response.waits(0).measures(), ElementsAre("a", "b"));
  EXPECT_THAT(response.waits(0).measures_not_reported(), ElementsAre("c"));
  EXPECT_EQ(response.waits(0).within_18_weeks_percent().display(), "60.0");
  const v1::Waits before = Answer(history_, AskBoards("2025/26-M07")).waits(0);
  EXPECT_EQ(before.state(), v1::FIGURE_STATE_NOT_REPORTED);
  EXPECT_THAT(before.measures(), IsEmpty());
  EXPECT_THAT(before.measures_not_reported(), ElementsAre("a", "b", "c"));
  EXPECT_FALSE(before.has_median());
}

TEST_F(WaitsAnswerTest, OpenBandHasNoWeeks) {
  AddService(history_, "a", v1::PATHWAY_INCOMPLETE);
  history_.Add({WaitBandsRecorded("a", "2025/26-M08", Bands({{10, 50}, {104, 50}}))});
  const v1::Waits waits = Answer(history_, AskMeasures()).waits(0);
  EXPECT_EQ(waits.median().weeks().display(), "11.0");
  EXPECT_FALSE(waits.median().open_band());
  EXPECT_TRUE(waits.p92().open_band());
  EXPECT_FALSE(waits.p92().has_weeks());
  EXPECT_EQ(waits.over_65_weeks(), 50);
}

TEST_F(WaitsAnswerTest, PathwaysStayApartAndPublishedTotalsOutside) {
  AddService(history_, "a-admitted");
  AddService(history_, "b-incomplete", v1::PATHWAY_INCOMPLETE);
  v1::Event total = MeasureDefined("c-999", kWaits, v1::PATHWAY_ADMITTED);
  total.mutable_measure_defined()->set_published_total(true);
  history_.Add({total, MeasureDefined("beds", v1::MEASURE_UNIT_COUNT)});
  history_.Add({WaitBandsRecorded("a-admitted", "2025/26-M08", Bands({{5, 30}})),
                WaitBandsRecorded("b-incomplete", "2025/26-M08", Bands({{5, 40}})),
                WaitBandsRecorded("c-999", "2025/26-M08", Bands({{5, 30}}))});
  const v1::QueryWaitsResponse response = Answer(history_, AskBoards(""));
  ASSERT_THAT(response.waits(), SizeIs(2));
  EXPECT_EQ(response.waits(0).pathways(), 30);
  EXPECT_EQ(response.waits(1).pathway(), v1::PATHWAY_INCOMPLETE);
  EXPECT_THAT(Answer(history_, AskMeasures()).waits(), SizeIs(3));

  v1::QueryWaitsRequest both = AskBoards("");
  both.add_board_ids("elective");
  both.add_measure_ids("c-999");
  EXPECT_THAT(Answer(history_, both).waits(), SizeIs(3));
  both.add_measure_ids("beds");
  EXPECT_EQ(AnswerWaits(history_.source(), both).status().code(), absl::StatusCode::kInvalidArgument);
  both.set_measure_ids(1, "nothing");
  EXPECT_EQ(AnswerWaits(history_.source(), both).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(WaitsAnswerTest, CorrectionReplacesTheBands) {
  AddService(history_, "a");
  const v1::Event recorded = WaitBandsRecorded("a", "2025/26-M08", Bands({{5, 30}, {60, 30}}), 2);
  history_.Add({recorded});
  history_.Add({WaitBandsCorrected("a", "2025/26-M08", recorded.id(), Bands({{5, 40}}), 1)});
  const v1::Waits waits = Answer(history_, AskMeasures()).waits(0);
  EXPECT_EQ(waits.pathways(), 40);
  EXPECT_EQ(waits.over_52_weeks(), 0);
  EXPECT_EQ(waits.unknown_clock_starts(), 1);
}

}  // namespace
}  // namespace realise
