#include "libs/postings/postings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <limits>

#include "fmt/format.h"
#include "libs/domain/evolve.h"

namespace realise {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

int32_t Month(std::string_view period) { return Period::Parse(period)->index(); }

// A ledger with one cash-releasing recurrent benefit, whose project moves from board "a" to "b" on 1 July
// 2024.
LedgerState StateWithBenefit() {
  LedgerState state;
  state::ProjectState& project = state.MutableProject("p-1");
  for (const auto& [from, board] : {std::pair{"2024-04-01", "a"}, std::pair{"2024-07-01", "b"}}) {
    state::Assignment& assignment = *project.add_assignments();
    assignment.set_effective_from(static_cast<int32_t>(ParseDate(from)->time_since_epoch().count()));
    assignment.set_board_id(board);
  }
  state::BenefitState& benefit = state.MutableBenefit("n-1");
  benefit.set_project_id("p-1");
  benefit.set_financial_class(v1::FINANCIAL_CLASS_CASH_RELEASING);
  benefit.set_recurrence(v1::RECURRENCE_RECURRENT);
  benefit.set_sign(v1::BENEFIT_SIGN_BENEFIT);
  return state;
}

// The same with claim "c-1" of board "a" for June, claimed at 30,000.00.
LedgerState StateWithClaim(ClaimStage stage, int64_t validated_pence) {
  LedgerState state = StateWithBenefit();
  ClaimState& claim = state.MutableClaim("c-1");
  claim = ClaimState({.benefit_id = "n-1",
                      .board_id = "a",
                      .claimant_role = "finance-lead",
                      .relates_to = Month("2024/25-M03"),
                      .claimed_pence = 3'000'000});
  claim.set_stage(stage);
  claim.set_validated_pence(validated_pence);
  return state;
}

// A posting in full.
struct Posted {
  std::string account;
  Cell cell = 0;
  int64_t delta = 0;
  friend bool operator==(const Posted&, const Posted&) = default;
};

Posted Saved(const std::string& board, Rung rung, std::string_view posted, std::string_view related,
             int64_t pence) {
  const SavingsCell cell{v1::FINANCIAL_CLASS_CASH_RELEASING,
                         v1::BENEFIT_SIGN_BENEFIT,
                         v1::RECURRENCE_RECURRENT,
                         rung,
                         Month(posted),
                         Month(related)};
  return {"savings/" + board, cell.Pack(), pence};
}

std::vector<Posted> PostingsOf(const v1::Event& event, const LedgerState& before) {
  PostedEvents posted;
  const absl::Status status = AppendPostings(event, before, posted);
  EXPECT_TRUE(status.ok()) << status;
  std::vector<Posted> out;
  for (const PostedEvents::Posting& posting : posted.postings()) {
    out.push_back({std::string(posted.AccountOf(posting)), posting.cell, posting.delta});
  }
  return out;
}

v1::Event Submitted(const std::string& related, const std::string& posted, int64_t pence) {
  v1::Event event;
  v1::ClaimSubmitted& claim = *event.mutable_claim_submitted();
  claim.set_claim_id("c-1");
  claim.set_benefit_id("n-1");
  claim.set_relates_to_period(related);
  claim.set_posted_to_period(posted);
  claim.set_amount_pence(pence);
  return event;
}

TEST(PostingsTest, SubmittedClaimAwaitsUnderTheBoardOfTheMonthItRelatesTo) {
  const LedgerState state = StateWithBenefit();
  EXPECT_THAT(PostingsOf(Submitted("2024/25-M03", "2024/25-M05", 3'000'000), state),
              ElementsAre(Saved("a", Rung::kAwaiting, "2024/25-M05", "2024/25-M03", 3'000'000)));
  EXPECT_THAT(PostingsOf(Submitted("2024/25-M04", "2024/25-M05", 100), state),
              ElementsAre(Saved("b", Rung::kAwaiting, "2024/25-M05", "2024/25-M04", 100)));
  EXPECT_THAT(PostingsOf(Submitted("2024/25-M04", "2024/25-M05", 0), state), IsEmpty());
}

TEST(PostingsTest, ValidatedClaimMovesUpARungByWhatWasAgreed) {
  v1::Event event;
  event.mutable_claim_validated()->set_claim_id("c-1");
  event.mutable_claim_validated()->set_amount_pence(2'450'000);
  event.mutable_claim_validated()->set_posted_to_period("2024/25-M04");
  EXPECT_THAT(PostingsOf(event, StateWithClaim(ClaimStage::kQueried, 0)),
              ElementsAre(Saved("a", Rung::kAwaiting, "2024/25-M04", "2024/25-M03", -3'000'000),
                          Saved("a", Rung::kValidated, "2024/25-M04", "2024/25-M03", 2'450'000)));
}

TEST(PostingsTest, RejectedQueriedCorrectedAndReversedClaims) {
  v1::Event queried;
  queried.mutable_claim_queried()->set_claim_id("c-1");
  EXPECT_THAT(PostingsOf(queried, StateWithClaim(ClaimStage::kSubmitted, 0)), IsEmpty());

  v1::Event rejected;
  rejected.mutable_claim_rejected()->set_claim_id("c-1");
  rejected.mutable_claim_rejected()->set_posted_to_period("2024/25-M05");
  EXPECT_THAT(PostingsOf(rejected, StateWithClaim(ClaimStage::kSubmitted, 0)),
              ElementsAre(Saved("a", Rung::kAwaiting, "2024/25-M05", "2024/25-M03", -3'000'000)));

  v1::Event corrected;
  corrected.mutable_claim_corrected()->set_claim_id("c-1");
  corrected.mutable_claim_corrected()->set_relates_to_period("2024/25-M03");
  corrected.mutable_claim_corrected()->set_posted_to_period("2024/25-M05");
  corrected.mutable_claim_corrected()->set_delta_pence(-550'000);
  EXPECT_THAT(PostingsOf(corrected, StateWithClaim(ClaimStage::kValidated, 3'000'000)),
              ElementsAre(Saved("a", Rung::kValidated, "2024/25-M05", "2024/25-M03", -550'000)));

  v1::Event reversed;
  reversed.mutable_claim_reversed()->set_claim_id("c-1");
  reversed.mutable_claim_reversed()->set_posted_to_period("2024/25-M06");
  EXPECT_THAT(PostingsOf(reversed, StateWithClaim(ClaimStage::kValidated, 2'450'000)),
              ElementsAre(Saved("a", Rung::kValidated, "2024/25-M06", "2024/25-M03", -2'450'000)));
}

TEST(PostingsTest, WhatDoesNotFitTheStateIsADefect) {
  PostedEvents out;
  const LedgerState claimed = StateWithClaim(ClaimStage::kSubmitted, 0);
  v1::Event reversed;
  reversed.mutable_claim_reversed()->set_claim_id("c-1");
  reversed.mutable_claim_reversed()->set_posted_to_period("2024/25-M06");
  EXPECT_THAT(std::string(AppendPostings(reversed, claimed, out).message()), HasSubstr("another stage"));
  EXPECT_EQ(AppendPostings(reversed, LedgerState(), out).code(), absl::StatusCode::kInternal);
  EXPECT_EQ(AppendPostings(Submitted("2023/24-M12", "2024/25-M01", 1), claimed, out).code(),
            absl::StatusCode::kInternal);
  EXPECT_EQ(AppendPostings(v1::Event(), claimed, out).code(), absl::StatusCode::kInternal);

  LedgerState extreme = StateWithClaim(ClaimStage::kValidated, std::numeric_limits<int64_t>::min());
  EXPECT_THAT(std::string(AppendPostings(reversed, extreme, out).message()), HasSubstr("64 bits"));
  EXPECT_THAT(out.postings(), IsEmpty());
}

v1::Event Recorded(int64_t numerator, int64_t denominator, bool partial) {
  v1::Event event;
  v1::MeasurementRecorded& month = *event.mutable_measurement_recorded();
  month.set_measure_id("los");
  month.set_definition_version(2);
  month.set_period("2024/25-M01");
  month.set_numerator(numerator);
  month.set_denominator(denominator);
  month.set_partial(partial);
  return event;
}

Posted Counted(CountKind kind, int64_t delta) {
  return {"counts/los", CountCell{kind, Month("2024/25-M01")}.Pack(), delta};
}

TEST(PostingsTest, MeasuredMonthPostsItsCountsAndThatItIsThere) {
  EXPECT_THAT(PostingsOf(Recorded(27'000, 3'300, true), LedgerState()),
              ElementsAre(Counted(CountKind::kNumerator, 27'000), Counted(CountKind::kDenominator, 3'300),
                          Counted(CountKind::kReported, 1), Counted(CountKind::kPartial, 1),
                          Counted(CountKind::kVersion, 2)));
  EXPECT_THAT(PostingsOf(Recorded(0, 0, false), LedgerState()),
              ElementsAre(Counted(CountKind::kReported, 1), Counted(CountKind::kVersion, 2)));
  v1::Event missing;
  missing.mutable_measurement_not_reported()->set_measure_id("los");
  EXPECT_THAT(PostingsOf(missing, LedgerState()), IsEmpty());
}

v1::Event CorrectedTo(int64_t numerator, int64_t denominator, uint32_t version) {
  v1::Event event;
  v1::MeasurementCorrected& month = *event.mutable_measurement_corrected();
  month.set_measure_id("los");
  month.set_definition_version(version);
  month.set_period("2024/25-M01");
  month.set_numerator(numerator);
  month.set_denominator(denominator);
  return event;
}

TEST(PostingsTest, CorrectionPostsDifferencesAndCompletesTheMonth) {
  LedgerState state;
  state.MutableMeasure("los").set_unit(v1::MEASURE_UNIT_BED_DAYS_PER_DISCHARGE);
  state::MeasurementState& month = state.MutableMeasurement(MeasurementKey("los", Month("2024/25-M01")));
  month.set_numerator(27'000);
  month.set_denominator(3'300);
  month.set_definition_version(2);
  month.set_partial(true);
  EXPECT_THAT(PostingsOf(CorrectedTo(27'500, 3'300, 2), state),
              ElementsAre(Counted(CountKind::kNumerator, 500), Counted(CountKind::kPartial, -1)));

  state.MutableMeasurement(MeasurementKey("los", Month("2024/25-M01"))).set_not_reported(true);
  EXPECT_THAT(PostingsOf(CorrectedTo(100, 10, 3), state),
              ElementsAre(Counted(CountKind::kNumerator, 100), Counted(CountKind::kDenominator, 10),
                          Counted(CountKind::kReported, 1), Counted(CountKind::kVersion, 3)));
  PostedEvents out;
  EXPECT_EQ(AppendPostings(CorrectedTo(1, 1, 1), LedgerState(), out).code(), absl::StatusCode::kInternal);
}

TEST(PostingsTest, BandsPostEachTheirOwnCell) {
  LedgerState state;
  state.MutableMeasure("rtt").set_unit(v1::MEASURE_UNIT_WEEKLY_WAIT_BANDS);
  v1::Event recorded;
  v1::WaitBandsRecorded& bands = *recorded.mutable_wait_bands_recorded();
  bands.set_measure_id("rtt");
  bands.set_definition_version(1);
  bands.set_period("2024/25-M01");
  bands.mutable_counts()->Resize(kBands, 0);
  bands.set_counts(0, 4);
  bands.set_counts(104, 9);
  bands.set_unknown_clock_starts(2);
  const std::string account = "bands/rtt/" + std::to_string(Month("2024/25-M01"));
  EXPECT_THAT(
      PostingsOf(recorded, state),
      ElementsAre(Posted{account, 0, 4}, Posted{account, 104, 9}, Posted{account, kBandUnknownClockStarts, 2},
                  Posted{account, kBandReported, 1},
                  Posted{"counts/rtt", CountCell{CountKind::kReported, Month("2024/25-M01")}.Pack(), 1},
                  Posted{account, kBandVersion, 1}));

  state::MeasurementState& month = state.MutableMeasurement(MeasurementKey("rtt", Month("2024/25-M01")));
  *month.mutable_counts() = bands.counts();
  month.set_unknown_clock_starts(2);
  month.set_definition_version(1);
  v1::Event corrected;
  v1::MeasurementCorrected& body = *corrected.mutable_measurement_corrected();
  body.set_measure_id("rtt");
  body.set_period("2024/25-M01");
  body.set_definition_version(1);
  *body.mutable_counts() = bands.counts();
  body.set_counts(0, 1);
  EXPECT_THAT(PostingsOf(corrected, state),
              ElementsAre(Posted{account, 0, -3}, Posted{account, kBandUnknownClockStarts, -2}));
}

TEST(PostingsTest, EachPostingIsOfItsEventAndItsAccount) {
  PostedEvents posted;
  posted.BeginEvent(7);
  posted.Post("savings/", "a", 1, 10);
  posted.Post("savings/", "a", 2, 0);
  posted.Post("savings/", "a", 2, 20);
  posted.BeginEvent(9);
  posted.Post("savings/", "ab", 1, 30);
  posted.Post("savings/", "a", 1, 40);
  std::string all;
  for (const PostedEvents::Posting& posting : posted.postings()) {
    all += fmt::format("{} {} {} {}; ", posting.sequence, posted.AccountOf(posting), posting.cell,
                       posting.delta);
  }
  EXPECT_EQ(all, "7 savings/a 1 10; 7 savings/a 2 20; 9 savings/ab 1 30; 9 savings/a 1 40; ");
  posted.Clear();
  EXPECT_THAT(posted.postings(), IsEmpty());
}

RC_GTEST_PROP(PostingsProperty, CellsComeOutOfTheirPackedFormAsTheyWere, ()) {
  const auto savings = SavingsCell{static_cast<v1::FinancialClass>(*rc::gen::inRange(1, 7)),
                                   static_cast<v1::BenefitSign>(*rc::gen::inRange(1, 3)),
                                   static_cast<v1::Recurrence>(*rc::gen::inRange(1, 3)),
                                   static_cast<Rung>(*rc::gen::inRange(1, 3)),
                                   *rc::gen::inRange(1900 * 12, 2199 * 12 + 12),
                                   *rc::gen::inRange(1900 * 12, 2199 * 12 + 12)};
  RC_ASSERT(SavingsCell::Unpack(savings.Pack()) == savings);
  const CountCell count{static_cast<CountKind>(*rc::gen::inRange(1, 6)), savings.posted};
  RC_ASSERT(CountCell::Unpack(count.Pack()).kind == count.kind);
  RC_ASSERT(CountCell::Unpack(count.Pack()).month == count.month);
}

// However often a month is corrected, its postings sum to what was said last.
RC_GTEST_PROP(PostingsProperty, PostingsOfAMonthSumToItsLatestValues, ()) {
  LedgerState state;
  state.MutableMeasure("los").set_unit(v1::MEASURE_UNIT_BED_DAYS_PER_DISCHARGE);
  const auto values = *rc::gen::nonEmpty(rc::gen::container<std::vector<std::pair<int, int>>>(
      rc::gen::pair(rc::gen::inRange(0, 9), rc::gen::inRange(1, 9))));
  PostedEvents out;
  for (const auto& [numerator, denominator] : values) {
    state::MeasurementState& month = state.MutableMeasurement(MeasurementKey("los", Month("2024/25-M01")));
    if (&values.front().first == &numerator) month.set_not_reported(true);
    RC_ASSERT(AppendPostings(CorrectedTo(numerator, denominator, 1), state, out).ok());
    month.set_not_reported(false);
    month.set_numerator(numerator);
    month.set_denominator(denominator);
    month.set_definition_version(1);
  }
  const auto sum = [&](CountKind kind) {
    const Cell cell = Counted(kind, 0).cell;
    int64_t total = 0;
    for (const PostedEvents::Posting& posting : out.postings()) {
      if (posting.cell == cell) total += posting.delta;
    }
    return total;
  };
  RC_ASSERT(sum(CountKind::kNumerator) == values.back().first);
  RC_ASSERT(sum(CountKind::kDenominator) == values.back().second);
  RC_ASSERT(sum(CountKind::kReported) == 1);
  RC_ASSERT(sum(CountKind::kPartial) == 0);
}

}  // namespace
}  // namespace realise
