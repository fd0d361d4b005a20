#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "libs/domain/testing/event_builders.h"
#include "libs/projection/answers.h"
#include "libs/projection/testing/folded_history.h"

namespace realise {
namespace {

using namespace ::realise::testing;  // NOLINT: event builders
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

v1::ExplainRequest AskSavings(const std::string& from, const std::string& to, bool awaiting = false) {
  v1::ExplainRequest request;
  request.set_ledger("RH5");
  v1::SavingsFigure& figure = *request.mutable_savings();
  figure.set_board_id("beds");
  figure.set_financial_class(v1::FINANCIAL_CLASS_CASH_RELEASING);
  figure.set_sign(v1::BENEFIT_SIGN_BENEFIT);
  figure.set_recurrence(v1::RECURRENCE_RECURRENT);
  figure.set_awaiting_validation(awaiting);
  figure.set_period_from(from);
  figure.set_period_to(to);
  return request;
}

v1::ExplainRequest AskMeasure(const std::string& count, const std::string& from, const std::string& to) {
  v1::ExplainRequest request;
  request.set_ledger("RH5");
  v1::MeasureFigure& figure = *request.mutable_measure();
  figure.set_measure_id(count == "numerator" || count == "denominator" ? "los" : "rtt");
  figure.set_count(count);
  figure.set_period_from(from);
  figure.set_period_to(to);
  return request;
}

v1::ExplainResponse Explain(const FoldedHistory& history, const v1::ExplainRequest& request) {
  const auto response = AnswerExplain(history.source(), request, history.Lookup());
  EXPECT_TRUE(response.ok()) << response.status();
  return *response;
}

// Of all pages, one behind the other.
std::vector<int64_t> AmountsOfPages(const FoldedHistory& history, v1::ExplainRequest request, uint32_t size) {
  std::vector<int64_t> amounts;
  request.set_page_size(size);
  do {
    const v1::ExplainResponse page = Explain(history, request);
    EXPECT_LE(page.contributions_size(), static_cast<int>(size));
    for (const v1::Contribution& part : page.contributions()) amounts.push_back(part.amount());
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return amounts;
}

std::vector<int64_t> Amounts(const v1::ExplainResponse& response) {
  std::vector<int64_t> amounts;
  for (const v1::Contribution& part : response.contributions()) amounts.push_back(part.amount());
  return amounts;
}

class ExplainTest : public ::testing::Test {
 protected:
  ExplainTest() {
    history_.Add({BoardEstablished("beds"), ProjectProposed("p-1"), ProjectAssigned("p-1", "beds"),
                  BenefitRegistered("n-1", "p-1"),
                  MeasureDefined("los", v1::MEASURE_UNIT_BED_DAYS_PER_DISCHARGE),
                  MeasureDefined("rtt", v1::MEASURE_UNIT_WEEKLY_WAIT_BANDS, v1::PATHWAY_ADMITTED)});
    history_.Add({ClaimSubmitted("c-1", "n-1", "2024/25-M03", "2024/25-M03", 3'000'000)});
    history_.Add({ClaimValidated("c-1", "2024/25-M03", 3'000'000)});
    history_.Add({ClaimCorrected("c-1", "2024/25-M03", "2024/25-M05", -550'000)});
  }
  FoldedHistory history_;
};

TEST_F(ExplainTest, NamesTheEventsThatMakeTheFigure) {
  const v1::ExplainResponse august = Explain(history_, AskSavings("2024/25-M01", "2024/25-M05"));
  EXPECT_EQ(august.total(), 2'450'000);
  ASSERT_THAT(Amounts(august), ElementsAre(3'000'000, -550'000));
  const v1::Contribution& correction = august.contributions(1);
  EXPECT_EQ(correction.sequence(), 9);
  EXPECT_EQ(correction.type(), "claim_corrected");
  EXPECT_EQ(correction.stream(), "claim/c-1");
  EXPECT_EQ(correction.occurred_on(), kOccurredOn);
  EXPECT_EQ(correction.recorded_at(), august.basis().recorded_at());
  EXPECT_EQ(correction.posted_to_period(), "2024/25-M05");
  EXPECT_EQ(correction.relates_to_period(), "2024/25-M03");

  EXPECT_THAT(Amounts(Explain(history_, AskSavings("2024/25-M05", "2024/25-M05"))), ElementsAre(-550'000));
  EXPECT_THAT(Amounts(Explain(history_, AskSavings("", "2024/25-M05", true))),
              ElementsAre(3'000'000, -3'000'000));
  v1::ExplainRequest restated = AskSavings("2024/25-M03", "2024/25-M03");
  restated.mutable_basis()->set_view(v1::VIEW_RESTATED);
  EXPECT_EQ(Explain(history_, restated).total(), 2'450'000);
  restated.mutable_savings()->set_recurrence(v1::RECURRENCE_NON_RECURRENT);
  EXPECT_THAT(Explain(history_, restated).contributions(), IsEmpty());
}

TEST_F(ExplainTest, CountsOfMeasures) {
  const v1::MeasureUnit beds = v1::MEASURE_UNIT_BED_DAYS_PER_DISCHARGE;
  const v1::Event april = MeasurementRecorded("los", beds, "2024/25-M01", 700, 100);
  const v1::Event june = WaitBandsRecorded("rtt", "2024/25-M03", Bands({{1, 30}, {2, 10}}), 5);
  history_.AddEach({june, april, WaitBandsRecorded("rtt", "2024/25-M01", Bands({{9, 7}})),
                    MeasurementCorrected("los", "2024/25-M01", april.id(), 690, 100),
                    WaitBandsCorrected("rtt", "2024/25-M03", june.id(), Bands({{1, 20}, {2, 20}}), 5)});
  EXPECT_THAT(Amounts(Explain(history_, AskMeasure("numerator", "2024/25-M01", "2024/25-M12"))),
              ElementsAre(700, -10));
  EXPECT_THAT(Amounts(Explain(history_, AskMeasure("denominator", "2024/25-M01", "2024/25-M12"))),
              ElementsAre(100));
  // One contribution for each event, in the order of the log, though it touches many bands; one that moves
  // pathways between bands is there too.
  const v1::ExplainResponse bands = Explain(history_, AskMeasure("bands", "2024/25-M01", "2024/25-M03"));
  EXPECT_THAT(Amounts(bands), ElementsAre(40, 7, 0));
  EXPECT_EQ(bands.total(), 47);
  EXPECT_EQ(bands.contributions(1).relates_to_period(), "2024/25-M01");
  EXPECT_THAT(Amounts(Explain(history_, AskMeasure("unknown_clock_starts", "2024/25-M01", "2024/25-M03"))),
              ElementsAre(5));
  for (const uint32_t size : {1, 2, 3, 4}) {
    EXPECT_THAT(AmountsOfPages(history_, AskMeasure("numerator", "2024/25-M01", "2024/25-M12"), size),
                ElementsAre(700, -10));
    EXPECT_THAT(AmountsOfPages(history_, AskMeasure("bands", "2024/25-M01", "2024/25-M03"), size),
                ElementsAre(40, 7, 0));
    EXPECT_THAT(AmountsOfPages(history_, AskSavings("", "2024/25-M05", true), size),
                ElementsAre(3'000'000, -3'000'000));
  }
}

TEST_F(ExplainTest, PagesGoOnWhereTheyWereBegun) {
  for (int i = 0; i < 10; ++i) {
    const std::string claim = "d-" + std::to_string(i);
    history_.Add({ClaimSubmitted(claim, "n-1", "2024/25-M03", "2024/25-M03", i),
                  ClaimValidated(claim, "2024/25-M03", i)});
  }
  v1::ExplainRequest request = AskSavings("2024/25-M01", "2024/25-M12");
  request.set_page_size(4);
  const v1::ExplainResponse first = Explain(history_, request);
  EXPECT_THAT(first.contributions(), SizeIs(4));
  EXPECT_EQ(first.contributions_total(), 11);
  // What comes in between the pages, and another basis, change nothing: the token keeps the first page's.
  history_.Add({ClaimReversed("c-1", "2024/25-M06")});
  request.set_page_token(first.next_page_token());
  request.mutable_basis()->set_view(v1::VIEW_RESTATED);
  const v1::ExplainResponse second = Explain(history_, request);
  EXPECT_EQ(second.basis().SerializeAsString(), first.basis().SerializeAsString());
  EXPECT_EQ(second.total(), first.total());
  EXPECT_EQ(second.contributions(0).amount(), 3);

  v1::ExplainRequest other = request;
  other.mutable_savings()->set_period_to("2024/25-M11");
  for (const std::string& token : {std::string("x"), first.next_page_token() + "0", std::string("...")}) {
    request.set_page_token(token);
    EXPECT_THAT(std::string(AnswerExplain(history_.source(), request, history_.Lookup()).status().message()),
                HasSubstr("page_token: "));
  }
  EXPECT_EQ(AnswerExplain(history_.source(), other, history_.Lookup()).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(ExplainTest, MalformedQuestionsAreRefused) {
  const auto code = [&](const v1::ExplainRequest& request) {
    return AnswerExplain(history_.source(), request, history_.Lookup()).status().code();
  };
  v1::ExplainRequest request = AskSavings("2024/25-M01", "2024/25-M12");
  request.mutable_savings()->clear_sign();
  EXPECT_EQ(code(request), absl::StatusCode::kInvalidArgument);
  // Packed without a look at it, this would be another line.
  request = AskSavings("2024/25-M01", "2024/25-M12");
  request.mutable_savings()->set_recurrence(static_cast<v1::Recurrence>(17));
  EXPECT_EQ(code(request), absl::StatusCode::kInvalidArgument);
  request.clear_savings();
  EXPECT_EQ(code(request), absl::StatusCode::kInvalidArgument);
  request = AskSavings("2024/25-M01", "2024/25-M12");
  request.set_page_size(1001);
  EXPECT_EQ(code(request), absl::StatusCode::kInvalidArgument);
  request.set_page_size(1000);
  EXPECT_EQ(code(request), absl::StatusCode::kOk);
  request.mutable_savings()->set_board_id("nowhere");
  EXPECT_EQ(code(request), absl::StatusCode::kNotFound);
  EXPECT_EQ(code(AskMeasure("median", "2024/25-M01", "2024/25-M01")), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code(AskMeasure("numerator", "", "2024/25-M01")), absl::StatusCode::kInvalidArgument);
}

// Every line of every board opens into events that sum to it, whatever the size of the pages.
RC_GTEST_PROP(ExplainProperty, ContributionsSumToTheFigure, (uint64_t seed)) {
  FoldedHistory history;
  history.Add(RandomHistory(seed, 300));
  v1::QuerySavingsRequest savings;
  savings.set_ledger("RH5");
  savings.mutable_basis()->set_view(*rc::gen::element(v1::VIEW_AS_REPORTED, v1::VIEW_RESTATED));
  const auto answer = AnswerSavings(history.source(), savings);
  RC_ASSERT(answer.ok());
  const auto page_size = *rc::gen::inRange<uint32_t>(1, 12);
  for (const v1::BoardSavings& board : answer->boards()) {
    for (const v1::SavingsLine& line : board.lines()) {
      v1::ExplainRequest request = AskSavings("", answer->period(), *rc::gen::arbitrary<bool>());
      *request.mutable_basis() = savings.basis();
      v1::SavingsFigure& figure = *request.mutable_savings();
      figure.set_board_id(board.board_id());
      figure.set_financial_class(line.financial_class());
      figure.set_sign(line.sign());
      figure.set_recurrence(line.recurrence());
      request.set_page_size(page_size);
      const v1::SavingsAmounts& amounts =
          figure.awaiting_validation() ? line.awaiting_validation() : line.validated();
      int64_t sum = 0;
      uint64_t parts = 0;
      Sequence last = 0;
      do {
        const auto page = AnswerExplain(history.source(), request, history.Lookup());
        RC_ASSERT(page.ok());
        RC_ASSERT(page->total() == amounts.since_start_pence());
        for (const v1::Contribution& part : page->contributions()) {
          RC_ASSERT(part.sequence() > last);
          last = part.sequence();
          sum += part.amount();
          ++parts;
        }
        request.set_page_token(page->next_page_token());
        if (request.page_token().empty()) RC_ASSERT(parts == page->contributions_total());
      } while (!request.page_token().empty());
      RC_ASSERT(sum == amounts.since_start_pence());
    }
  }
}

}  // namespace
}  // namespace realise
