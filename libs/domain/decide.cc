#include "libs/domain/decide.h"

#include <chrono>

#include "fmt/format.h"
#include "libs/domain/decide_rules.h"
#include "libs/domain/limits.h"
#include "libs/domain/project_boards.h"

namespace realise {
namespace decide {

Rejection Proposal::Reject(Reason reason, std::string_view field, std::string message) const {
  return {reason, fmt::format("{}.{}", TypeOf(event), field), std::move(message)};
}

Date DateOf(const std::string& text) { return *ParseDate(text); }
Period PeriodOf(const std::string& text) { return *Period::Parse(text); }

bool ClosedOn(const state::BoardState& board, Date date) {
  return board.has_closed_from() && board.closed_from() <= DayNumber(date);
}

bool CancelledOn(const state::ProjectState& project, Date date) {
  return project.has_cancelled_from() && project.cancelled_from() <= DayNumber(date);
}

bool ClosedOn(const state::ProjectState& project, Date date) {
  return project.has_closed_from() && project.closed_from() <= DayNumber(date);
}

Verdict CheckBegun(const Proposal& proposal, Period period, std::string_view field) {
  const Period current = Period::Of(proposal.today);
  if (period <= current) return std::nullopt;
  return proposal.Reject(Reason::kPeriodInFuture, field,
                         fmt::format("{} has not begun; the latest month that can be given is {}",
                                     period.ToString(), current.ToString()));
}

Verdict CheckPostedTo(const Proposal& proposal, const std::string& posted_to, Period relates_to) {
  constexpr std::string_view kField = "posted_to_period";
  const state::PeriodState* period = proposal.state.periods.Find(posted_to);
  if (period == nullptr) {
    return proposal.Reject(
        Reason::kPeriodNotOpen, kField,
        fmt::format("{} was not opened; open it first, or post to an open month", posted_to));
  }
  if (period->closed()) {
    return proposal.Reject(Reason::kPeriodClosed, kField,
                           fmt::format("{} is closed; post to the oldest open month", posted_to));
  }
  if (PeriodOf(posted_to) < relates_to) {
    return proposal.Reject(
        Reason::kPeriodOrder, kField,
        fmt::format("{} lies before {}, the month that the amount relates to; post to that month or "
                    "a later one",
                    posted_to, relates_to.ToString()));
  }
  if (auto refused = CheckBegun(proposal, relates_to, "relates_to_period")) return refused;
  return CheckBegun(proposal, PeriodOf(posted_to), kField);
}

Verdict CheckAmount(const Proposal& proposal, int64_t amount, std::string_view field) {
  if (amount >= -kAmountMax && amount <= kAmountMax) return std::nullopt;
  return proposal.Reject(
      Reason::kOverflow, field,
      fmt::format("The amount is beyond {}, the largest that is taken; look for a wrong unit", kAmountMax));
}

namespace {

Verdict DecideBody(const Proposal& proposal) {
  switch (proposal.event.body_case()) {
    case v1::Event::kBoardEstablished:
      return DecideBoardEstablished(proposal);
    case v1::Event::kBoardRenamed:
      return DecideBoardRenamed(proposal);
    case v1::Event::kBoardClosed:
      return DecideBoardClosed(proposal);
    case v1::Event::kProjectProposed:
      return DecideProjectProposed(proposal);
    case v1::Event::kProjectAssignedToBoard:
      return DecideProjectAssignedToBoard(proposal);
    case v1::Event::kProjectCancelled:
      return DecideProjectCancelled(proposal);
    case v1::Event::kProjectClosed:
      return DecideProjectClosed(proposal);
    case v1::Event::kBenefitRegistered:
      return DecideBenefitRegistered(proposal);
    case v1::Event::kBaselineSet:
      return DecideBaselineSet(proposal);
    case v1::Event::kBenefitWithdrawn:
      return DecideBenefitWithdrawn(proposal);
    case v1::Event::kClaimSubmitted:
      return DecideClaimSubmitted(proposal);
    case v1::Event::kClaimValidated:
      return DecideClaimValidated(proposal);
    case v1::Event::kClaimQueried:
      return DecideClaimQueried(proposal);
    case v1::Event::kClaimRejected:
      return DecideClaimRejected(proposal);
    case v1::Event::kClaimCorrected:
      return DecideClaimCorrected(proposal);
    case v1::Event::kClaimReversed:
      return DecideClaimReversed(proposal);
    case v1::Event::kMeasureDefined:
      return DecideMeasureDefined(proposal);
    case v1::Event::kMeasureRedefined:
      return DecideMeasureRedefined(proposal);
    case v1::Event::kMeasureAssigned:
      return DecideMeasureAssigned(proposal);
    case v1::Event::kMeasurementRecorded:
      return DecideMeasurementRecorded(proposal);
    case v1::Event::kWaitBandsRecorded:
      return DecideWaitBandsRecorded(proposal);
    case v1::Event::kMeasurementCorrected:
      return DecideMeasurementCorrected(proposal);
    case v1::Event::kMeasurementNotReported:
      return DecideMeasurementNotReported(proposal);
    case v1::Event::kPeriodOpened:
      return DecidePeriodOpened(proposal);
    case v1::Event::kPeriodClosed:
      return DecidePeriodClosed(proposal);
    case v1::Event::kPublisherRegistered:
      return DecidePublisherRegistered(proposal);
    case v1::Event::kPublisherWithdrawn:
      return DecidePublisherWithdrawn(proposal);
    case v1::Event::BODY_NOT_SET:
      break;
  }
  return Rejection{Reason::kUnknownType, "body", "The event has no body of a known type"};
}

// The date on which it is `now` in England: British Summer Time is an hour ahead of UTC.  In winter this
// takes the next day's date an hour early, which does no harm.
Date TodayAt(Instant now) { return std::chrono::floor<std::chrono::days>(now + std::chrono::hours(1)); }

}  // namespace
}  // namespace decide

std::optional<Rejection> Decide(const LedgerState& before, const v1::Event& proposed, Instant now,
                                Sources sources) {
  const decide::Proposal proposal{before, proposed, decide::TodayAt(now)};
  if (auto refused = decide::CheckPublisher(proposal, sources)) return refused;
  std::optional<Rejection> rejection = decide::DecideBody(proposal);
  const bool before_dates = rejection && rejection->reason < Reason::kPeriodInFuture;
  if (!before_dates && decide::DateOf(proposed.occurred_on()) > proposal.today) {
    return Rejection{
        Reason::kPeriodInFuture, "occurred_on",
        fmt::format("An event is a fact: it cannot have happened after {}", FormatDate(proposal.today))};
  }
  return rejection;
}

}  // namespace realise
