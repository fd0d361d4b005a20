#include "libs/domain/evolve.h"

#include "fmt/format.h"
#include "libs/base/status_macros.h"
#include "libs/domain/decide.h"
#include "libs/domain/evolve_rules.h"

namespace realise {
namespace evolve {

absl::Status DoesNotFit(const v1::Event& event, std::string_view why) {
  return absl::InternalError(fmt::format("{} cannot be applied: {}", TypeOf(event), why));
}

absl::StatusOr<Date> DateOf(const v1::Event& event, std::string_view text) {
  const std::optional<Date> date = ParseDate(text);
  if (!date) return DoesNotFit(event, "a date is malformed");
  return *date;
}

absl::StatusOr<Period> PeriodOf(const v1::Event& event, std::string_view text) {
  const std::optional<Period> period = Period::Parse(text);
  if (!period) return DoesNotFit(event, "a period is malformed");
  return *period;
}

namespace {

absl::Status Apply(const v1::Event& event, LedgerState& state) {
  switch (event.body_case()) {
    case v1::Event::kBoardEstablished:
      return ApplyBoardEstablished(event, state);
    case v1::Event::kBoardRenamed:
      return ApplyBoardRenamed(event, state);
    case v1::Event::kBoardClosed:
      return ApplyBoardClosed(event, state);
    case v1::Event::kProjectProposed:
      return ApplyProjectProposed(event, state);
    case v1::Event::kProjectAssignedToBoard:
      return ApplyProjectAssignedToBoard(event, state);
    case v1::Event::kProjectCancelled:
      return ApplyProjectCancelled(event, state);
    case v1::Event::kProjectClosed:
      return ApplyProjectClosed(event, state);
    case v1::Event::kBenefitRegistered:
      return ApplyBenefitRegistered(event, state);
    case v1::Event::kBaselineSet:
      return ApplyBaselineSet(event, state);
    case v1::Event::kBenefitWithdrawn:
      return ApplyBenefitWithdrawn(event, state);
    case v1::Event::kClaimSubmitted:
      return ApplyClaimSubmitted(event, state);
    case v1::Event::kClaimValidated:
      return ApplyClaimValidated(event, state);
    case v1::Event::kClaimQueried:
      return ApplyClaimQueried(event, state);
    case v1::Event::kClaimRejected:
      return ApplyClaimRejected(event, state);
    case v1::Event::kClaimCorrected:
      return ApplyClaimCorrected(event, state);
    case v1::Event::kClaimReversed:
      return ApplyClaimReversed(event, state);
    case v1::Event::kMeasureDefined:
      return ApplyMeasureDefined(event, state);
    case v1::Event::kMeasureRedefined:
      return ApplyMeasureRedefined(event, state);
    case v1::Event::kMeasureAssigned:
      return ApplyMeasureAssigned(event, state);
    case v1::Event::kMeasurementRecorded:
      return ApplyMeasurementRecorded(event, state);
    case v1::Event::kWaitBandsRecorded:
      return ApplyWaitBandsRecorded(event, state);
    case v1::Event::kMeasurementCorrected:
      return ApplyMeasurementCorrected(event, state);
    case v1::Event::kMeasurementNotReported:
      return ApplyMeasurementNotReported(event, state);
    case v1::Event::kPeriodOpened:
      return ApplyPeriodOpened(event, state);
    case v1::Event::kPeriodClosed:
      return ApplyPeriodClosed(event, state);
    case v1::Event::kPublisherRegistered:
      return ApplyPublisherRegistered(event, state);
    case v1::Event::kPublisherWithdrawn:
      return ApplyPublisherWithdrawn(event, state);
    case v1::Event::BODY_NOT_SET:
      break;
  }
  return absl::InternalError("an event of an unknown type cannot be applied");
}

}  // namespace
}  // namespace evolve

absl::Status Evolve(const v1::Event& event, LedgerState& state) {
  const uint64_t version = state.StreamVersion(event.stream());
  if (event.stream_version() != version + 1) {
    return absl::InternalError(fmt::format("{} has stream version {}; its stream is at {}", TypeOf(event),
                                           event.stream_version(), version));
  }
  if (!IsStreamOf(event, event.stream())) {
    return absl::InternalError(fmt::format("{} is in the stream of something else", TypeOf(event)));
  }
  const JournalMark mark = state.Mark();
  RETURN_IF_ERROR(evolve::Apply(event, state));
  state.SetStreamVersion(event.stream(), event.stream_version(), mark);
  return absl::OkStatus();
}

std::string MeasurementKey(std::string_view measure_id, int32_t month_index) {
  std::string key(measure_id);
  key += '/';
  key += std::to_string(month_index);
  return key;
}

}  // namespace realise
