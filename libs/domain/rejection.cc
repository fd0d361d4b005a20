#include "libs/domain/rejection.h"

#include <array>

namespace realise {
namespace {

// In the order of the enum.
constexpr std::array<std::string_view, static_cast<size_t>(kLastReason) + 1> kNames = {
    "MISSING_FIELD",
    "MALFORMED",
    "UNKNOWN_FIELD",
    "UNKNOWN_TYPE",
    "TOO_LARGE",
    "PATIENT_IDENTIFIER",
    "STREAM_MISMATCH",
    "SERVER_FIELD",
    "CONFLICTING_DUPLICATE",
    "WRONG_EXPECTED_VERSION",
    "RECEIPT_MISMATCH",
    "SIMULATED_TIME",
    "PUBLISHER_NOT_REGISTERED",
    "PUBLISHER_TYPE_NOT_ALLOWED",
    "ALREADY_EXISTS",
    "UNKNOWN_BOARD",
    "BOARD_CLOSED",
    "UNKNOWN_PROJECT",
    "PROJECT_ENDED",
    "PROJECT_NOT_ASSIGNED",
    "UNKNOWN_BENEFIT",
    "BENEFIT_WITHDRAWN",
    "UNKNOWN_CLAIM",
    "UNKNOWN_MEASURE",
    "DATE_ORDER",
    "PERIOD_NOT_OPEN",
    "PERIOD_CLOSED",
    "PERIOD_ORDER",
    "PERIOD_IN_FUTURE",
    "PERIOD_NOT_ENDED",
    "WRONG_CLAIM_STAGE",
    "VALIDATOR_IS_CLAIMANT",
    "WRONG_SIGN",
    "QUALITATIVE_AMOUNT",
    "VALIDATED_EXCEEDS_CLAIM",
    "TESTS_NOT_PASSED",
    "RELATES_TO_MISMATCH",
    "SIGN_CHANGE",
    "OVERFLOW",
    "ALREADY_RECORDED",
    "NOTHING_TO_CORRECT",
    "UNIT_MISMATCH",
    "WRONG_VERSION",
    "BAD_DENOMINATOR",
    "NUMERATOR_EXCEEDS",
    "NEGATIVE_COUNT",
    "BAD_BANDS",
    "BASELINE_NOT_COMPARABLE",
    "BASELINE_CONFLICT",
    "PUBLISHED_TOTAL",
};

static_assert(!kNames.back().empty(), "every reason has a name");
static_assert(kNames[static_cast<size_t>(Reason::kConflictingDuplicate)] == "CONFLICTING_DUPLICATE");
static_assert(kNames[static_cast<size_t>(Reason::kDateOrder)] == "DATE_ORDER");
static_assert(kNames[static_cast<size_t>(Reason::kOverflow)] == "OVERFLOW");
static_assert(kNames[static_cast<size_t>(kLastReason)] == "PUBLISHED_TOTAL");

}  // namespace

std::string_view ReasonName(Reason reason) {
  const auto at = static_cast<size_t>(reason);
  return at < kNames.size() ? kNames[at] : "UNKNOWN_REASON";
}

}  // namespace realise
