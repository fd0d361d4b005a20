// Measures and measurements.
#include "libs/base/status_macros.h"
#include "libs/domain/evolve.h"
#include "libs/domain/evolve_rules.h"

namespace realise::evolve {
namespace {

// The row of a month of a measure, emptied for new values.
absl::StatusOr<state::MeasurementState*> EmptyMonth(const v1::Event& event, const std::string& measure_id,
                                                    const std::string& period, uint32_t definition_version,
                                                    LedgerState& state) {
  if (state.measures.Find(measure_id) == nullptr) return DoesNotFit(event, "no such measure");
  ASSIGN_OR_RETURN(const Period month, PeriodOf(event, period));
  state::MeasurementState& row = state.MutableMeasurement(MeasurementKey(measure_id, month.index()));
  row.Clear();
  row.set_event_id(event.id());
  row.set_definition_version(definition_version);
  return &row;
}

}  // namespace

absl::Status ApplyMeasureDefined(const v1::Event& event, LedgerState& state) {
  const v1::MeasureDefined& body = event.measure_defined();
  if (state.measures.Find(body.measure_id()) != nullptr) return DoesNotFit(event, "the measure exists");
  state::MeasureState& measure = state.MutableMeasure(body.measure_id());
  measure.set_unit(body.unit());
  measure.set_pathway(body.pathway());
  measure.set_published_total(body.published_total());
  measure.add_versions()->set_version(1);
  return absl::OkStatus();
}

absl::Status ApplyMeasureRedefined(const v1::Event& event, LedgerState& state) {
  const v1::MeasureRedefined& body = event.measure_redefined();
  const state::MeasureState* before = state.measures.Find(body.measure_id());
  if (before == nullptr) return DoesNotFit(event, "no such measure");
  if (body.version() != static_cast<uint32_t>(before->versions_size()) + 1) {
    return DoesNotFit(event, "the version is not one more than the last");
  }
  ASSIGN_OR_RETURN(const Period from, PeriodOf(event, body.break_from()));
  state::DefinitionVersion& version = *state.MutableMeasure(body.measure_id()).add_versions();
  version.set_version(body.version());
  version.set_break_from(from.index());
  version.set_comparable(body.comparable());
  return absl::OkStatus();
}

absl::Status ApplyMeasureAssigned(const v1::Event& event, LedgerState& state) {
  const v1::MeasureAssigned& body = event.measure_assigned();
  if (state.measures.Find(body.measure_id()) == nullptr) return DoesNotFit(event, "no such measure");
  if (body.assignee_case() == v1::MeasureAssigned::ASSIGNEE_NOT_SET) return DoesNotFit(event, "no assignee");
  state.MutableMeasure(body.measure_id())
      .add_assignees(body.has_board_id() ? "board/" + body.board_id() : "project/" + body.project_id());
  return absl::OkStatus();
}

absl::Status ApplyMeasurementRecorded(const v1::Event& event, LedgerState& state) {
  const v1::MeasurementRecorded& body = event.measurement_recorded();
  ASSIGN_OR_RETURN(state::MeasurementState* const row,
                   EmptyMonth(event, body.measure_id(), body.period(), body.definition_version(), state));
  row->set_numerator(body.numerator());
  row->set_denominator(body.denominator());
  row->set_partial(body.partial());
  return absl::OkStatus();
}

absl::Status ApplyWaitBandsRecorded(const v1::Event& event, LedgerState& state) {
  const v1::WaitBandsRecorded& body = event.wait_bands_recorded();
  ASSIGN_OR_RETURN(state::MeasurementState* const row,
                   EmptyMonth(event, body.measure_id(), body.period(), body.definition_version(), state));
  *row->mutable_counts() = body.counts();
  row->set_unknown_clock_starts(body.unknown_clock_starts());
  return absl::OkStatus();
}

absl::Status ApplyMeasurementCorrected(const v1::Event& event, LedgerState& state) {
  const v1::MeasurementCorrected& body = event.measurement_corrected();
  ASSIGN_OR_RETURN(state::MeasurementState* const row,
                   EmptyMonth(event, body.measure_id(), body.period(), body.definition_version(), state));
  row->set_numerator(body.numerator());
  row->set_denominator(body.denominator());
  *row->mutable_counts() = body.counts();
  row->set_unknown_clock_starts(body.unknown_clock_starts());
  return absl::OkStatus();
}

absl::Status ApplyMeasurementNotReported(const v1::Event& event, LedgerState& state) {
  const v1::MeasurementNotReported& body = event.measurement_not_reported();
  ASSIGN_OR_RETURN(state::MeasurementState* const row,
                   EmptyMonth(event, body.measure_id(), body.period(), body.definition_version(), state));
  row->set_not_reported(true);
  return absl::OkStatus();
}

}  // namespace realise::evolve
