// The rules that need the state, one function for each type of event, and what they share.  For decide.cc.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/calendar.h"
#include "libs/domain/decide.h"
#include "libs/domain/ledger_state.h"
#include "libs/domain/rejection.h"
#include "realise/v1/event.pb.h"

namespace realise::decide {

using Verdict = std::optional<Rejection>;

// What a rule looks at.  References are to what Decide was given.
struct Proposal {
  const LedgerState& state;
  const v1::Event& event;
  Date today;

  // A rejection; `field` is a field of the body.
  [[nodiscard]] Rejection Reject(Reason reason, std::string_view field, std::string message) const;
};

// Of texts whose form was checked.
[[nodiscard]] Date DateOf(const std::string& text);
[[nodiscard]] Period PeriodOf(const std::string& text);

// Whether a board or a project exists no longer on a date.
[[nodiscard]] bool ClosedOn(const state::BoardState& board, Date date);
[[nodiscard]] bool CancelledOn(const state::ProjectState& project, Date date);
[[nodiscard]] bool ClosedOn(const state::ProjectState& project, Date date);

// kPeriodInFuture if the month has not begun.
[[nodiscard]] Verdict CheckBegun(const Proposal& proposal, Period period, std::string_view field);
// kPeriodNotOpen, kPeriodClosed; kPeriodOrder if it lies before `relates_to`; kPeriodInFuture if one of them
// has not begun: of `relates_to`, which only a new claim can bring, as the field relates_to_period.
[[nodiscard]] Verdict CheckPostedTo(const Proposal& proposal, const std::string& posted_to,
                                    Period relates_to);
// kOverflow if the amount is beyond what a ledger sums up.
[[nodiscard]] Verdict CheckAmount(const Proposal& proposal, int64_t amount, std::string_view field);

// A numerator and a denominator, by the measure's unit: kBadDenominator, kNumeratorExceeds, kNegativeCount.
// REQUIRES: the unit is not WEEKLY_WAIT_BANDS.
[[nodiscard]] Verdict CheckCounts(const Proposal& proposal, v1::MeasureUnit unit, int64_t numerator,
                                  int64_t denominator);

// kPublisherNotRegistered, kPublisherTypeNotAllowed: of the event's source, whatever the event is.
[[nodiscard]] Verdict CheckPublisher(const Proposal& proposal, Sources sources);

[[nodiscard]] Verdict DecideBoardEstablished(const Proposal& proposal);
[[nodiscard]] Verdict DecideBoardRenamed(const Proposal& proposal);
[[nodiscard]] Verdict DecideBoardClosed(const Proposal& proposal);
[[nodiscard]] Verdict DecideProjectProposed(const Proposal& proposal);
[[nodiscard]] Verdict DecideProjectAssignedToBoard(const Proposal& proposal);
[[nodiscard]] Verdict DecideProjectCancelled(const Proposal& proposal);
[[nodiscard]] Verdict DecideProjectClosed(const Proposal& proposal);
[[nodiscard]] Verdict DecideBenefitRegistered(const Proposal& proposal);
[[nodiscard]] Verdict DecideBaselineSet(const Proposal& proposal);
[[nodiscard]] Verdict DecideBenefitWithdrawn(const Proposal& proposal);
[[nodiscard]] Verdict DecideClaimSubmitted(const Proposal& proposal);
[[nodiscard]] Verdict DecideClaimValidated(const Proposal& proposal);
[[nodiscard]] Verdict DecideClaimQueried(const Proposal& proposal);
[[nodiscard]] Verdict DecideClaimRejected(const Proposal& proposal);
[[nodiscard]] Verdict DecideClaimCorrected(const Proposal& proposal);
[[nodiscard]] Verdict DecideClaimReversed(const Proposal& proposal);
[[nodiscard]] Verdict DecideMeasureDefined(const Proposal& proposal);
[[nodiscard]] Verdict DecideMeasureRedefined(const Proposal& proposal);
[[nodiscard]] Verdict DecideMeasureAssigned(const Proposal& proposal);
[[nodiscard]] Verdict DecideMeasurementRecorded(const Proposal& proposal);
[[nodiscard]] Verdict DecideWaitBandsRecorded(const Proposal& proposal);
[[nodiscard]] Verdict DecideMeasurementCorrected(const Proposal& proposal);
[[nodiscard]] Verdict DecideMeasurementNotReported(const Proposal& proposal);
[[nodiscard]] Verdict DecidePeriodOpened(const Proposal& proposal);
[[nodiscard]] Verdict DecidePeriodClosed(const Proposal& proposal);
[[nodiscard]] Verdict DecidePublisherRegistered(const Proposal& proposal);
[[nodiscard]] Verdict DecidePublisherWithdrawn(const Proposal& proposal);

}  // namespace realise::decide
