#include "libs/ledger/ledger_writer.h"

namespace realise {

absl::StatusCode CodeOf(Reason reason) {
  switch (reason) {
    case Reason::kMissingField:
    case Reason::kMalformed:
    case Reason::kUnknownField:
    case Reason::kUnknownType:
    case Reason::kTooLarge:
    case Reason::kPatientIdentifier:
    case Reason::kStreamMismatch:
    case Reason::kServerField:
    case Reason::kBadDenominator:
    case Reason::kNumeratorExceeds:
    case Reason::kNegativeCount:
    case Reason::kBadBands:
      return absl::StatusCode::kInvalidArgument;
    case Reason::kConflictingDuplicate:
    case Reason::kAlreadyExists:
    case Reason::kAlreadyRecorded:
      return absl::StatusCode::kAlreadyExists;
    case Reason::kWrongExpectedVersion:
      return absl::StatusCode::kAborted;
    case Reason::kUnknownBoard:
    case Reason::kUnknownProject:
    case Reason::kUnknownBenefit:
    case Reason::kUnknownClaim:
    case Reason::kUnknownMeasure:
      return absl::StatusCode::kNotFound;
    case Reason::kReceiptMismatch:
    case Reason::kSimulatedTime:
    case Reason::kPublisherNotRegistered:
    case Reason::kPublisherTypeNotAllowed:
    case Reason::kBoardClosed:
    case Reason::kProjectEnded:
    case Reason::kProjectNotAssigned:
    case Reason::kBenefitWithdrawn:
    case Reason::kDateOrder:
    case Reason::kPeriodNotOpen:
    case Reason::kPeriodClosed:
    case Reason::kPeriodOrder:
    case Reason::kPeriodInFuture:
    case Reason::kPeriodNotEnded:
    case Reason::kWrongClaimStage:
    case Reason::kValidatorIsClaimant:
    case Reason::kWrongSign:
    case Reason::kQualitativeAmount:
    case Reason::kValidatedExceedsClaim:
    case Reason::kTestsNotPassed:
    case Reason::kRelatesToMismatch:
    case Reason::kSignChange:
    case Reason::kOverflow:
    case Reason::kNothingToCorrect:
    case Reason::kUnitMismatch:
    case Reason::kWrongVersion:
    case Reason::kBaselineNotComparable:
    case Reason::kBaselineConflict:
    case Reason::kPublishedTotal:
      return absl::StatusCode::kFailedPrecondition;
  }
  return absl::StatusCode::kInternal;
}

}  // namespace realise
