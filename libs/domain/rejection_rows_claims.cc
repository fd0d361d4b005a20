// What Decide refuses about claims.
#include "libs/domain/limits.h"
#include "libs/domain/rejection_rows.h"

namespace realise {
namespace {

using namespace testing;  // NOLINT: the builders read as sentences

std::vector<Row> NoPlaceToClaim() {
  return {
      {"id taken", Reason::kAlreadyExists, "claim_submitted.claim_id", {Claim()}, Claim()},
      {"no such benefit",
       Reason::kUnknownBenefit,
       "claim_submitted.benefit_id",
       {},
       NewClaim("none", kJune, kJune, 1)},
      {"board closed",
       Reason::kBoardClosed,
       "claim_submitted.relates_to_period",
       {BoardClosed("urgent-care", "2024-06-30")},
       NewClaim("bed-budget", kJune, kJune, 1)},
      {"project cancelled",
       Reason::kProjectEnded,
       "claim_submitted.relates_to_period",
       {ProjectCancelled("discharge", "2024-06-01")},
       NewClaim("bed-budget", kJune, kJune, 1)},
      {"no board",
       Reason::kProjectNotAssigned,
       "claim_submitted.relates_to_period",
       {},
       NewClaim("nowhere-yet", kJune, kJune, 1)},
      {"under a board only later",
       Reason::kProjectNotAssigned,
       "claim_submitted.relates_to_period",
       {ProjectAssigned("boardless", "theatres", "2024-07-01")},
       NewClaim("nowhere-yet", kJune, kJune, 1)},
      {"withdrawn",
       Reason::kBenefitWithdrawn,
       "claim_submitted.benefit_id",
       {BenefitWithdrawn("bed-budget")},
       NewClaim("bed-budget", kJune, kJune, 1)},
      {"withdraw again",
       Reason::kBenefitWithdrawn,
       "benefit_withdrawn.benefit_id",
       {BenefitWithdrawn("bed-budget")},
       BenefitWithdrawn("bed-budget")},
      {"withdraw nothing",
       Reason::kUnknownBenefit,
       "benefit_withdrawn.benefit_id",
       {},
       BenefitWithdrawn("none")},
  };
}

std::vector<Row> MonthsAndAmounts() {
  return {
      {"month not opened",
       Reason::kPeriodNotOpen,
       "claim_submitted.posted_to_period",
       {},
       NewClaim("bed-budget", kJune, "2024/25-M06", 1)},
      {"month closed",
       Reason::kPeriodClosed,
       "claim_submitted.posted_to_period",
       {PeriodClosed(kJune)},
       NewClaim("bed-budget", kJune, kJune, 1)},
      {"posted before its month",
       Reason::kPeriodOrder,
       "claim_submitted.posted_to_period",
       {},
       NewClaim("bed-budget", kJuly, kJune, 1)},
      {"month to come",
       Reason::kPeriodInFuture,
       "claim_submitted.relates_to_period",
       {PeriodOpened("2025/26-M02")},
       NewClaim("bed-budget", "2025/26-M02", "2025/26-M02", 1)},
      {"posted to a month to come",
       Reason::kPeriodInFuture,
       "claim_submitted.posted_to_period",
       {PeriodOpened("2025/26-M02")},
       NewClaim("bed-budget", kJune, "2025/26-M02", 1)},
      {"benefit below 0",
       Reason::kWrongSign,
       "claim_submitted.amount_pence",
       {},
       NewClaim("bed-budget", kJune, kJune, -1)},
      {"harm above 0",
       Reason::kWrongSign,
       "claim_submitted.amount_pence",
       {},
       NewClaim("nursing-cost", kJune, kJune, 1)},
      {"qualitative amount",
       Reason::kQualitativeAmount,
       "claim_submitted.amount_pence",
       {},
       NewClaim("staff-trust", kJune, kJune, 1)},
      {"beyond all money",
       Reason::kOverflow,
       "claim_submitted.amount_pence",
       {},
       NewClaim("bed-budget", kJune, kJune, kHuge)},
  };
}

std::vector<Row> NoSuchClaim() {
  return {
      {"validate nothing", Reason::kUnknownClaim, "claim_validated.claim_id", {}, Validation()},
      {"query nothing", Reason::kUnknownClaim, "claim_queried.claim_id", {}, ClaimQueried("none")},
      {"reject nothing", Reason::kUnknownClaim, "claim_rejected.claim_id", {}, ClaimRejected("none", kJune)},
      {"correct nothing",
       Reason::kUnknownClaim,
       "claim_corrected.claim_id",
       {},
       ClaimCorrected("none", kJune, kJune, 1)},
      {"reverse nothing", Reason::kUnknownClaim, "claim_reversed.claim_id", {}, ClaimReversed("none", kJune)},
  };
}

std::vector<Row> PeriodsAndStages() {
  return {
      {"validate into closed",
       Reason::kPeriodClosed,
       "claim_validated.posted_to_period",
       {Claim(), PeriodClosed(kJune)},
       Validation()},
      {"reject into closed",
       Reason::kPeriodClosed,
       "claim_rejected.posted_to_period",
       {Claim(), PeriodClosed(kJune)},
       ClaimRejected("claim-one", kJune)},
      {"correct into closed", Reason::kPeriodClosed, "claim_corrected.posted_to_period", ValidatedAndClosed(),
       ClaimCorrected("claim-one", kJune, kJune, -1)},
      {"reverse into closed", Reason::kPeriodClosed, "claim_reversed.posted_to_period", ValidatedAndClosed(),
       ClaimReversed("claim-one", kJune)},
      {"validate again", Reason::kWrongClaimStage, "claim_validated.claim_id", Validated(), Validation()},
      {"query validated", Reason::kWrongClaimStage, "claim_queried.claim_id", Validated(),
       ClaimQueried("claim-one")},
      {"reject validated", Reason::kWrongClaimStage, "claim_rejected.claim_id", Validated(),
       ClaimRejected("claim-one", kJune)},
      {"correct awaiting",
       Reason::kWrongClaimStage,
       "claim_corrected.claim_id",
       {Claim()},
       ClaimCorrected("claim-one", kJune, kJune, -1)},
      {"reverse awaiting",
       Reason::kWrongClaimStage,
       "claim_reversed.claim_id",
       {Claim()},
       ClaimReversed("claim-one", kJune)},
  };
}

std::vector<Row> Validations() {
  return {
      {"validator claimed",
       Reason::kValidatorIsClaimant,
       "claim_validated.validator_role",
       {Claim()},
       With(Validation(),
            [](auto& e) { e.mutable_claim_validated()->set_validator_role(std::string(kClaimant)); })},
      {"actor claimed",
       Reason::kValidatorIsClaimant,
       "actor_role",
       {Claim()},
       ByRole(Validation(), kClaimant)},
      {"validated below 0",
       Reason::kWrongSign,
       "claim_validated.amount_pence",
       {Claim()},
       ClaimValidated("claim-one", kJune, -1)},
      {"validated qualitative",
       Reason::kQualitativeAmount,
       "claim_validated.amount_pence",
       {NewClaim("staff-trust", kJune, kJune, 0)},
       ClaimValidated("claim-new", kJune, 5)},
      {"validated beyond the claim",
       Reason::kValidatedExceedsClaim,
       "claim_validated.amount_pence",
       {Claim()},
       ClaimValidated("claim-one", kJune, 3000001)},
      {"validated beyond all money",
       Reason::kValidatedExceedsClaim,
       "claim_validated.amount_pence",
       {Claim()},
       ClaimValidated("claim-one", kJune, kHuge)},
      {"more harm than was claimed",
       Reason::kValidatedExceedsClaim,
       "claim_validated.amount_pence",
       {NewClaim("nursing-cost", kJune, kJune, -500)},
       ClaimValidated("claim-new", kJune, -501)},
      {"harm where none was claimed",
       Reason::kValidatedExceedsClaim,
       "claim_validated.amount_pence",
       {NewClaim("nursing-cost", kJune, kJune, 0)},
       ClaimValidated("claim-new", kJune, -1)},
      {"attribution failed",
       Reason::kTestsNotPassed,
       "claim_validated.tests.attribution",
       {Claim()},
       With(Validation(),
            [](auto& e) { e.mutable_claim_validated()->mutable_tests()->set_attribution(false); })},
  };
}

std::vector<Row> Corrections() {
  return {
      {"corrected qualitative",
       Reason::kQualitativeAmount,
       "claim_corrected.delta_pence",
       {NewClaim("staff-trust", kJune, kJune, 0), ClaimValidated("claim-new", kJune, 0)},
       ClaimCorrected("claim-new", kJune, kJune, 5)},
      {"another month", Reason::kRelatesToMismatch, "claim_corrected.relates_to_period", Validated(),
       ClaimCorrected("claim-one", kJuly, kJuly, -1)},
      {"below nothing left", Reason::kSignChange, "claim_corrected.delta_pence", Validated(),
       ClaimCorrected("claim-one", kJune, kJune, -3000001)},
      {"corrected beyond all money", Reason::kOverflow, "claim_corrected.delta_pence", Validated(),
       ClaimCorrected("claim-one", kJune, kJune, kAmountMax - 2999999)},
      {"wraps around", Reason::kOverflow, "claim_corrected.delta_pence", Validated(),
       ClaimCorrected("claim-one", kJune, kJune, kHuge)},
  };
}

}  // namespace

std::vector<Row> ClaimRows() {
  return Join({NoPlaceToClaim(), MonthsAndAmounts(), NoSuchClaim(), PeriodsAndStages(), Validations(),
               Corrections()});
}

}  // namespace realise
