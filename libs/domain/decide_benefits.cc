// The benefits register.
#include <algorithm>

#include "fmt/format.h"
#include "libs/domain/decide_rules.h"
#include "libs/domain/measure_versions.h"
#include "libs/domain/project_boards.h"

namespace realise::decide {
namespace {

Rejection NoSuchBenefit(const Proposal& proposal) {
  return proposal.Reject(Reason::kUnknownBenefit, "benefit_id",
                         "There is no benefit of this id; register it first");
}

Rejection Withdrawn(const Proposal& proposal) {
  return proposal.Reject(Reason::kBenefitWithdrawn, "benefit_id",
                         "The benefit was withdrawn; register another");
}

// The definition that the baseline was counted by has to be comparable with all that were in force in its
// months.
Verdict CheckBaselineVersion(const Proposal& proposal, const state::MeasureState& measure) {
  const v1::BaselineSet& body = proposal.event.baseline_set();
  const uint32_t counted_by = body.definition_version();
  if (counted_by > static_cast<uint32_t>(measure.versions_size())) {
    return proposal.Reject(
        Reason::kWrongVersion, "definition_version",
        fmt::format("The measure's latest definition is version {}", measure.versions_size()));
  }
  return std::nullopt;
}

Verdict CheckBaselineComparable(const Proposal& proposal, const state::MeasureState& measure) {
  const v1::BaselineSet& body = proposal.event.baseline_set();
  const uint32_t counted_by = body.definition_version();
  const uint32_t first = VersionInForce(measure, PeriodOf(body.period_from()).index());
  const uint32_t last = VersionInForce(measure, PeriodOf(body.period_to()).index());
  if (Comparable(measure, counted_by, first) && Comparable(measure, counted_by, last)) return std::nullopt;
  return proposal.Reject(
      Reason::kBaselineNotComparable, "definition_version",
      fmt::format("In {} to {} the measure was counted by version {} to {} of its definition, which "
                  "cannot be compared with version {}; choose months or a version that can",
                  body.period_from(), body.period_to(), first, last, counted_by));
}

Verdict CheckBaselineConflict(const Proposal& proposal, const state::MeasureState& measure) {
  const v1::BaselineSet& body = proposal.event.baseline_set();
  const auto& takers = measure.baseline_benefit_ids();
  const bool alone = std::all_of(takers.begin(), takers.end(),
                                 [&](const std::string& taker) { return taker == body.benefit_id(); });
  if (alone) return std::nullopt;
  const bool same = measure.baseline_version() == body.definition_version() &&
                    measure.baseline_numerator() == body.numerator() &&
                    measure.baseline_denominator() == body.denominator() &&
                    measure.baseline_from() == PeriodOf(body.period_from()).index() &&
                    measure.baseline_to() == PeriodOf(body.period_to()).index();
  if (same) return std::nullopt;
  return proposal.Reject(
      Reason::kBaselineConflict, "measure_id",
      fmt::format("Another benefit has a baseline of this measure: version {}, {} to {}, {} over {}; take "
                  "the same one",
                  measure.baseline_version(), Period::FromIndex(measure.baseline_from()).ToString(),
                  Period::FromIndex(measure.baseline_to()).ToString(), measure.baseline_numerator(),
                  measure.baseline_denominator()));
}

}  // namespace

Verdict DecideBenefitRegistered(const Proposal& proposal) {
  const v1::BenefitRegistered& body = proposal.event.benefit_registered();
  if (proposal.state.benefits.Find(body.benefit_id()) != nullptr) {
    return proposal.Reject(Reason::kAlreadyExists, "benefit_id", "A benefit has this id; choose another");
  }
  const state::ProjectState* project = proposal.state.projects.Find(body.project_id());
  if (project == nullptr) {
    return proposal.Reject(Reason::kUnknownProject, "project_id",
                           "There is no project of this id; propose it first");
  }
  const Date on = DateOf(proposal.event.occurred_on());
  if (CancelledOn(*project, on) || ClosedOn(*project, on)) {
    return proposal.Reject(Reason::kProjectEnded, "project_id",
                           fmt::format("The project had ended on {}; name one that runs", FormatDate(on)));
  }
  if (!body.measure_id().empty() && proposal.state.measures.Find(body.measure_id()) == nullptr) {
    return proposal.Reject(Reason::kUnknownMeasure, "measure_id",
                           "There is no measure of this id; define it first, or leave it out");
  }
  return std::nullopt;
}

Verdict DecideBaselineSet(const Proposal& proposal) {
  const v1::BaselineSet& body = proposal.event.baseline_set();
  const state::BenefitState* benefit = proposal.state.benefits.Find(body.benefit_id());
  if (benefit == nullptr) return NoSuchBenefit(proposal);
  if (benefit->withdrawn()) return Withdrawn(proposal);
  const state::MeasureState* measure = proposal.state.measures.Find(body.measure_id());
  if (measure == nullptr || benefit->measure_id() != body.measure_id()) {
    return proposal.Reject(Reason::kUnknownMeasure, "measure_id",
                           "This is not the measure that the benefit was registered with");
  }
  if (PeriodOf(body.period_from()) > PeriodOf(body.period_to())) {
    return proposal.Reject(Reason::kPeriodOrder, "period_to",
                           fmt::format("The baseline ends before it begins, in {}", body.period_from()));
  }
  if (auto refused = CheckBegun(proposal, PeriodOf(body.period_to()), "period_to")) return refused;
  if (auto refused = CheckAmount(proposal, body.numerator(), "numerator")) return refused;
  if (auto refused = CheckAmount(proposal, body.denominator(), "denominator")) return refused;
  if (measure->unit() == v1::MEASURE_UNIT_WEEKLY_WAIT_BANDS) {
    return proposal.Reject(Reason::kUnitMismatch, "measure_id", "A measure of waits takes no baseline");
  }
  if (auto refused = CheckBaselineVersion(proposal, *measure)) return refused;
  if (auto refused = CheckCounts(proposal, measure->unit(), body.numerator(), body.denominator()))
    return refused;
  if (auto refused = CheckBaselineComparable(proposal, *measure)) return refused;
  return CheckBaselineConflict(proposal, *measure);
}

Verdict DecideBenefitWithdrawn(const Proposal& proposal) {
  const state::BenefitState* benefit =
      proposal.state.benefits.Find(proposal.event.benefit_withdrawn().benefit_id());
  if (benefit == nullptr) return NoSuchBenefit(proposal);
  if (benefit->withdrawn()) return Withdrawn(proposal);
  return std::nullopt;
}

}  // namespace realise::decide
