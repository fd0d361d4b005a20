#include "tests/bench/generated_history.h"

#include <algorithm>
#include <utility>

#include "fmt/format.h"
#include "libs/domain/limits.h"
#include "libs/domain/testing/event_builders.h"

namespace realise::bench {
namespace {

namespace build = realise::testing;

constexpr std::string_view kBegin = "2019-04-01";
constexpr int kBoards = 12;
constexpr int kBenefitsPerProject = 5;
constexpr size_t kAwaitingMax = 50;
constexpr size_t kValidatedMax = 2000;
constexpr int kLagMax = 3;  // months between what a claim relates to and where it is posted

int AtLeastOne(uint64_t count) { return static_cast<int>(std::max<uint64_t>(count, 1)); }

std::string BoardOfProject(int project) { return fmt::format("board-{}", project % kBoards); }

build::BenefitKind KindOf(int project, int benefit) {
  build::BenefitKind kind;
  // The plain board has two lines, the others six.
  const int line = project % kBoards == 0 ? benefit % 2 : benefit % kBenefitsPerProject;
  switch (line) {
    case 0:
      break;
    case 1:
      kind.financial_class = v1::FINANCIAL_CLASS_NON_CASH_RELEASING;
      break;
    case 2:
      kind.recurrence = v1::RECURRENCE_NON_RECURRENT;
      break;
    case 3:
      kind.financial_class = v1::FINANCIAL_CLASS_INCOME_GENERATION;
      break;
    default:
      kind.sign = v1::BENEFIT_SIGN_DISBENEFIT;
  }
  return kind;
}

}  // namespace

GeneratedHistory::GeneratedHistory(uint64_t seed, uint64_t events)
    : random_(seed),
      events_(events),
      projects_(kBoards * AtLeastOne(events / 50'000)),
      measures_(AtLeastOne(events / 10'000)),
      today_(*ParseDate(kBegin)) {
  AddStructure();
}

bool GeneratedHistory::Next(v1::Event& event) {
  while (ready_.empty()) {
    const Period first = Period::Of(*ParseDate(kBegin));
    AddMonth(Period::FromIndex(first.index() + std::min(months_++, kMonths - 1)));
  }
  if (made_ == events_) return false;
  ++made_;
  event = std::move(ready_.front());
  ready_.pop_front();
  return true;
}

void GeneratedHistory::Add(v1::Event event) {
  event.set_source("/ods/RH5/benefits");
  event.set_occurred_on(FormatDate(today_));
  ready_.push_back(std::move(event));
}

void GeneratedHistory::AddStructure() {
  for (int board = 0; board < kBoards; ++board) {
    Add(build::BoardEstablished(fmt::format("board-{}", board), kBegin));
  }
  for (int measure = 0; measure < measures_; ++measure) {
    const std::string board = fmt::format("board-{}", measure % kBoards);
    for (const auto& [name, unit, pathway] :
         {std::tuple("beds", v1::MEASURE_UNIT_BED_DAYS_PER_DISCHARGE, v1::PATHWAY_UNSPECIFIED),
          std::tuple("waits", v1::MEASURE_UNIT_WEEKLY_WAIT_BANDS, v1::PATHWAY_ADMITTED),
          std::tuple("falls", v1::MEASURE_UNIT_COUNT, v1::PATHWAY_UNSPECIFIED)}) {
      const std::string id = fmt::format("{}-{}", name, measure);
      Add(build::MeasureDefined(id, unit, pathway));
      Add(build::MeasureAssignedToBoard(id, board, kBegin));
    }
  }
  for (int project = 0; project < projects_; ++project) {
    const std::string id = fmt::format("project-{}", project);
    Add(build::ProjectProposed(id));
    Add(build::ProjectAssigned(id, BoardOfProject(project), kBegin));
    for (int benefit = 0; benefit < kBenefitsPerProject; ++benefit) {
      Add(build::BenefitRegistered(fmt::format("benefit-{}-{}", project, benefit), id,
                                   KindOf(project, benefit)));
    }
  }
}

// The last month goes on for as long as events are asked for; every other one is opened, filled and closed.
void GeneratedHistory::AddMonth(Period month) {
  const std::string text = month.ToString();
  const bool first_time = months_ <= kMonths;
  today_ = month.LastDay();
  if (first_time) {
    Add(build::PeriodOpened(text));
    AddMeasurements(month);
  }
  // A little less than an even share, so that the last month is reached.
  const size_t share = static_cast<size_t>(events_ / kMonths);
  const size_t filled = share > 300 ? share - 100 : std::max<size_t>(share, 20);
  while (ready_.size() < filled) {
    const int dice = Below(100);
    if (dice < 4 && !validated_.empty()) {
      CorrectOne(text);
    } else if (awaiting_.size() >= kAwaitingMax || (dice < 50 && !awaiting_.empty())) {
      SettleOldest(text);
    } else {
      Submit(month);
    }
  }
  while (!awaiting_.empty()) SettleOldest(text);
  if (months_ < kMonths) Add(build::PeriodClosed(text));
}

void GeneratedHistory::AddMeasurements(Period month) {
  const std::string text = month.ToString();
  for (int measure = 0; measure < measures_; ++measure) {
    Add(build::MeasurementRecorded(fmt::format("beds-{}", measure), v1::MEASURE_UNIT_BED_DAYS_PER_DISCHARGE,
                                   text, 20'000 + Below(2000), 3000 + Below(300)));
    Add(build::MeasurementRecorded(fmt::format("falls-{}", measure), v1::MEASURE_UNIT_COUNT, text,
                                   Below(90)));
    std::vector<int64_t> bands(kWaitBands, 0);
    for (int pathway = 0; pathway < 400; ++pathway) {
      ++bands[static_cast<size_t>(std::min(Below(60), Below(kWaitBands)))];
    }
    Add(build::WaitBandsRecorded(fmt::format("waits-{}", measure), text, bands, Below(5)));
  }
}

void GeneratedHistory::Submit(Period month) {
  const int project = Below(projects_);
  const int benefit = Below(kBenefitsPerProject);
  const bool plain = BoardOfProject(project) == kPlainBoard;
  const int lag = plain || Below(10) < 7 ? 0 : std::min(Below(kLagMax + 1), months_ - 1);
  const int64_t amount = 1000 + Below(5'000'000);
  const bool worse = KindOf(project, benefit).sign == v1::BENEFIT_SIGN_DISBENEFIT;
  Claim claim{.id = fmt::format("claim-{}", ++claims_),
              .relates_to = Period::FromIndex(month.index() - std::min(lag, kMonths - 1)).ToString(),
              .pence = worse ? -amount : amount,
              .plain = plain};
  Add(build::ClaimSubmitted(claim.id, fmt::format("benefit-{}-{}", project, benefit), claim.relates_to,
                            month.ToString(), claim.pence));
  awaiting_.push_back(std::move(claim));
}

void GeneratedHistory::SettleOldest(const std::string& month) {
  Claim claim = std::move(awaiting_.front());
  awaiting_.pop_front();
  const int dice = Below(100);
  if (dice < 4) return Add(build::ClaimRejected(claim.id, month));
  if (dice < 8) Add(build::ClaimQueried(claim.id));
  if (dice < 30) claim.pence = claim.pence / 10 * 9;
  Add(build::ClaimValidated(claim.id, month, claim.pence));
  if (claim.plain) return;
  if (validated_.size() < kValidatedMax) {
    validated_.push_back(std::move(claim));
  } else {
    validated_[static_cast<size_t>(Below(kValidatedMax))] = std::move(claim);
  }
}

void GeneratedHistory::CorrectOne(const std::string& month) {
  std::swap(validated_[static_cast<size_t>(Below(static_cast<int>(validated_.size())))], validated_.back());
  const Claim claim = std::move(validated_.back());
  validated_.pop_back();
  if (Below(4) == 0) return Add(build::ClaimReversed(claim.id, month));
  Add(build::ClaimCorrected(claim.id, claim.relates_to, month, -claim.pence / 7));
}

}  // namespace realise::bench
