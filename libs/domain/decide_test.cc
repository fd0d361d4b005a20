// What is accepted at the edges of the rules, and the worked cases.
#include "libs/domain/decide.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/domain/evolve.h"
#include "libs/domain/limits.h"
#include "libs/domain/measure_versions.h"
#include "libs/domain/project_boards.h"
#include "libs/domain/rejection_rows.h"

namespace realise {
namespace {

using namespace testing;  // NOLINT: the builders read as sentences

// A ledger that takes proposals one after another.
class Book {
 public:
  // The reason's name and the field, or "accepted"; what is accepted becomes part of the ledger.
  std::string Propose(v1::Event event, Instant now = kNow) {
    std::optional<Rejection> rejection = CheckForm(event);
    if (!rejection) rejection = Decide(state_, event, now);
    if (rejection) return std::string(ReasonName(rejection->reason)) + " " + rejection->field;
    event.set_stream_version(state_.StreamVersion(event.stream()) + 1);
    EXPECT_TRUE(Evolve(event, state_).ok());
    return "accepted";
  }
  void Given(const std::vector<v1::Event>& events) {
    for (const v1::Event& event : events) ASSERT_EQ(Propose(event), "accepted") << event.id();
  }
  int64_t Left(const std::string& claim_id) const { return state_.claims.Find(claim_id)->validated_pence(); }
  const LedgerState& state() const { return state_; }

