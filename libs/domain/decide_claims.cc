// Claims: submitted, validated, queried, rejected, corrected, reversed.
#include <algorithm>
#include <initializer_list>

#include "fmt/format.h"
#include "libs/base/money.h"
#include "libs/domain/decide_rules.h"
#include "libs/domain/limits.h"
#include "libs/domain/project_boards.h"

namespace realise::decide {
namespace {

std::string_view StageInWords(ClaimStage stage) {
  switch (stage) {
    case ClaimStage::kSubmitted:
      return "submitted";
    case ClaimStage::kQueried:
      return "queried";
    case ClaimStage::kValidated:
      return "validated";
    case ClaimStage::kRejected:
      return "rejected";
    case ClaimStage::kReversed:
      return "reversed";
    default:
      return "unknown";
  }
}

Rejection NoSuchClaim(const Proposal& proposal) {
  return proposal.Reject(Reason::kUnknownClaim, "claim_id", "There is no claim of this id; submit it first");
}

Verdict CheckAwaiting(const Proposal& proposal, const ClaimState& claim) {
  if (claim.IsOpen()) return std::nullopt;
  return proposal.Reject(
      Reason::kWrongClaimStage, "claim_id",
      fmt::format("The claim is {}; it has to be submitted or queried", StageInWords(claim.stage())));
}

Verdict CheckValidated(const Proposal& proposal, const ClaimState& claim) {
  if (claim.stage() == ClaimStage::kValidated) return std::nullopt;
  return proposal.Reject(Reason::kWrongClaimStage, "claim_id",
                         fmt::format("The claim is {}; it has to be validated", StageInWords(claim.stage())));
}

// 0 is of either sign.
bool HasSign(const state::BenefitState& benefit, int64_t pence) {
  return benefit.sign() == v1::BENEFIT_SIGN_DISBENEFIT ? pence <= 0 : pence >= 0;
}

Verdict CheckSign(const Proposal& proposal, const state::BenefitState& benefit, int64_t pence) {
  if (HasSign(benefit, pence)) return std::nullopt;
  const bool disbenefit = benefit.sign() == v1::BENEFIT_SIGN_DISBENEFIT;
  return proposal.Reject(Reason::kWrongSign, "amount_pence",
                         fmt::format("The amount of a {} is 0 or {}", disbenefit ? "dis-benefit" : "benefit",
                                     disbenefit ? "less" : "more"));
}

Verdict CheckQualitative(const Proposal& proposal, const state::BenefitState& benefit, int64_t pence,
                         std::string_view field) {
  if (benefit.financial_class() != v1::FINANCIAL_CLASS_UNMONETISABLE || pence == 0) return std::nullopt;
  return proposal.Reject(Reason::kQualitativeAmount, field,
                         "An unmonetisable benefit is claimed with the amount 0");
}

// The project has to be able to take a claim for the month, under a board that exists on its last day.
Verdict CheckProject(const Proposal& proposal, const state::ProjectState& project, Period relates_to) {
  constexpr std::string_view kField = "relates_to_period";
  const std::string* board_id = BoardOn(project, relates_to.LastDay());
  const state::BoardState* board = board_id == nullptr ? nullptr : proposal.state.boards.Find(*board_id);
  if (board != nullptr && ClosedOn(*board, relates_to.LastDay())) {
    return proposal.Reject(
        Reason::kBoardClosed, kField,
        fmt::format("The project's board was closed on {}; assign the project to another first",
                    FormatDate(relates_to.LastDay())));
  }
  if (CancelledOn(project, relates_to.FirstDay())) {
    return proposal.Reject(
        Reason::kProjectEnded, kField,
        fmt::format("The project was cancelled before {} began; only earlier months can be claimed",
                    relates_to.ToString()));
  }
  if (board == nullptr) {
    return proposal.Reject(Reason::kProjectNotAssigned, kField,
                           fmt::format("The project was under no board on {}; assign it first",
                                       FormatDate(relates_to.LastDay())));
  }
  return std::nullopt;
}

Verdict CheckValidator(const Proposal& proposal, const ClaimState& claim) {
  constexpr std::string_view kMessage = "The role that claimed cannot validate; another role has to";
  if (proposal.event.claim_validated().validator_role() == claim.claimant_role()) {
    return proposal.Reject(Reason::kValidatorIsClaimant, "validator_role", std::string(kMessage));
  }
  if (proposal.event.actor_role() == claim.claimant_role()) {
    return Rejection{Reason::kValidatorIsClaimant, "actor_role", std::string(kMessage)};
  }
  return std::nullopt;
}

// In full or in part.  What was claimed was found to be of the benefit's sign, and not too large.
Verdict CheckWithinClaim(const Proposal& proposal, const ClaimState& claim) {
  const int64_t claimed = claim.claimed_pence();
  const int64_t validated = proposal.event.claim_validated().amount_pence();
  if (std::min<int64_t>(claimed, 0) <= validated && validated <= std::max<int64_t>(claimed, 0)) {
    return std::nullopt;
  }
  return proposal.Reject(
      Reason::kValidatedExceedsClaim, "amount_pence",
      fmt::format("{} pence are claimed; validate that or a part of it, and let the rest be claimed first",
                  claimed));
}

Verdict CheckTests(const Proposal& proposal) {
  const v1::ValidationTests& tests = proposal.event.claim_validated().tests();
  struct Row {
    bool passed;
    std::string_view name;
  };
  for (const Row& row : std::initializer_list<Row>{{tests.causation(), "causation"},
                                                   {tests.realisation(), "realisation"},
                                                   {tests.valuation(), "valuation"},
                                                   {tests.attribution(), "attribution"},
                                                   {tests.validation(), "validation"}}) {
    if (row.passed) continue;
    return proposal.Reject(
        Reason::kTestsNotPassed, fmt::format("tests.{}", row.name),
        "A claim is validated when it passes all five tests; otherwise query or reject it");
  }
  return std::nullopt;
}

// What Evolve made of accepted events: a claim has its benefit.
const state::BenefitState& BenefitOf(const Proposal& proposal, const ClaimState& claim) {
  return *proposal.state.benefits.Find(claim.benefit_id());
}

}  // namespace

Verdict DecideClaimSubmitted(const Proposal& proposal) {
  const v1::ClaimSubmitted& body = proposal.event.claim_submitted();
  if (proposal.state.claims.Find(body.claim_id()) != nullptr) {
    return proposal.Reject(Reason::kAlreadyExists, "claim_id", "A claim has this id; choose another");
  }
  const state::BenefitState* benefit = proposal.state.benefits.Find(body.benefit_id());
  if (benefit == nullptr) {
    return proposal.Reject(Reason::kUnknownBenefit, "benefit_id",
                           "There is no benefit of this id; register it first");
  }
  const Period relates_to = PeriodOf(body.relates_to_period());
  const state::ProjectState& project = *proposal.state.projects.Find(benefit->project_id());
  if (auto refused = CheckProject(proposal, project, relates_to)) return refused;
  if (benefit->withdrawn()) {
    return proposal.Reject(Reason::kBenefitWithdrawn, "benefit_id",
                           "The benefit was withdrawn; it takes no new claims");
  }
  if (auto refused = CheckPostedTo(proposal, body.posted_to_period(), relates_to)) return refused;
  if (auto refused = CheckSign(proposal, *benefit, body.amount_pence())) return refused;
  if (auto refused = CheckQualitative(proposal, *benefit, body.amount_pence(), "amount_pence"))
    return refused;
  return CheckAmount(proposal, body.amount_pence(), "amount_pence");
}

Verdict DecideClaimValidated(const Proposal& proposal) {
  const v1::ClaimValidated& body = proposal.event.claim_validated();
  const ClaimState* claim = proposal.state.claims.Find(body.claim_id());
  if (claim == nullptr) return NoSuchClaim(proposal);
  const Period relates_to = Period::FromIndex(claim->relates_to());
  if (auto refused = CheckPostedTo(proposal, body.posted_to_period(), relates_to)) return refused;
  if (auto refused = CheckAwaiting(proposal, *claim)) return refused;
  if (auto refused = CheckValidator(proposal, *claim)) return refused;
  const state::BenefitState& benefit = BenefitOf(proposal, *claim);
  if (auto refused = CheckSign(proposal, benefit, body.amount_pence())) return refused;
  if (auto refused = CheckQualitative(proposal, benefit, body.amount_pence(), "amount_pence")) return refused;
  if (auto refused = CheckWithinClaim(proposal, *claim)) return refused;
  return CheckTests(proposal);
}

Verdict DecideClaimQueried(const Proposal& proposal) {
  const ClaimState* claim = proposal.state.claims.Find(proposal.event.claim_queried().claim_id());
  if (claim == nullptr) return NoSuchClaim(proposal);
  return CheckAwaiting(proposal, *claim);
}

Verdict DecideClaimRejected(const Proposal& proposal) {
  const v1::ClaimRejected& body = proposal.event.claim_rejected();
  const ClaimState* claim = proposal.state.claims.Find(body.claim_id());
  if (claim == nullptr) return NoSuchClaim(proposal);
  const Period relates_to = Period::FromIndex(claim->relates_to());
  if (auto refused = CheckPostedTo(proposal, body.posted_to_period(), relates_to)) return refused;
  return CheckAwaiting(proposal, *claim);
}

Verdict DecideClaimCorrected(const Proposal& proposal) {
  const v1::ClaimCorrected& body = proposal.event.claim_corrected();
  const ClaimState* claim = proposal.state.claims.Find(body.claim_id());
  if (claim == nullptr) return NoSuchClaim(proposal);
  const Period relates_to = Period::FromIndex(claim->relates_to());
  if (auto refused = CheckPostedTo(proposal, body.posted_to_period(), relates_to)) return refused;
  if (auto refused = CheckValidated(proposal, *claim)) return refused;
  const state::BenefitState& benefit = BenefitOf(proposal, *claim);
  if (auto refused = CheckQualitative(proposal, benefit, body.delta_pence(), "delta_pence")) return refused;
  if (PeriodOf(body.relates_to_period()) != relates_to) {
    return proposal.Reject(Reason::kRelatesToMismatch, "relates_to_period",
                           fmt::format("The claim relates to {}", relates_to.ToString()));
  }
  const std::optional<int64_t> left = CheckedAdd(claim->validated_pence(), body.delta_pence());
  if (left && !HasSign(benefit, *left)) {
    return proposal.Reject(Reason::kSignChange, "delta_pence",
                           fmt::format("{} pence are validated; a correction can take back at most that",
                                       claim->validated_pence()));
  }
  if (auto refused = CheckAmount(proposal, body.delta_pence(), "delta_pence")) return refused;
  return CheckAmount(proposal, *left, "delta_pence");
}

Verdict DecideClaimReversed(const Proposal& proposal) {
  const v1::ClaimReversed& body = proposal.event.claim_reversed();
  const ClaimState* claim = proposal.state.claims.Find(body.claim_id());
  if (claim == nullptr) return NoSuchClaim(proposal);
  const Period relates_to = Period::FromIndex(claim->relates_to());
  if (auto refused = CheckPostedTo(proposal, body.posted_to_period(), relates_to)) return refused;
  return CheckValidated(proposal, *claim);
}

}  // namespace realise::decide
