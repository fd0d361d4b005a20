#include "libs/domain/testing/event_builders.h"

#include <cstdio>
#include <cstdlib>
#include <unordered_map>

#include "fmt/format.h"
#include "libs/domain/decide.h"
#include "libs/domain/evolve.h"
#include "libs/domain/limits.h"

namespace realise::testing {
namespace {

// What every event has; `tells_apart` tells it from others of its type and stream.
v1::Event Finish(v1::Event event, std::string_view role, std::string_view tells_apart = "") {
  const std::string stream = StreamOf(event);
  event.set_id(fmt::format("{}:{}", TypeOf(event), stream.substr(stream.find('/') + 1)));
  if (!tells_apart.empty()) *event.mutable_id() += fmt::format(":{}", tells_apart);
  event.set_source("/test");
  event.set_stream(stream);
  event.set_actor_role(std::string(role));
  event.set_occurred_on(std::string(kOccurredOn));
  event.set_schema_version(kSchemaVersion);
  return event;
}

constexpr std::string_view kAnalyst = "analyst";

}  // namespace

v1::Event BoardEstablished(const std::string& board_id, std::string_view effective_from) {
  v1::Event event;
  v1::BoardEstablished& body = *event.mutable_board_established();
  body.set_board_id(board_id);
  body.set_name("Board " + board_id);
  body.set_theme("urgent care");
  body.set_effective_from(std::string(effective_from));
  return Finish(event, kClaimant);
}

v1::Event BoardRenamed(const std::string& board_id, const std::string& name,
                       std::string_view effective_from) {
  v1::Event event;
  v1::BoardRenamed& body = *event.mutable_board_renamed();
  body.set_board_id(board_id);
  body.set_name(name);
  body.set_effective_from(std::string(effective_from));
  return Finish(event, kClaimant, effective_from);
}

v1::Event BoardClosed(const std::string& board_id, std::string_view effective_from) {
  v1::Event event;
  event.mutable_board_closed()->set_board_id(board_id);
  event.mutable_board_closed()->set_effective_from(std::string(effective_from));
  return Finish(event, kClaimant);
}

v1::Event ProjectProposed(const std::string& project_id) {
  v1::Event event;
  v1::ProjectProposed& body = *event.mutable_project_proposed();
  body.set_project_id(project_id);
  body.set_title("Project " + project_id);
  body.set_accountable_role("director-of-operations");
  return Finish(event, kClaimant);
}

v1::Event ProjectAssigned(const std::string& project_id, const std::string& board_id,
                          std::string_view effective_from) {
  v1::Event event;
  v1::ProjectAssignedToBoard& body = *event.mutable_project_assigned_to_board();
  body.set_project_id(project_id);
  body.set_board_id(board_id);
  body.set_effective_from(std::string(effective_from));
  return Finish(event, kClaimant, effective_from);
}

v1::Event ProjectCancelled(const std::string& project_id, std::string_view effective_from) {
  v1::Event event;
  v1::ProjectCancelled& body = *event.mutable_project_cancelled();
  body.set_project_id(project_id);
  body.set_effective_from(std::string(effective_from));
  body.set_reason(v1::CANCELLATION_REASON_CHANGE_REVERSED);
  return Finish(event, kClaimant);
}

v1::Event ProjectClosed(const std::string& project_id, std::string_view effective_from) {
  v1::Event event;
  event.mutable_project_closed()->set_project_id(project_id);
  event.mutable_project_closed()->set_effective_from(std::string(effective_from));
  return Finish(event, kClaimant);
}

v1::Event BenefitRegistered(const std::string& benefit_id, const std::string& project_id,
                            const BenefitKind& kind) {
  v1::Event event;
  v1::BenefitRegistered& body = *event.mutable_benefit_registered();
  body.set_benefit_id(benefit_id);
  body.set_project_id(project_id);
  body.set_title("Benefit " + benefit_id);
  body.set_financial_class(kind.financial_class);
  body.set_recurrence(kind.recurrence);
  body.set_aim(v1::AIM_PER_CAPITA_COST);
  body.set_sign(kind.sign);
  body.set_owner_role("ward-manager");
  body.set_measure_id(kind.measure_id);
  return Finish(event, kClaimant);
}

v1::Event BaselineSet(const std::string& benefit_id, const std::string& measure_id,
                      const std::string& period_from, const std::string& period_to, int64_t numerator,
                      int64_t denominator, uint32_t version) {
  v1::Event event;
  v1::BaselineSet& body = *event.mutable_baseline_set();
  body.set_benefit_id(benefit_id);
  body.set_measure_id(measure_id);
  body.set_definition_version(version);
  body.set_period_from(period_from);
  body.set_period_to(period_to);
  body.set_numerator(numerator);
  body.set_denominator(denominator);
  body.set_method("the year before the change");
  return Finish(event, kAnalyst);
}

v1::Event BenefitWithdrawn(const std::string& benefit_id) {
  v1::Event event;
  event.mutable_benefit_withdrawn()->set_benefit_id(benefit_id);
  event.mutable_benefit_withdrawn()->set_reason("registered twice");
  return Finish(event, kClaimant);
}

v1::Event ClaimSubmitted(const std::string& claim_id, const std::string& benefit_id,
                         const std::string& relates_to, const std::string& posted_to, int64_t pence) {
  v1::Event event;
  v1::ClaimSubmitted& body = *event.mutable_claim_submitted();
  body.set_claim_id(claim_id);
  body.set_benefit_id(benefit_id);
  body.set_relates_to_period(relates_to);
  body.set_posted_to_period(posted_to);
  body.set_amount_pence(pence);
  body.add_evidence_refs("budget statement, page 2");
  body.set_method("budget before less budget after");
  return Finish(event, kClaimant);
}

v1::Event ClaimValidated(const std::string& claim_id, const std::string& posted_to, int64_t pence) {
  v1::Event event;
  v1::ClaimValidated& body = *event.mutable_claim_validated();
  body.set_claim_id(claim_id);
  body.set_validator_role(std::string(kValidator));
  body.set_amount_pence(pence);
  body.set_posted_to_period(posted_to);
  body.mutable_tests()->set_causation(true);
  body.mutable_tests()->set_realisation(true);
  body.mutable_tests()->set_valuation(true);
  body.mutable_tests()->set_attribution(true);
  body.mutable_tests()->set_validation(true);
  return Finish(event, kValidator);
}

v1::Event ClaimQueried(const std::string& claim_id) {
  v1::Event event;
  event.mutable_claim_queried()->set_claim_id(claim_id);
  event.mutable_claim_queried()->set_question("Which budget fell?");
  return Finish(event, kValidator);
}

v1::Event ClaimRejected(const std::string& claim_id, const std::string& posted_to) {
  v1::Event event;
  event.mutable_claim_rejected()->set_claim_id(claim_id);
  event.mutable_claim_rejected()->set_reason("no budget fell");
  event.mutable_claim_rejected()->set_posted_to_period(posted_to);
  return Finish(event, kValidator);
}

v1::Event ClaimCorrected(const std::string& claim_id, const std::string& relates_to,
                         const std::string& posted_to, int64_t delta_pence) {
  v1::Event event;
  v1::ClaimCorrected& body = *event.mutable_claim_corrected();
  body.set_claim_id(claim_id);
  body.set_relates_to_period(relates_to);
  body.set_posted_to_period(posted_to);
  body.set_delta_pence(delta_pence);
  body.set_reason("counted again");
  return Finish(event, kValidator);
}

v1::Event ClaimReversed(const std::string& claim_id, const std::string& posted_to) {
  v1::Event event;
  event.mutable_claim_reversed()->set_claim_id(claim_id);
  event.mutable_claim_reversed()->set_posted_to_period(posted_to);
  event.mutable_claim_reversed()->set_reason("the budget was never removed");
  return Finish(event, kValidator);
}

v1::Event MeasureDefined(const std::string& measure_id, v1::MeasureUnit unit, v1::Pathway pathway) {
  v1::Event event;
  v1::MeasureDefined& body = *event.mutable_measure_defined();
  body.set_measure_id(measure_id);
  body.set_title("Measure " + measure_id);
  body.set_unit(unit);
  body.set_direction(v1::DIRECTION_DECREASE);
  body.set_pathway(pathway);
  body.set_data_source("monthly return");
  return Finish(event, kAnalyst);
}

v1::Event MeasureRedefined(const std::string& measure_id, uint32_t version, const std::string& break_from,
                           bool comparable) {
  v1::Event event;
  v1::MeasureRedefined& body = *event.mutable_measure_redefined();
  body.set_measure_id(measure_id);
  body.set_version(version);
  body.set_break_from(break_from);
  body.set_comparable(comparable);
  body.set_reason("same day discharges are counted");
  return Finish(event, kAnalyst, std::to_string(version));
}

v1::Event MeasureAssignedToBoard(const std::string& measure_id, const std::string& board_id,
                                 std::string_view effective_from) {
  v1::Event event;
  v1::MeasureAssigned& body = *event.mutable_measure_assigned();
  body.set_measure_id(measure_id);
  body.set_board_id(board_id);
  body.set_effective_from(std::string(effective_from));
  return Finish(event, kAnalyst, "board/" + board_id);
}

v1::Event MeasureAssignedToProject(const std::string& measure_id, const std::string& project_id,
                                   std::string_view effective_from) {
  v1::Event event;
  v1::MeasureAssigned& body = *event.mutable_measure_assigned();
  body.set_measure_id(measure_id);
  body.set_project_id(project_id);
  body.set_effective_from(std::string(effective_from));
  return Finish(event, kAnalyst, "project/" + project_id);
}

v1::Event MeasurementRecorded(const std::string& measure_id, v1::MeasureUnit unit, const std::string& period,
                              int64_t numerator, int64_t denominator, uint32_t version) {
  v1::Event event;
  v1::MeasurementRecorded& body = *event.mutable_measurement_recorded();
  body.set_measure_id(measure_id);
  body.set_definition_version(version);
  body.set_period(period);
  body.set_unit(unit);
  body.set_numerator(numerator);
  body.set_denominator(denominator);
  return Finish(event, kAnalyst, period);
}

v1::Event WaitBandsRecorded(const std::string& measure_id, const std::string& period,
                            const std::vector<int64_t>& counts, int64_t unknown_clock_starts,
                            uint32_t version) {
  v1::Event event;
  v1::WaitBandsRecorded& body = *event.mutable_wait_bands_recorded();
  body.set_measure_id(measure_id);
  body.set_definition_version(version);
  body.set_period(period);
  body.mutable_counts()->Add(counts.begin(), counts.end());
  body.set_unknown_clock_starts(unknown_clock_starts);
  return Finish(event, kAnalyst, period);
}

v1::Event MeasurementCorrected(const std::string& measure_id, const std::string& period,
                               const std::string& supersedes_event_id, int64_t numerator, int64_t denominator,
                               uint32_t version) {
  v1::Event event;
  v1::MeasurementCorrected& body = *event.mutable_measurement_corrected();
  body.set_measure_id(measure_id);
  body.set_definition_version(version);
  body.set_period(period);
  body.set_supersedes_event_id(supersedes_event_id);
  body.set_numerator(numerator);
  body.set_denominator(denominator);
  body.set_reason("published again");
  return Finish(event, kAnalyst, period);
}

v1::Event WaitBandsCorrected(const std::string& measure_id, const std::string& period,
                             const std::string& supersedes_event_id, const std::vector<int64_t>& counts,
                             int64_t unknown_clock_starts, uint32_t version) {
  v1::Event event = MeasurementCorrected(measure_id, period, supersedes_event_id, 0, 0, version);
  v1::MeasurementCorrected& body = *event.mutable_measurement_corrected();
  body.mutable_counts()->Add(counts.begin(), counts.end());
  body.set_unknown_clock_starts(unknown_clock_starts);
  return event;
}

v1::Event MeasurementNotReported(const std::string& measure_id, const std::string& period, uint32_t version) {
  v1::Event event;
  v1::MeasurementNotReported& body = *event.mutable_measurement_not_reported();
  body.set_measure_id(measure_id);
  body.set_definition_version(version);
  body.set_period(period);
  body.set_reason("the system was replaced");
  return Finish(event, kAnalyst, period);
}

v1::Event PeriodOpened(const std::string& period) {
  v1::Event event;
  event.mutable_period_opened()->set_period(period);
  return Finish(event, kValidator);
}

v1::Event PeriodClosed(const std::string& period) {
  v1::Event event;
  event.mutable_period_closed()->set_period(period);
  event.mutable_period_closed()->set_closed_by_role("financial-controller");
  return Finish(event, kValidator);
}

v1::Event PublisherRegistered(const std::string& publisher_id, const std::string& source,
                              const std::vector<std::string>& event_types) {
  v1::Event event;
  v1::PublisherRegistered& body = *event.mutable_publisher_registered();
  body.set_publisher_id(publisher_id);
  body.set_source(source);
  body.mutable_event_types()->Assign(event_types.begin(), event_types.end());
  body.set_name("Publisher " + publisher_id);
  return Finish(event, "data-custodian");
}

v1::Event PublisherWithdrawn(const std::string& publisher_id) {
  v1::Event event;
  event.mutable_publisher_withdrawn()->set_publisher_id(publisher_id);
  event.mutable_publisher_withdrawn()->set_reason("the system was replaced");
  return Finish(event, "data-custodian");
}

v1::Event FromSource(v1::Event event, const std::string& source) {
  event.set_source(source);
  return event;
}

v1::Event WithId(v1::Event event, const std::string& id) {
  event.set_id(id);
  return event;
}

v1::Event OccurredOn(v1::Event event, std::string_view date) {
  event.set_occurred_on(std::string(date));
  return event;
}

v1::Event ByRole(v1::Event event, std::string_view role) {
  event.set_actor_role(std::string(role));
  return event;
}

std::vector<int64_t> Bands(const std::vector<std::pair<int, int64_t>>& counts) {
  std::vector<int64_t> bands(kWaitBands, 0);
  for (const auto& [band, count] : counts) bands.at(static_cast<size_t>(band)) = count;
  return bands;
}

std::vector<v1::Event> Numbered(std::vector<v1::Event> events) {
  std::unordered_map<std::string, uint64_t> versions;
  for (v1::Event& event : events) event.set_stream_version(++versions[event.stream()]);
  return events;
}

LedgerState StateAfter(const std::vector<v1::Event>& events) {
  LedgerState state;
  for (const v1::Event& event : Numbered(events)) {
    const absl::Status applied = Evolve(event, state);
    if (applied.ok()) continue;
    fmt::print(stderr, "{}: {}\n", event.id(), applied.ToString());
    std::abort();
  }
  return state;
}

}  // namespace realise::testing
