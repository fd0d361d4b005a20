// Why a proposed event is refused.  The names are a contract: publishers act on them.
#pragma once

#include <string>
#include <string_view>

namespace realise {

// In the order in which they are checked; an event that breaks several rules gets the first.
enum class Reason {
  // Form
  kMissingField,       // a required field is empty or unspecified
  kMalformed,          // a field has not the form it must have (id, date, period, text too long ...)
  kUnknownField,       // a field that this version does not know
  kUnknownType,        // no body, or a schema version other than 1
  kTooLarge,           // event or batch over the limits
  kPatientIdentifier,  // a text holds a valid NHS number (invariant 19)
  kStreamMismatch,     // the stream is not that of the thing the event is about
  kServerField,        // a field that only the server assigns
  // Place in the log
  kConflictingDuplicate,  // the same source and id with other content (invariant 3)
  kWrongExpectedVersion,  // the stream is at another version (invariant 2)
  kReceiptMismatch,       // a receipt whose digest is not this history's
  kSimulatedTime,         // a simulated time for a ledger that is not for demonstration
  // Trust (invariant 20)
  kPublisherNotRegistered,   // the source has no publisher where it needs one, or one that was withdrawn
  kPublisherTypeNotAllowed,  // the source's publisher is not registered for this type of event
  // Existence (invariant 1)
  kAlreadyExists,  // the id is taken
  kUnknownBoard,
  kBoardClosed,  // closed on the domain date
  kUnknownProject,
  kProjectEnded,        // cancelled, or closed, on the domain date
  kProjectNotAssigned,  // under no board on the last day of the month
  kUnknownBenefit,
  kBenefitWithdrawn,
  kUnknownClaim,
  kUnknownMeasure,
  // Dates and periods
  kDateOrder,       // an effective date that is not after an earlier one, or before a month already claimed
  kPeriodNotOpen,   // posting into a month that was not opened
  kPeriodClosed,    // posting into a closed month (invariant 8)
  kPeriodOrder,     // closing a month before an earlier one; posting to a month before the one related to
  kPeriodInFuture,  // an actual for a month that has not begun (invariant 7)
  kPeriodNotEnded,  // closing a month that goes on
  // Claims
  kWrongClaimStage,        // the claim does not stand where this can happen
  kValidatorIsClaimant,    // invariant 10
  kWrongSign,              // amount against the benefit's sign (invariant 16)
  kQualitativeAmount,      // an unmonetisable benefit with an amount (invariant 12)
  kValidatedExceedsClaim,  // validated for more than was claimed
  kTestsNotPassed,         // validated without all five tests
  kRelatesToMismatch,      // a correction names another month than its claim (invariant 9)
  kSignChange,             // a correction that turns the claim's sign (invariant 9)
  kOverflow,               // a sum does not fit into 64 bits
  // Measures
  kAlreadyRecorded,        // a second measurement for the month (invariant 4)
  kNothingToCorrect,       // no measurement for the month, or not the one superseded
  kUnitMismatch,           // unit or kind differs from the definition (invariant 5)
  kWrongVersion,           // definition version is not the one in force for the month
  kBadDenominator,         // 0 or negative where one is needed, or given where none is (invariant 6)
  kNumeratorExceeds,       // numerator over denominator in a proportion (invariant 6)
  kNegativeCount,          // invariant 6
  kBadBands,               // not 105 bands (invariant 6)
  kBaselineNotComparable,  // baseline counted by another, not comparable definition (invariant 18)
  kBaselineConflict,       // another benefit's baseline of this measure has other values
  kPublishedTotal,         // a row that repeats the sum of others cannot be part of a board's figures
};

inline constexpr Reason kLastReason = Reason::kPublishedTotal;

// "MISSING_FIELD", "CONFLICTING_DUPLICATE" ...
[[nodiscard]] std::string_view ReasonName(Reason reason);

// One refusal.  `field` is a path in the event ("claim_validated.posted_to_period", "occurred_on"). `message`
// says what is wrong and what would be right; it never holds what the publisher sent in a free text or an
// identifier.
struct Rejection {
  Reason reason = Reason::kMissingField;
  std::string field;
  std::string message;
};

}  // namespace realise
