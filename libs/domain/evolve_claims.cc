// Benefits and claims.
#include <algorithm>

#include "libs/base/money.h"
#include "libs/base/status_macros.h"
#include "libs/domain/evolve_rules.h"
#include "libs/domain/project_boards.h"

namespace realise::evolve {

absl::Status ApplyBenefitRegistered(const v1::Event& event, LedgerState& state) {
  const v1::BenefitRegistered& body = event.benefit_registered();
  if (state.benefits.Find(body.benefit_id()) != nullptr) return DoesNotFit(event, "the benefit exists");
  if (state.projects.Find(body.project_id()) == nullptr) return DoesNotFit(event, "no such project");
  state::BenefitState& benefit = state.MutableBenefit(body.benefit_id());
  benefit.set_project_id(body.project_id());
  benefit.set_financial_class(body.financial_class());
  benefit.set_recurrence(body.recurrence());
  benefit.set_sign(body.sign());
  benefit.set_measure_id(body.measure_id());
  return absl::OkStatus();
}

absl::Status ApplyBaselineSet(const v1::Event& event, LedgerState& state) {
  const v1::BaselineSet& body = event.baseline_set();
  if (state.benefits.Find(body.benefit_id()) == nullptr) return DoesNotFit(event, "no such benefit");
  if (state.measures.Find(body.measure_id()) == nullptr) return DoesNotFit(event, "no such measure");
  ASSIGN_OR_RETURN(const Period from, PeriodOf(event, body.period_from()));
  ASSIGN_OR_RETURN(const Period to, PeriodOf(event, body.period_to()));
  state::MeasureState& measure = state.MutableMeasure(body.measure_id());
  measure.set_baseline_version(body.definition_version());
  measure.set_baseline_numerator(body.numerator());
  measure.set_baseline_denominator(body.denominator());
  measure.set_baseline_from(from.index());
  measure.set_baseline_to(to.index());
  const auto& takers = measure.baseline_benefit_ids();
  if (std::find(takers.begin(), takers.end(), body.benefit_id()) == takers.end()) {
    measure.add_baseline_benefit_ids(body.benefit_id());
  }
  state.MutableBenefit(body.benefit_id()).set_has_baseline(true);
  return absl::OkStatus();
}

absl::Status ApplyBenefitWithdrawn(const v1::Event& event, LedgerState& state) {
  const std::string& id = event.benefit_withdrawn().benefit_id();
  const state::BenefitState* before = state.benefits.Find(id);
  if (before == nullptr) return DoesNotFit(event, "no such benefit");
  const bool takes_baseline = before->has_baseline();
  if (takes_baseline && state.measures.Find(before->measure_id()) == nullptr) {
    return DoesNotFit(event, "no such measure");
  }
  state::BenefitState& benefit = state.MutableBenefit(id);
  benefit.set_withdrawn(true);
  if (!takes_baseline) return absl::OkStatus();
  benefit.set_has_baseline(false);
  auto& takers = *state.MutableMeasure(benefit.measure_id()).mutable_baseline_benefit_ids();
  takers.erase(std::remove(takers.begin(), takers.end(), id), takers.end());
  return absl::OkStatus();
}

absl::Status ApplyClaimSubmitted(const v1::Event& event, LedgerState& state) {
  const v1::ClaimSubmitted& body = event.claim_submitted();
  if (state.claims.Find(body.claim_id()) != nullptr) return DoesNotFit(event, "the claim exists");
  const state::BenefitState* benefit = state.benefits.Find(body.benefit_id());
  if (benefit == nullptr) return DoesNotFit(event, "no such benefit");
  const state::ProjectState* project = state.projects.Find(benefit->project_id());
  if (project == nullptr) return DoesNotFit(event, "no such project");
  ASSIGN_OR_RETURN(const Period relates_to, PeriodOf(event, body.relates_to_period()));
  const std::string* board_id = BoardOn(*project, relates_to.LastDay());
  if (board_id == nullptr) return DoesNotFit(event, "the project is under no board");
  const state::BoardState* board = state.boards.Find(*board_id);
  if (board == nullptr) return DoesNotFit(event, "no such board");

  state.MutableClaim(body.claim_id()) = ClaimState({.benefit_id = body.benefit_id(),
                                                    .board_id = *board_id,
                                                    .claimant_role = event.actor_role(),
                                                    .relates_to = relates_to.index(),
                                                    .claimed_pence = body.amount_pence()});
  if (!project->has_last_claimed_month() || project->last_claimed_month() < relates_to.index()) {
    state.MutableProject(benefit->project_id()).set_last_claimed_month(relates_to.index());
  }
  if (!board->has_last_claimed_month() || board->last_claimed_month() < relates_to.index()) {
    state.MutableBoard(*board_id).set_last_claimed_month(relates_to.index());
  }
  return absl::OkStatus();
}

absl::Status ApplyClaimValidated(const v1::Event& event, LedgerState& state) {
  const v1::ClaimValidated& body = event.claim_validated();
  if (state.claims.Find(body.claim_id()) == nullptr) return DoesNotFit(event, "no such claim");
  ClaimState& claim = state.MutableClaim(body.claim_id());
  claim.set_stage(ClaimStage::kValidated);
  claim.set_validated_pence(body.amount_pence());
  return absl::OkStatus();
}

absl::Status ApplyClaimQueried(const v1::Event& event, LedgerState& state) {
  const std::string& id = event.claim_queried().claim_id();
  if (state.claims.Find(id) == nullptr) return DoesNotFit(event, "no such claim");
  state.MutableClaim(id).set_stage(ClaimStage::kQueried);
  return absl::OkStatus();
}

absl::Status ApplyClaimRejected(const v1::Event& event, LedgerState& state) {
  const std::string& id = event.claim_rejected().claim_id();
  if (state.claims.Find(id) == nullptr) return DoesNotFit(event, "no such claim");
  state.MutableClaim(id).set_stage(ClaimStage::kRejected);
  return absl::OkStatus();
}

absl::Status ApplyClaimCorrected(const v1::Event& event, LedgerState& state) {
  const v1::ClaimCorrected& body = event.claim_corrected();
  const ClaimState* before = state.claims.Find(body.claim_id());
  if (before == nullptr) return DoesNotFit(event, "no such claim");
  const std::optional<int64_t> left = CheckedAdd(before->validated_pence(), body.delta_pence());
  if (!left) return DoesNotFit(event, "the sum does not fit into 64 bits");
  state.MutableClaim(body.claim_id()).set_validated_pence(*left);
  return absl::OkStatus();
}

absl::Status ApplyClaimReversed(const v1::Event& event, LedgerState& state) {
  const std::string& id = event.claim_reversed().claim_id();
  if (state.claims.Find(id) == nullptr) return DoesNotFit(event, "no such claim");
  ClaimState& claim = state.MutableClaim(id);
  claim.set_stage(ClaimStage::kReversed);
  claim.set_validated_pence(0);
  return absl::OkStatus();
}

}  // namespace realise::evolve