 private:
  LedgerState state_;
};

TEST(Decide, TheLedgerOfTheRowsIsAccepted) {
  Book book;
  book.Given(Ledger());
}

// Worked case 1: a correction after the month was closed.
TEST(WorkedCases, RetroDatedCorrection) {
  Book book;
  book.Given(Ledger());
  book.Given({Claim(), Validation(), PeriodClosed(kJune)});
  EXPECT_EQ(book.Left("claim-one"), 30'000'00);
  EXPECT_EQ(book.Propose(ClaimCorrected("claim-one", kJune, kJune, -5'500'00)),
            "PERIOD_CLOSED claim_corrected.posted_to_period");
  EXPECT_EQ(book.Propose(ClaimCorrected("claim-one", kJuly, "2024/25-M05", -5'500'00)),
            "RELATES_TO_MISMATCH claim_corrected.relates_to_period");
  EXPECT_EQ(book.Propose(ClaimCorrected("claim-one", kJune, "2024/25-M05", -5'500'00)), "accepted");
  EXPECT_EQ(book.Left("claim-one"), 24'500'00);
}

// Worked case 16, as far as the reversal.
TEST(WorkedCases, ValidationReversed) {
  const std::string may = "2024/25-M02";
  Book book;
  book.Given({PeriodOpened(may)});
  book.Given(Ledger());
  book.Given({ClaimSubmitted("c-1", "bed-budget", may, may, 60'000'00), ClaimValidated("c-1", may, 60'000'00),
              PeriodClosed(may)});
  EXPECT_EQ(book.Propose(ClaimReversed("c-1", may)), "PERIOD_CLOSED claim_reversed.posted_to_period");
  EXPECT_EQ(book.Propose(ClaimReversed("c-1", kJune)), "accepted");
  const ClaimState& claim = *book.state().claims.Find("c-1");
  EXPECT_EQ(claim.stage(), ClaimStage::kReversed);
  EXPECT_EQ(claim.validated_pence(), 0);
  EXPECT_EQ(claim.claimed_pence(), 60'000'00) << "the claim stays visible";
  EXPECT_EQ(book.Propose(WithId(ClaimReversed("c-1", kJune), "again")),
            "WRONG_CLAIM_STAGE claim_reversed.claim_id");
  EXPECT_EQ(book.Propose(ClaimCorrected("c-1", may, kJune, 1)), "WRONG_CLAIM_STAGE claim_corrected.claim_id");
}

// Worked case 19: an NHS number in a reference, and a number that is none.
TEST(WorkedCases, NhsNumberInAReference) {
  v1::Event claim = Claim();
  claim.mutable_claim_submitted()->set_evidence_refs(0, "Ref 943 476 5919");
  const auto rejection = CheckForm(claim);
  ASSERT_TRUE(rejection);
  EXPECT_EQ(rejection->reason, Reason::kPatientIdentifier);
  EXPECT_EQ(rejection->message.find("5919"), std::string::npos);
  claim.mutable_claim_submitted()->set_evidence_refs(0, "9434765910");
  EXPECT_FALSE(CheckForm(claim));
}

// Every text of every type is scanned, whatever is added later.
TEST(CheckForm, ScansEveryText) {
  const google::protobuf::OneofDescriptor& body = *v1::Event::descriptor()->FindOneofByName("body");
  int scanned = 0;
  for (const v1::Event& event : RandomHistory(7, 3000)) {
    const auto* field = event.GetReflection()->GetOneofFieldDescriptor(event, &body);
    const google::protobuf::Descriptor& type = *field->message_type();
    for (int i = 0; i < type.field_count(); ++i) {
      const auto* text = type.field(i);
      if (text->cpp_type() != google::protobuf::FieldDescriptor::CPPTYPE_STRING || text->is_repeated())
        continue;
      v1::Event with = event;
      google::protobuf::Message* message = with.GetReflection()->MutableMessage(&with, field);
      message->GetReflection()->SetString(message, text, "9434765919");
      const auto rejection = CheckForm(with);
      ASSERT_TRUE(rejection) << text->full_name();
      // In a date or a month it is not of the form.
      EXPECT_TRUE(rejection->reason == Reason::kPatientIdentifier || rejection->reason == Reason::kMalformed)
          << text->full_name();
      EXPECT_EQ(rejection->message.find("9434765919"), std::string::npos);
      ++scanned;
    }
  }
  EXPECT_GT(scanned, 3000);
}

TEST(CheckForm, AcceptsWhatMayBeEmptyAndTheLongest) {
  v1::Event claim = Claim();
  claim.mutable_claim_submitted()->clear_evidence_refs();
  claim.mutable_claim_submitted()->set_method(std::string(kTextBytesMax, 'x'));
  claim.set_id(std::string(kTokenBytesMax, '~'));
  claim.set_actor_role("0" + std::string(kIdBytesMax - 1, '-'));
  EXPECT_FALSE(CheckForm(claim));
  claim.mutable_claim_submitted()->set_method(std::string(kTextBytesMax + 1, 'x'));
  EXPECT_TRUE(CheckForm(claim));
  v1::Event board = BoardRenamed("theatres", "Théâtres – 手術室 🏥", "2024-04-01");
  EXPECT_FALSE(CheckForm(board));
  for (const char* bad :
       {"a\tb", "\x7f", "\xc2\x85", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "\x80"}) {
    board.mutable_board_renamed()->set_name(bad);
    const auto rejection = CheckForm(board);
    ASSERT_TRUE(rejection) << bad;
    EXPECT_EQ(rejection->reason, Reason::kMalformed);
  }
}

TEST(CheckForm, IdsHaveOneForm) {
  for (const char* id : {"a", "0", "urgent-care", "c.0042_x"})
    EXPECT_FALSE(CheckForm(BoardClosed(id, "2024-04-01"))) << id;
  for (const char* id : {"-a", ".a", "_a", "A", "a b", "a/b", "é"}) {
    EXPECT_TRUE(CheckForm(BoardClosed(id, "2024-04-01"))) << id;
  }
  EXPECT_FALSE(CheckForm(BoardClosed(std::string(64, 'a'), "2024-04-01")));
  EXPECT_TRUE(CheckForm(BoardClosed(std::string(65, 'a'), "2024-04-01")));
}

TEST(Decide, AClosedProjectMayBeClaimedForACancelledOneUntilItsMonth) {
  Book book;
  book.Given(Ledger());
  book.Given({ProjectClosed("discharge", "2024-05-01")});
  EXPECT_EQ(book.Propose(Claim()), "accepted");
  book.Given({ProjectCancelled("discharge", "2024-07-02")});
  EXPECT_EQ(book.Propose(NewClaim("bed-budget", kJuly, kJuly, 1)), "accepted") << "it ran on 1 July";
  EXPECT_EQ(book.Propose(ClaimSubmitted("c-3", "bed-budget", "2024/25-M05", "2024/25-M05", 1)),
            "PROJECT_ENDED claim_submitted.relates_to_period");
  EXPECT_EQ(book.Propose(Validation()), "accepted") << "what was claimed before is decided on";
}

TEST(Decide, AClaimCountsForTheBoardOfTheMonthsLastDay) {
  Book book;
  book.Given(Ledger());
  book.Given({Claim(), ProjectAssigned("discharge", "theatres", "2024-07-01"),
              NewClaim("bed-budget", kJuly, kJuly, 1)});
  EXPECT_EQ(book.state().claims.Find("claim-one")->board_id(), "urgent-care");
  EXPECT_EQ(book.state().claims.Find("claim-new")->board_id(), "theatres");
  EXPECT_EQ(book.Propose(BoardClosed("urgent-care", "2024-07-01")), "accepted")
      << "its last claim is for June";
  EXPECT_EQ(book.Propose(ClaimSubmitted("c-3", "bed-budget", kJune, kJune, 1)), "accepted")
      << "it existed in June";
  const state::ProjectState& project = *book.state().projects.Find("discharge");
  EXPECT_EQ(BoardOn(project, *ParseDate("2022-03-31")), nullptr);
  EXPECT_EQ(*BoardOn(project, *ParseDate("2024-06-30")), "urgent-care");
  EXPECT_EQ(*BoardOn(project, *ParseDate("2024-07-01")), "theatres");
}

TEST(Decide, AClaimMayBeValidatedInPartAndCorrectedToNothing) {
  Book book;
  book.Given(Ledger());
  book.Given({Claim(), ClaimQueried("claim-one"), WithId(ClaimQueried("claim-one"), "again"),
              ClaimValidated("claim-one", kJuly, 2'000'000)});
  EXPECT_EQ(book.Propose(ClaimCorrected("claim-one", kJune, kJuly, -2'000'000)), "accepted");
  EXPECT_EQ(book.Left("claim-one"), 0);
  EXPECT_EQ(book.Propose(WithId(ClaimCorrected("claim-one", kJune, kJuly, 3'500'000), "more")), "accepted");
  book.Given({NewClaim("nursing-cost", kJune, kJune, -12'500'00), ClaimValidated("claim-new", kJune, 0)});
  EXPECT_EQ(book.Propose(ClaimCorrected("claim-new", kJune, kJune, 1)),
            "SIGN_CHANGE claim_corrected.delta_pence");
  EXPECT_EQ(book.Propose(ClaimCorrected("claim-new", kJune, kJune, -1)), "accepted");
}

TEST(Decide, TodayIsTheDayInEngland) {
  const Instant half_past_eleven =
      std::chrono::sys_days(std::chrono::year(2024) / 6 / 30) + std::chrono::minutes(1410);
  Book book;
  book.Given(Ledger());
  EXPECT_EQ(book.Propose(OccurredOn(Claim(), "2024-07-01"), half_past_eleven), "accepted");
  EXPECT_EQ(book.Propose(OccurredOn(Validation(), "2024-07-01"), half_past_eleven - std::chrono::hours(1)),
            "PERIOD_IN_FUTURE occurred_on");
}

TEST(Decide, TheCurrentMonthCanBeRecordedAndNextCannot) {
  Book book;
  book.Given(Ledger());
  const auto falls = [](const std::string& period) {
    return MeasurementRecorded("falls-count", v1::MEASURE_UNIT_COUNT, period, 3);
  };
  EXPECT_EQ(book.Propose(falls("2025/26-M01")), "accepted");
  EXPECT_EQ(book.Propose(falls("2025/26-M02")), "PERIOD_IN_FUTURE measurement_recorded.period");
}

TEST(Decide, AMonthNotReportedIsReportedByACorrection) {
  Book book;
  book.Given(Ledger());
  const v1::Event missing = MeasurementNotReported("length-of-stay", kJune);
  book.Given({missing, MeasurementCorrected("length-of-stay", kJune, missing.id(), 27000, 3400)});
  const state::MeasurementState& month =
      *book.state().measurements.Find(MeasurementKey("length-of-stay", Period::Parse(kJune)->index()));
  EXPECT_FALSE(month.not_reported());
  EXPECT_EQ(month.numerator(), 27000);
}

TEST(Decide, MoneyMayBeNegativeCountsMayNot) {
  Book book;
  book.Given(Ledger());
  EXPECT_EQ(book.Propose(MeasurementRecorded("agency-spend", v1::MEASURE_UNIT_PENCE, kJune, -500)),
            "accepted");
  EXPECT_EQ(book.Propose(Share(100, 100)), "accepted") << "the part may be the whole";
  EXPECT_EQ(book.Propose(WaitBandsRecorded("surgery-waits", kJune, Bands({}))), "accepted")
      << "nobody waited";
}

TEST(Decide, ABaselineIsSharedOrItsOwnersAlone) {
  Book book;
  book.Given(Ledger());
  book.Given({Baseline("bed-budget", 333'287), WithId(Baseline("bed-budget", 333'000), "better")});
  book.Given({Baseline("bed-agency", 333'000)});
  EXPECT_EQ(book.Propose(WithId(Baseline("bed-budget", 1), "alone-no-more")),
            "BASELINE_CONFLICT baseline_set.measure_id");
  EXPECT_EQ(book.Propose(WithId(Baseline("bed-agency", 1), "nor-alone")),
            "BASELINE_CONFLICT baseline_set.measure_id");
  EXPECT_TRUE(book.state().benefits.Find("bed-agency")->has_baseline());
}

TEST(Decide, AWithdrawnBenefitLetsGoOfItsBaseline) {
  Book book;
  book.Given(Ledger());
  book.Given({Baseline("bed-budget", 333'287), Baseline("bed-agency", 333'287)});
  EXPECT_EQ(book.Propose(WithId(Baseline("bed-agency", 333'000), "shared")),
            "BASELINE_CONFLICT baseline_set.measure_id");
  book.Given({BenefitWithdrawn("bed-budget"), WithId(Baseline("bed-agency", 333'000), "alone")});
  EXPECT_FALSE(book.state().benefits.Find("bed-budget")->has_baseline());
  // With nobody left, the first to come sets it, and holds it.
  book.Given({BenefitWithdrawn("bed-agency")});
  BenefitKind stay;
  stay.measure_id = "length-of-stay";
  book.Given({BenefitRegistered("bed-bank", "discharge", stay),
              BenefitRegistered("bed-locum", "discharge", stay), Baseline("bed-bank", 331'000)});
  EXPECT_EQ(book.Propose(Baseline("bed-locum", 333'000)), "BASELINE_CONFLICT baseline_set.measure_id");
  EXPECT_EQ(book.Propose(Baseline("bed-locum", 331'000)), "accepted");
}

TEST(Decide, AMonthIsClosedAfterItsLastDay) {
  const Instant midnight = std::chrono::sys_days(std::chrono::year(2024) / 6 / 30) + std::chrono::hours(23);
  Book book;
  book.Given(Ledger());
  EXPECT_EQ(book.Propose(PeriodClosed(kJune), midnight - std::chrono::microseconds(1)),
            "PERIOD_NOT_ENDED period_closed.period");
  EXPECT_EQ(book.Propose(PeriodClosed(kJune), midnight), "accepted") << "it is 1 July in England";
}

TEST(Decide, ABaselineKeepsToComparableDefinitions) {
  Book book;
  book.Given(Ledger());
  book.Given({BreakAt("2023/24-M08", true), MeasureRedefined("length-of-stay", 3, "2024/25-M01", false)});
  EXPECT_EQ(book.Propose(Baseline("bed-budget", 333'287)), "accepted") << "versions 1 and 2 may be compared";
  v1::Event later =
      BaselineSet("bed-budget", "length-of-stay", "2024/25-M01", "2024/25-M12", 324'128, 40'926, 2);
  EXPECT_EQ(book.Propose(later), "BASELINE_NOT_COMPARABLE baseline_set.definition_version");
  later.mutable_baseline_set()->set_definition_version(3);
  EXPECT_EQ(book.Propose(later), "accepted");
}

TEST(MeasureVersions, InForceAndComparable) {
  const LedgerState state =
      StateAfter({MeasureDefined("m", v1::MEASURE_UNIT_COUNT), MeasureRedefined("m", 2, "2023/24-M08", true),
                  MeasureRedefined("m", 3, "2024/25-M01", false)});
  const state::MeasureState& measure = *state.measures.Find("m");
  const auto in_force = [&](const char* month) {
    return VersionInForce(measure, Period::Parse(month)->index());
  };
  EXPECT_EQ(in_force("2001/02-M01"), 1u);
  EXPECT_EQ(in_force("2023/24-M07"), 1u);
  EXPECT_EQ(in_force("2023/24-M08"), 2u);
  EXPECT_EQ(in_force("2023/24-M12"), 2u);
  EXPECT_EQ(in_force("2024/25-M01"), 3u);
  EXPECT_TRUE(Comparable(measure, 3, 3));
  EXPECT_TRUE(Comparable(measure, 1, 2));
  EXPECT_TRUE(Comparable(measure, 2, 1));
  EXPECT_FALSE(Comparable(measure, 2, 3));
  EXPECT_FALSE(Comparable(measure, 3, 1));
  EXPECT_FALSE(Comparable(measure, 0, 1));
  EXPECT_FALSE(Comparable(measure, 4, 4));
}

TEST(StreamOf, NamesTheThingOfEveryType) {
  for (const v1::Event& event : RandomHistory(7, 3000)) {
    ASSERT_EQ(StreamOf(event), event.stream());
    EXPECT_NE(event.stream().find('/'), std::string::npos);
    EXPECT_NE(event.stream().back(), '/') << TypeOf(event);
  }
  EXPECT_EQ(StreamOf(v1::Event()), "");
  EXPECT_EQ(TypeOf(v1::Event()), "");
}

}  // namespace
}  // namespace realise
