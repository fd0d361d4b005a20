// The measure registry, and measurements.
#include <algorithm>

#include "fmt/format.h"
#include "libs/domain/decide_rules.h"
#include "libs/domain/evolve.h"
#include "libs/domain/limits.h"
#include "libs/domain/measure_versions.h"
#include "libs/domain/project_boards.h"

namespace realise::decide {
namespace {

Rejection NoSuchMeasure(const Proposal& proposal) {
  return proposal.Reject(Reason::kUnknownMeasure, "measure_id",
                         "There is no measure of this id; define it first");
}

const state::MeasurementState* MonthOf(const Proposal& proposal, const std::string& measure_id,
                                       const std::string& period) {
  return proposal.state.measurements.Find(MeasurementKey(measure_id, PeriodOf(period).index()));
}

Verdict CheckNotRecorded(const Proposal& proposal, const std::string& measure_id, const std::string& period) {
  const state::MeasurementState* month = MonthOf(proposal, measure_id, period);
  if (month == nullptr) return std::nullopt;
  return proposal.Reject(
      Reason::kAlreadyRecorded, "period",
      fmt::format("{} {}; send a correction that names the latest event for the month", period,
                  month->not_reported() ? "was given as not reported" : "was recorded before"));
}

Verdict CheckVersion(const Proposal& proposal, const state::MeasureState& measure, const std::string& period,
                     uint32_t version) {
  const uint32_t in_force = VersionInForce(measure, PeriodOf(period).index());
  if (version == in_force) return std::nullopt;
  return proposal.Reject(Reason::kWrongVersion, "definition_version",
                         fmt::format("In {} version {} of the definition is in force", period, in_force));
}

using Counts = google::protobuf::RepeatedField<google::protobuf::int64>;

// kOverflow: no band, and not their sum, is beyond what a ledger sums up.
Verdict CheckBandTotal(const Proposal& proposal, const Counts& counts, int64_t unknown_clock_starts) {
  int64_t left = kAmountMax;
  for (const int64_t count : counts) {
    // A negative count is found below; it must not make room for others.
    const int64_t size = std::max<int64_t>(count, 0);
    if (size > left) return CheckAmount(proposal, kAmountMax + 1, "counts");
    left -= size;
  }
  if (auto refused = CheckAmount(proposal, unknown_clock_starts, "unknown_clock_starts")) return refused;
  return std::nullopt;
}

Verdict CheckBands(const Proposal& proposal, const Counts& counts, int64_t unknown_clock_starts) {
  if (std::any_of(counts.begin(), counts.end(), [](int64_t count) { return count < 0; })) {
    return proposal.Reject(Reason::kNegativeCount, "counts", "A count is 0 or more");
  }
  if (unknown_clock_starts < 0) {
    return proposal.Reject(Reason::kNegativeCount, "unknown_clock_starts", "A count is 0 or more");
  }
  if (counts.size() != kWaitBands) {
    return proposal.Reject(
        Reason::kBadBands, "counts",
        fmt::format("There are {} counts; there have to be {}: 0 to 1 weeks, 1 to 2, ... 103 to 104, "
                    "and 104 or more",
                    counts.size(), kWaitBands));
  }
  return std::nullopt;
}

// A correction has the shape of what it replaces: bands for a measure of waits, and for no other.
Verdict CheckShape(const Proposal& proposal, bool waits) {
  const v1::MeasurementCorrected& body = proposal.event.measurement_corrected();
  if (waits && (body.numerator() != 0 || body.denominator() != 0)) {
    return proposal.Reject(Reason::kUnitMismatch, body.numerator() != 0 ? "numerator" : "denominator",
                           "A measure of waits is corrected by its counts; leave this 0");
  }
  if (!waits && (!body.counts().empty() || body.unknown_clock_starts() != 0)) {
    return proposal.Reject(Reason::kUnitMismatch, body.counts().empty() ? "unknown_clock_starts" : "counts",
                           "Only a measure of waits has bands; correct the numerator and the denominator");
  }
  return std::nullopt;
}

bool IsAssigned(const state::MeasureState& measure, const v1::MeasureAssigned& body) {
  const std::string assignee =
      body.has_board_id() ? "board/" + body.board_id() : "project/" + body.project_id();
  return std::find(measure.assignees().begin(), measure.assignees().end(), assignee) !=
         measure.assignees().end();
}

// The board or the project has to exist on the date.  A board that is founded later is left to
// CheckAfterFounding.
Verdict CheckAssignee(const Proposal& proposal, Date from) {
  const v1::MeasureAssigned& body = proposal.event.measure_assigned();
  if (body.has_board_id()) {
    const state::BoardState* board = proposal.state.boards.Find(body.board_id());
    if (board == nullptr) {
      return proposal.Reject(Reason::kUnknownBoard, "board_id",
                             "There is no board of this id; establish it first");
    }
    if (ClosedOn(*board, from)) {
      return proposal.Reject(Reason::kBoardClosed, "effective_from",
                             "The board is closed on this date; name another board, or an earlier date");
    }
    return std::nullopt;
  }
  const state::ProjectState* project = proposal.state.projects.Find(body.project_id());
  if (project == nullptr) {
    return proposal.Reject(Reason::kUnknownProject, "project_id",
                           "There is no project of this id; propose it first");
  }
  if (CancelledOn(*project, from) || ClosedOn(*project, from)) {
    return proposal.Reject(Reason::kProjectEnded, "effective_from",
                           "The project has ended on this date; name another project, or an earlier date");
  }
  return std::nullopt;
}

Verdict CheckAfterFounding(const Proposal& proposal, Date from) {
  const v1::MeasureAssigned& body = proposal.event.measure_assigned();
  if (!body.has_board_id()) return std::nullopt;
  const int32_t founded = proposal.state.boards.Find(body.board_id())->effective_from();
  if (DayNumber(from) >= founded) return std::nullopt;
  return proposal.Reject(Reason::kDateOrder, "effective_from",
                         fmt::format("The board exists from {} on; name that date or a later one",
                                     FormatDate(Date(std::chrono::days(founded)))));
}

}  // namespace

Verdict CheckCounts(const Proposal& proposal, v1::MeasureUnit unit, int64_t numerator, int64_t denominator) {
  const bool alone = unit == v1::MEASURE_UNIT_COUNT || unit == v1::MEASURE_UNIT_PENCE;
  if (alone && denominator != 0) {
    return proposal.Reject(Reason::kBadDenominator, "denominator",
                           "A count or money has no denominator; leave it 0");
  }
  if (!alone && denominator <= 0) {
    return proposal.Reject(Reason::kBadDenominator, "denominator",
                           "The denominator has to be above 0; a month without figures is not reported");
  }
  if (unit == v1::MEASURE_UNIT_PROPORTION && numerator > denominator) {
    return proposal.Reject(Reason::kNumeratorExceeds, "numerator",
                           fmt::format("A part of a whole is at most the whole, {}", denominator));
  }
  // Money may be negative: a credit.
  if (unit != v1::MEASURE_UNIT_PENCE && numerator < 0) {
    return proposal.Reject(Reason::kNegativeCount, "numerator", "A count is 0 or more");
  }
  return std::nullopt;
}

Verdict DecideMeasureDefined(const Proposal& proposal) {
  if (proposal.state.measures.Find(proposal.event.measure_defined().measure_id()) == nullptr)
    return std::nullopt;
  return proposal.Reject(Reason::kAlreadyExists, "measure_id",
                         "A measure has this id; choose another, or redefine it");
}

Verdict DecideMeasureRedefined(const Proposal& proposal) {
  const v1::MeasureRedefined& body = proposal.event.measure_redefined();
  const state::MeasureState* measure = proposal.state.measures.Find(body.measure_id());
  if (measure == nullptr) return NoSuchMeasure(proposal);
  const state::DefinitionVersion& last = *measure->versions().rbegin();
  if (last.has_break_from() && PeriodOf(body.break_from()).index() <= last.break_from()) {
    return proposal.Reject(Reason::kDateOrder, "break_from",
                           fmt::format("The month has to be after {}, the first of version {}",
                                       Period::FromIndex(last.break_from()).ToString(), last.version()));
  }
  if (body.version() != last.version() + 1) {
    return proposal.Reject(Reason::kWrongVersion, "version",
                           fmt::format("The next version of this measure is {}", last.version() + 1));
  }
  return std::nullopt;
}

Verdict DecideMeasureAssigned(const Proposal& proposal) {
  const v1::MeasureAssigned& body = proposal.event.measure_assigned();
  const state::MeasureState* measure = proposal.state.measures.Find(body.measure_id());
  if (measure != nullptr && IsAssigned(*measure, body)) {
    return proposal.Reject(Reason::kAlreadyExists, body.has_board_id() ? "board_id" : "project_id",
                           "The measure is part of these figures already");
  }
  const Date from = DateOf(body.effective_from());
  if (auto refused = CheckAssignee(proposal, from)) return refused;
  if (measure == nullptr) return NoSuchMeasure(proposal);
  if (auto refused = CheckAfterFounding(proposal, from)) return refused;
  if (measure->published_total()) {
    return proposal.Reject(Reason::kPublishedTotal, "measure_id",
                           "The measure repeats the sum of others; assign those instead");
  }
  return std::nullopt;
}

Verdict DecideMeasurementRecorded(const Proposal& proposal) {
  const v1::MeasurementRecorded& body = proposal.event.measurement_recorded();
  const state::MeasureState* measure = proposal.state.measures.Find(body.measure_id());
  if (measure == nullptr) return NoSuchMeasure(proposal);
  if (auto refused = CheckBegun(proposal, PeriodOf(body.period()), "period")) return refused;
  if (auto refused = CheckAmount(proposal, body.numerator(), "numerator")) return refused;
  if (auto refused = CheckAmount(proposal, body.denominator(), "denominator")) return refused;
  if (auto refused = CheckNotRecorded(proposal, body.measure_id(), body.period())) return refused;
  if (body.unit() != measure->unit() || measure->unit() == v1::MEASURE_UNIT_WEEKLY_WAIT_BANDS) {
    const bool waits = measure->unit() == v1::MEASURE_UNIT_WEEKLY_WAIT_BANDS;
    return proposal.Reject(Reason::kUnitMismatch, "unit",
                           fmt::format("The measure's unit is {}{}", v1::MeasureUnit_Name(measure->unit()),
                                       waits ? "; record its wait bands" : ""));
  }
  if (auto refused = CheckVersion(proposal, *measure, body.period(), body.definition_version()))
    return refused;
  return CheckCounts(proposal, measure->unit(), body.numerator(), body.denominator());
}

Verdict DecideWaitBandsRecorded(const Proposal& proposal) {
  const v1::WaitBandsRecorded& body = proposal.event.wait_bands_recorded();
  const state::MeasureState* measure = proposal.state.measures.Find(body.measure_id());
  if (measure == nullptr) return NoSuchMeasure(proposal);
  if (auto refused = CheckBegun(proposal, PeriodOf(body.period()), "period")) return refused;
  if (auto refused = CheckBandTotal(proposal, body.counts(), body.unknown_clock_starts())) return refused;
  if (auto refused = CheckNotRecorded(proposal, body.measure_id(), body.period())) return refused;
  if (measure->unit() != v1::MEASURE_UNIT_WEEKLY_WAIT_BANDS) {
    return proposal.Reject(
        Reason::kUnitMismatch, "measure_id",
        fmt::format("The measure's unit is {}; record a measurement", v1::MeasureUnit_Name(measure->unit())));
  }
  if (auto refused = CheckVersion(proposal, *measure, body.period(), body.definition_version()))
    return refused;
  return CheckBands(proposal, body.counts(), body.unknown_clock_starts());
}

Verdict DecideMeasurementCorrected(const Proposal& proposal) {
  const v1::MeasurementCorrected& body = proposal.event.measurement_corrected();
  const state::MeasureState* measure = proposal.state.measures.Find(body.measure_id());
  if (measure == nullptr) return NoSuchMeasure(proposal);
  if (auto refused = CheckAmount(proposal, body.numerator(), "numerator")) return refused;
  if (auto refused = CheckAmount(proposal, body.denominator(), "denominator")) return refused;
  if (auto refused = CheckBandTotal(proposal, body.counts(), body.unknown_clock_starts())) return refused;
  const state::MeasurementState* month = MonthOf(proposal, body.measure_id(), body.period());
  if (month == nullptr) {
    return proposal.Reject(Reason::kNothingToCorrect, "period",
                           fmt::format("Nothing was recorded for {}; record it", body.period()));
  }
  if (month->event_id() != body.supersedes_event_id()) {
    return proposal.Reject(
        Reason::kNothingToCorrect, "supersedes_event_id",
        fmt::format("This is not the latest event for {}; look at what was recorded last", body.period()));
  }
  const bool waits = measure->unit() == v1::MEASURE_UNIT_WEEKLY_WAIT_BANDS;
  if (auto refused = CheckShape(proposal, waits)) return refused;
  if (auto refused = CheckVersion(proposal, *measure, body.period(), body.definition_version()))
    return refused;
  if (waits) return CheckBands(proposal, body.counts(), body.unknown_clock_starts());
  return CheckCounts(proposal, measure->unit(), body.numerator(), body.denominator());
}

Verdict DecideMeasurementNotReported(const Proposal& proposal) {
  const v1::MeasurementNotReported& body = proposal.event.measurement_not_reported();
  const state::MeasureState* measure = proposal.state.measures.Find(body.measure_id());
  if (measure == nullptr) return NoSuchMeasure(proposal);
  if (auto refused = CheckBegun(proposal, PeriodOf(body.period()), "period")) return refused;
  if (auto refused = CheckNotRecorded(proposal, body.measure_id(), body.period())) return refused;
  return CheckVersion(proposal, *measure, body.period(), body.definition_version());
}

}  // namespace realise::decide
