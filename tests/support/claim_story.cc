#include "tests/support/claim_story.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "fmt/format.h"
#include "libs/domain/testing/event_builders.h"

namespace realise::testing {
namespace {

constexpr int kBoards = 3;
constexpr int kProjects = 6;
constexpr int kBenefits = 18;
constexpr size_t kOpenClaimsMax = 8;
// Months before the first that is open; claims may relate to them.
constexpr size_t kEarlierMonths = 3;

std::vector<std::string> Months() {
  std::vector<std::string> months = {"2023/24-M10", "2023/24-M11", "2023/24-M12"};
  for (int month = 1; month <= 12; ++month) months.push_back(fmt::format("2024/25-M{:02}", month));
  return months;
}

bool IsDisbenefit(int benefit) { return benefit % 4 == 3; }

BenefitKind KindOf(int benefit) {
  constexpr std::array kClasses = {v1::FINANCIAL_CLASS_CASH_RELEASING, v1::FINANCIAL_CLASS_INCOME_GENERATION,
                                   v1::FINANCIAL_CLASS_NON_CASH_RELEASING, v1::FINANCIAL_CLASS_COST_AVOIDANCE,
                                   v1::FINANCIAL_CLASS_SOCIETAL};
  BenefitKind kind;
  kind.financial_class = kClasses[static_cast<size_t>(benefit) % kClasses.size()];
  kind.recurrence = benefit % 2 == 0 ? v1::RECURRENCE_RECURRENT : v1::RECURRENCE_NON_RECURRENT;
  kind.sign = IsDisbenefit(benefit) ? v1::BENEFIT_SIGN_DISBENEFIT : v1::BENEFIT_SIGN_BENEFIT;
  return kind;
}

int64_t Signed(bool disbenefit, int64_t pence) { return disbenefit ? -pence : pence; }

}  // namespace

std::vector<std::string> PostingMonths() {
  const std::vector<std::string> months = Months();
  return {months.begin() + kEarlierMonths, months.end()};
}

std::vector<v1::Event> Founding() {
  std::vector<v1::Event> events;
  for (const std::string& month : PostingMonths()) events.push_back(PeriodOpened(month));
  for (int board = 0; board < kBoards; ++board) {
    events.push_back(BoardEstablished(fmt::format("b{}", board)));
  }
  for (int project = 0; project < kProjects; ++project) {
    const std::string id = fmt::format("p{}", project);
    events.push_back(ProjectProposed(id));
    events.push_back(ProjectAssigned(id, fmt::format("b{}", project % kBoards)));
    if (project >= kBoards) continue;
    events.push_back(ProjectAssigned(id, fmt::format("b{}", (project + 1) % kBoards), "2024-10-01"));
  }
  for (int benefit = 0; benefit < kBenefits; ++benefit) {
    events.push_back(BenefitRegistered(fmt::format("v{}", benefit), fmt::format("p{}", benefit % kProjects),
                                       KindOf(benefit)));
  }
  events.push_back(ClaimSubmitted(kSharedClaim, "v0", "2024/25-M01", "2024/25-M01", 12'345));
  return events;
}

v1::Event SharedQuery(const std::string& id) { return WithId(ClaimQueried(kSharedClaim), id); }

Story::Story(std::string name, uint64_t seed) : name_(std::move(name)), random_(seed) {}

Step Story::Next() {
  v1::Event event;
  Step step;
  while (true) {
    if (open_.size() < 3 || (open_.size() < kOpenClaimsMax && Random(3) == 0)) {
      event = Submit();
      break;
    }
    const auto claim = std::next(open_.begin(), static_cast<long>(Random(open_.size())));
    bool ended = false;
    const bool more = GoOn(*claim, event, ended);
    if (more) step.version_before = claim->version++;
    if (ended) open_.erase(claim);
    if (more) break;
  }
  step.event = WithId(std::move(event), fmt::format("{}-{}", name_, ++events_));
  return step;
}

v1::Event Story::Submit() {
  const std::vector<std::string> months = Months();
  const int benefit = static_cast<int>(Random(kBenefits));
  Claim claim;
  claim.id = fmt::format("{}-{}", name_, ++claims_);
  claim.disbenefit = IsDisbenefit(benefit);
  claim.relates_to = Random(months.size());
  claim.posted_to = std::max(kEarlierMonths, claim.relates_to);
  claim.posted_to += Random(months.size() - claim.posted_to);
  claim.claimed = 1 + static_cast<int64_t>(Random(1'000'000'00));
  claim.version = 1;
  open_.push_back(claim);
  return ClaimSubmitted(claim.id, fmt::format("v{}", benefit), months[claim.relates_to],
                        months[claim.posted_to], Signed(claim.disbenefit, claim.claimed));
}

bool Story::GoOn(Claim& claim, v1::Event& event, bool& ended) {
  const std::vector<std::string> months = Months();
  if (claim.validated == 0) {
    event = Judge(claim, ended);
    return true;
  }
  claim.posted_to += Random(months.size() - claim.posted_to);
  const uint64_t choice = Random(4);
  ended = choice >= 2;
  if (choice == 3) return false;
  if (choice == 2) {
    event = ClaimReversed(claim.id, months[claim.posted_to]);
    return true;
  }
  int64_t delta = static_cast<int64_t>(Random(2'000'000)) - 1'000'000;
  if (claim.validated + delta < 1) delta = 1 + static_cast<int64_t>(Random(5'000));
  if (delta == 0) delta = 1;
  claim.validated += delta;
  event = ClaimCorrected(claim.id, months[claim.relates_to], months[claim.posted_to],
                         Signed(claim.disbenefit, delta));
  return true;
}

// What finance says of a claim that awaits it.
v1::Event Story::Judge(Claim& claim, bool& ended) {
  const std::vector<std::string> months = Months();
  const uint64_t choice = Random(10);
  if (choice < 2 && !claim.queried) {
    claim.queried = true;
    return ClaimQueried(claim.id);
  }
  claim.posted_to += Random(months.size() - claim.posted_to);
  if (choice == 2) {
    ended = true;
    return ClaimRejected(claim.id, months[claim.posted_to]);
  }
  claim.validated =
      choice < 7 ? claim.claimed : 1 + static_cast<int64_t>(Random(static_cast<uint64_t>(claim.claimed)));
  return ClaimValidated(claim.id, months[claim.posted_to], Signed(claim.disbenefit, claim.validated));
}

}  // namespace realise::testing
