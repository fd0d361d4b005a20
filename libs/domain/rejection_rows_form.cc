// What CheckForm refuses.
#include "libs/domain/rejection_rows.h"

namespace realise {
namespace {

using namespace testing;  // NOLINT: the builders read as sentences

std::vector<Row> MissingFields() {
  return {
      {"no id", Reason::kMissingField, "id", {}, With(Claim(), [](auto& e) { e.clear_id(); })},
      {"no source", Reason::kMissingField, "source", {}, With(Claim(), [](auto& e) { e.clear_source(); })},
      {"no role",
       Reason::kMissingField,
       "actor_role",
       {},
       With(Claim(), [](auto& e) { e.clear_actor_role(); })},
      {"no date",
       Reason::kMissingField,
       "occurred_on",
       {},
       With(Claim(), [](auto& e) { e.clear_occurred_on(); })},
      {"no method",
       Reason::kMissingField,
       "claim_submitted.method",
       {},
       With(Claim(), [](auto& e) { e.mutable_claim_submitted()->clear_method(); })},
      {"no class",
       Reason::kMissingField,
       "benefit_registered.financial_class",
       {},
       With(BenefitRegistered("new", "discharge"),
            [](auto& e) { e.mutable_benefit_registered()->clear_financial_class(); })},
      {"no tests",
       Reason::kMissingField,
       "claim_validated.tests",
       {},
       With(Validation(), [](auto& e) { e.mutable_claim_validated()->clear_tests(); })},
      {"no version",
       Reason::kMissingField,
       "measurement_recorded.definition_version",
       {},
       With(LengthOfStay(), [](auto& e) { e.mutable_measurement_recorded()->set_definition_version(0); })},
      {"no assignee",
       Reason::kMissingField,
       "measure_assigned.assignee",
       {},
       With(MeasureAssignedToBoard("falls-count", "theatres"),
            [](auto& e) { e.mutable_measure_assigned()->clear_assignee(); })},
      {"empty assignee",
       Reason::kMissingField,
       "measure_assigned.board_id",
       {},
       MeasureAssignedToBoard("falls-count", "")},
  };
}

std::vector<Row> Malformed() {
  return {
      {"waits without pathway",
       Reason::kMissingField,
       "measure_defined.pathway",
       {},
       MeasureDefined("new-waits", v1::MEASURE_UNIT_WEEKLY_WAIT_BANDS)},
      {"pathway of a count",
       Reason::kMalformed,
       "measure_defined.pathway",
       {},
       MeasureDefined("new-count", v1::MEASURE_UNIT_COUNT, v1::PATHWAY_ADMITTED)},
      {"id with a blank", Reason::kMalformed, "id", {}, WithId(Claim(), "a b")},
      {"id too long", Reason::kMalformed, "id", {}, WithId(Claim(), std::string(129, 'a'))},
      {"capital role", Reason::kMalformed, "actor_role", {}, ByRole(Claim(), "Dr-Smith")},
      {"no such day", Reason::kMalformed, "occurred_on", {}, OccurredOn(Claim(), "2024-06-31")},
      {"calendar month",
       Reason::kMalformed,
       "claim_submitted.relates_to_period",
       {},
       ClaimSubmitted("claim-one", "bed-budget", "2024-06", "2024/25-M03", 1)},
      {"line feed",
       Reason::kMalformed,
       "board_renamed.name",
       {},
       BoardRenamed("theatres", "two\nlines", "2024-04-01")},
      {"21 references",
       Reason::kMalformed,
       "claim_submitted.evidence_refs",
       {},
       With(Claim(),
            [](auto& e) {
              for (int i = 0; i < 20; ++i) e.mutable_claim_submitted()->add_evidence_refs("page");
            })},
      {"enum from the future",
       Reason::kMalformed,
       "benefit_registered.aim",
       {},
       With(BenefitRegistered("new", "discharge"),
            [](auto& e) { e.mutable_benefit_registered()->set_aim(static_cast<v1::Aim>(17)); })},
  };
}

std::vector<Row> TypesOfEvents() {
  const auto registered = [](const std::vector<std::string>& types) {
    return PublisherRegistered("finance-system", "/finance", types);
  };
  const std::string field = "publisher_registered.event_types";
  return {
      {"no type", Reason::kMissingField, field, {}, registered({})},
      {"empty type", Reason::kMalformed, field, {}, registered({""})},
      {"unknown type", Reason::kMalformed, field, {}, registered({"claim_submitted", "claim_forgotten"})},
      {"field that is no type", Reason::kMalformed, field, {}, registered({"actor_role"})},
      {"type of the contract's message", Reason::kMalformed, field, {}, registered({"ClaimSubmitted"})},
      {"type twice", Reason::kMalformed, field, {}, registered({"claim_submitted", "claim_submitted"})},
      {"more than all types",
       Reason::kMalformed,
       field,
       {},
       registered(std::vector<std::string>(1000, "claim_submitted"))},
      {"no name of a publisher",
       Reason::kMissingField,
       "publisher_registered.name",
       {},
       With(registered({"claim_submitted"}),
            [](auto& e) { e.mutable_publisher_registered()->clear_name(); })},
      {"NHS number in the name of a publisher",
       Reason::kPatientIdentifier,
       "publisher_registered.name",
       {},
       With(registered({"claim_submitted"}),
            [](auto& e) { e.mutable_publisher_registered()->set_name("943.476.5919"); })},
      {"source with a blank",
       Reason::kMalformed,
       "publisher_registered.source",
       {},
       PublisherRegistered("finance-system", "/ods finance", {"claim_submitted"})},
  };
}

std::vector<Row> RestOfForm() {
  return {
      {"unknown field",
       Reason::kUnknownField,
       "99",
       {},
       With(Claim(), [](auto& e) { e.GetReflection()->MutableUnknownFields(&e)->AddVarint(99, 1); })},
      {"unknown field of the body",
       Reason::kUnknownField,
       "claim_submitted.98",
       {},
       With(Claim(),
            [](auto& e) {
              auto& body = *e.mutable_claim_submitted();
              body.GetReflection()->MutableUnknownFields(&body)->AddVarint(98, 1);
            })},
      {"unknown field of the tests",
       Reason::kUnknownField,
       "claim_validated.tests.97",
       {},
       With(Validation(),
            [](auto& e) {
              auto& tests = *e.mutable_claim_validated()->mutable_tests();
              tests.GetReflection()->MutableUnknownFields(&tests)->AddVarint(97, 1);
            })},
      {"no body", Reason::kUnknownType, "body", {}, With(Claim(), [](auto& e) { e.clear_body(); })},
      {"schema 2",
       Reason::kUnknownType,
       "schema_version",
       {},
       With(Claim(), [](auto& e) { e.set_schema_version(2); })},
      {"too large",
       Reason::kTooLarge,
       "wait_bands_recorded",
       {},
       WaitBandsRecorded("surgery-waits", "2024/25-M03", std::vector<int64_t>(8000, kHuge))},
      {"NHS number",
       Reason::kPatientIdentifier,
       "claim_submitted.evidence_refs",
       {},
       With(Claim(), [](auto& e) { e.mutable_claim_submitted()->set_evidence_refs(0, "Ref 943 476 5919"); })},
      {"NHS number in the id", Reason::kPatientIdentifier, "id", {}, WithId(Claim(), "x-4010232137")},
      {"stream of another",
       Reason::kStreamMismatch,
       "stream",
       {},
       With(Claim(), [](auto& e) { e.set_stream("claim/another"); })},
      {"stream version",
       Reason::kServerField,
       "stream_version",
       {},
       With(Claim(), [](auto& e) { e.set_stream_version(1); })},
  };
}

}  // namespace

std::vector<Row> FormRows() { return Join({MissingFields(), Malformed(), TypesOfEvents(), RestOfForm()}); }

}  // namespace realise
