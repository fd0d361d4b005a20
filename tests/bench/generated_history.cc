#include "tests/bench/generated_history.h"

#include <algorithm>
#include <limits>
#include <tuple>
#include <utility>

#include "fmt/format.h"
#include "libs/domain/limits.h"
#include "libs/domain/testing/event_builders.h"

namespace realise::bench {
namespace {

namespace build = realise::testing;

constexpr std::string_view kBegin = "2019-04-01";
constexpr uint64_t kBoardsMin = 12;
constexpr uint64_t kBoardsMax = 40;
constexpr uint64_t kProjectsMax = 2500;
constexpr uint64_t kMeasuresMax = 1000;  // of waits; as many of beds and of counts
constexpr int kBenefitsPerProject = 5;
constexpr size_t kAwaitingMax = 50;
constexpr size_t kRecentMax = 2000;
constexpr size_t kSampleMax = 10'000;
constexpr int kLagMax = 11;  // months between what a claim relates to and where it is posted

Period FirstMonth() { return Period::Of(*ParseDate(kBegin)); }

build::BenefitKind KindOf(bool plain, int benefit) {
  build::BenefitKind kind;
  // The plain board has two lines, the others five.
  switch (plain ? benefit % 2 : benefit) {
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

std::string ClaimId(uint64_t number) { return fmt::format("claim-{}", number); }

std::string BenefitId(int project, int benefit) { return fmt::format("benefit-{}-{}", project, benefit); }

}  // namespace

GeneratedHistory::GeneratedHistory(uint64_t seed, uint64_t events)
    : random_(seed), events_(events), month_(FirstMonth()), today_(*ParseDate(kBegin)) {
  PlanBoards();
}

// A board of rank r has a share of 1 / r of everything.
void GeneratedHistory::PlanBoards() {
  const uint64_t boards = std::clamp(events_ / 500, kBoardsMin, kBoardsMax);
  const uint64_t projects = std::clamp(events_ / 4000, boards, kProjectsMax);
  const uint64_t measures = std::clamp<uint64_t>(events_ / 10'000, 1, kMeasuresMax);
  // The first one is the plain board, and the third in rank.
  const auto weight = [boards](uint64_t board) { return 1'000'000 / ((board + 2) % boards + 1); };
  uint64_t all = 0;
  for (uint64_t board = 0; board < boards; ++board) all += weight(board);
  const auto share = [all](uint64_t total, uint64_t part) { return (total * part + all / 2) / all; };
  Board next;
  for (uint64_t board = 0; board < boards; ++board) {
    next.weight_up_to += weight(board);
    next.first_project +=
        std::exchange(next.projects, static_cast<int>(std::max<uint64_t>(share(projects, weight(board)), 1)));
    next.first_measure += std::exchange(
        next.measures,
        static_cast<int>(std::max<uint64_t>(share(measures, weight(board)), board == 0 ? 1 : 0)));
    boards_.push_back(next);
  }
  count_versions_.resize(static_cast<size_t>(next.first_measure) + static_cast<size_t>(next.measures));
  const uint64_t projects_made =
      static_cast<uint64_t>(next.first_project) + static_cast<uint64_t>(next.projects);
  structure_ = boards + projects_made * (2 + kBenefitsPerProject) + count_versions_.size() * 6;
}

bool GeneratedHistory::NextRecorded(v1::Event& event) {
  if (given_ == events_) return false;
  while (ready_.empty()) MakeMore();
  ++given_;
  event = std::move(ready_.front());
  ready_.pop_front();
  return true;
}

bool GeneratedHistory::Next(v1::Event& event) {
  if (!NextRecorded(event)) return false;
  event.clear_stream_version();
  return true;
}

void GeneratedHistory::MakeMore() {
  if (boards_made_ < boards_.size()) return AddBoard(static_cast<int>(boards_made_++));
  if (!in_month_) return BeginMonth();
  if (made_ + awaiting_.size() + 3 * count_versions_.size() + 1 >= month_ends_at_) return EndMonth();
  const int dice = Below(100);
  if (dice < 4 && !(recent_.empty() && sample_.empty())) {
    CorrectOne();
  } else if (awaiting_.size() >= kAwaitingMax || (dice < 50 && !awaiting_.empty())) {
    SettleOldest();
  } else {
    Submit(AnySource(), false);
  }
}

void GeneratedHistory::Add(v1::Event event, uint64_t version) {
  event.set_source("/ods/RH5/benefits");
  event.set_occurred_on(FormatDate(today_));
  event.set_stream_version(version);
  ready_.push_back(std::move(event));
  ++made_;
}

void GeneratedHistory::AddForClaim(v1::Event event, Claim& claim) { Add(std::move(event), ++claim.version); }

void GeneratedHistory::AddBoard(int number) {
  const Board& board = boards_[static_cast<size_t>(number)];
  const std::string board_id = fmt::format("board-{}", number);
  Add(build::BoardEstablished(board_id, kBegin), 1);
  for (int measure = board.first_measure; measure < board.first_measure + board.measures; ++measure) {
    for (const auto& [name, unit, pathway] :
         {std::tuple("beds", v1::MEASURE_UNIT_BED_DAYS_PER_DISCHARGE, v1::PATHWAY_UNSPECIFIED),
          std::tuple("waits", v1::MEASURE_UNIT_WEEKLY_WAIT_BANDS, v1::PATHWAY_ADMITTED),
          std::tuple("falls", v1::MEASURE_UNIT_COUNT, v1::PATHWAY_UNSPECIFIED)}) {
      const std::string id = fmt::format("{}-{}", name, measure);
      Add(build::MeasureDefined(id, unit, pathway), 1);
      Add(build::MeasureAssignedToBoard(id, board_id, kBegin), 2);
    }
    count_versions_[static_cast<size_t>(measure)] = 2;
  }
  for (int project = board.first_project; project < board.first_project + board.projects; ++project) {
    const std::string id = fmt::format("project-{}", project);
    Add(build::ProjectProposed(id), 1);
    Add(build::ProjectAssigned(id, board_id, kBegin), 2);
    for (int benefit = 0; benefit < kBenefitsPerProject; ++benefit) {
      Add(build::BenefitRegistered(BenefitId(project, benefit), id, KindOf(number == 0, benefit)), 1);
    }
  }
}

void GeneratedHistory::BeginMonth() {
  month_ = Period::FromIndex(FirstMonth().index() + months_++);
  month_text_ = month_.ToString();
  today_ = month_.LastDay();
  in_month_ = true;
  const uint64_t begun = static_cast<uint64_t>(months_);
  month_ends_at_ = structure_ + (events_ - std::min(events_, structure_)) * begun / kMonths;
  Add(build::PeriodOpened(month_text_), 1);
  // Each line of the plain board, each month.
  Submit({}, true);
  Submit({.benefit = 1}, true);
}

// The last month goes on for as long as events are asked for; every other one is closed.
void GeneratedHistory::EndMonth() {
  while (!awaiting_.empty()) SettleOldest();
  AddMeasurements();
  if (months_ == kMonths) {
    month_ends_at_ = std::numeric_limits<uint64_t>::max();
    return;
  }
  Add(build::PeriodClosed(month_text_), 2);
  in_month_ = false;
}

void GeneratedHistory::AddMeasurements() {
  const uint64_t version = static_cast<uint64_t>(months_) + 2;
  const std::string before = Period::FromIndex(month_.index() - 1).ToString();
  for (size_t measure = 0; measure < count_versions_.size(); ++measure) {
    uint64_t& count_version = count_versions_[measure];
    const std::string falls = fmt::format("falls-{}", measure);
    Add(build::MeasurementRecorded(fmt::format("beds-{}", measure), v1::MEASURE_UNIT_BED_DAYS_PER_DISCHARGE,
                                   month_text_, 20'000 + Below(2000), 3000 + Below(300)),
        version);
    if (months_ > 1 && Below(20) == 0) {
      Add(build::MeasurementCorrected(falls, before, fmt::format("measurement_recorded:{}:{}", falls, before),
                                      Below(90)),
          ++count_version);
    }
    Add(build::MeasurementRecorded(falls, v1::MEASURE_UNIT_COUNT, month_text_, Below(90)), ++count_version);
    std::vector<int64_t> bands(kWaitBands, 0);
    for (int pathway = 0; pathway < 400; ++pathway) {
      const int weeks = Below(60);
      ++bands[static_cast<size_t>(std::min(weeks, Below(kWaitBands)))];
    }
    Add(build::WaitBandsRecorded(fmt::format("waits-{}", measure), month_text_, bands, Below(5)), version);
  }
}

GeneratedHistory::Source GeneratedHistory::AnySource() {
  const uint64_t weight = random_() % boards_.back().weight_up_to;
  const auto board = std::upper_bound(boards_.begin(), boards_.end(), weight,
                                      [](uint64_t at, const Board& b) { return at < b.weight_up_to; });
  Source source;
  source.board = static_cast<int>(board - boards_.begin());
  source.project = board->first_project + Below(board->projects);
  source.benefit = Below(kBenefitsPerProject);
  return source;
}

void GeneratedHistory::Submit(const Source& source, bool certain) {
  Claim claim{
      .number = ++claims_, .relates_to = month_.index(), .plain = source.board == 0, .certain = certain};
  if (!claim.plain && Below(10) < 2) {
    // One month late more often than two, and so on.
    const int months_late = 1 + Below(1 + Below(kLagMax));
    claim.relates_to -= std::min(months_late, months_ - 1);
  }
  const int64_t amount = 1000 + Below(5'000'000);
  const bool worse = KindOf(claim.plain, source.benefit).sign == v1::BENEFIT_SIGN_DISBENEFIT;
  claim.pence = worse ? -amount : amount;
  AddForClaim(build::ClaimSubmitted(ClaimId(claim.number), BenefitId(source.project, source.benefit),
                                    Period::FromIndex(claim.relates_to).ToString(), month_text_, claim.pence),
              claim);
  awaiting_.push_back(claim);
}

void GeneratedHistory::SettleOldest() {
  Claim claim = awaiting_.front();
  awaiting_.pop_front();
  const std::string id = ClaimId(claim.number);
  const int dice = Below(100);
  if (dice < 4 && !claim.certain) return AddForClaim(build::ClaimRejected(id, month_text_), claim);
  if (dice < 8) AddForClaim(build::ClaimQueried(id), claim);
  if (dice < 30) claim.pence = claim.pence / 10 * 9;
  AddForClaim(build::ClaimValidated(id, month_text_, claim.pence), claim);
  if (!claim.plain) Keep(claim);
}

// Every claim has the same chance to be in the sample, more or less; the latest ones are among the rest.
void GeneratedHistory::Keep(const Claim& claim) {
  ++validated_;
  if (sample_.size() < kSampleMax) {
    if (validated_ % 2 == 0) return sample_.push_back(claim);
  } else if (random_() % validated_ < kSampleMax) {
    sample_[static_cast<size_t>(Below(kSampleMax))] = claim;
    return;
  }
  if (recent_.size() < kRecentMax) return recent_.push_back(claim);
  recent_[static_cast<size_t>(Below(kRecentMax))] = claim;
}

void GeneratedHistory::CorrectOne() {
  const bool late = recent_.empty() || (!sample_.empty() && Below(4) == 0);
  std::vector<Claim>& claims = late ? sample_ : recent_;
  Claim& claim = claims[static_cast<size_t>(Below(static_cast<int>(claims.size())))];
  const std::string id = ClaimId(claim.number);
  if (!late && Below(3) == 0) {
    AddForClaim(build::ClaimReversed(id, month_text_), claim);
    claim = claims.back();
    claims.pop_back();
    return;
  }
  // Taken back in part, and given again when it is corrected again.
  claim.taken_back = !claim.taken_back;
  const int64_t delta = claim.taken_back ? -(claim.pence / 7) : claim.pence / 7;
  const std::string event_id = fmt::format("claim_corrected:{}:{}", id, claim.version + 1);
  AddForClaim(build::WithId(build::ClaimCorrected(id, Period::FromIndex(claim.relates_to).ToString(),
                                                  month_text_, delta),
                            event_id),
              claim);
}

}  // namespace realise::bench
