#include <string>

#include "libs/domain/decide.h"

namespace realise {
namespace {

// What the name of a stream is put together from.
struct StreamParts {
  std::string_view kind;  // "claim/"
  std::string_view id;
};

StreamParts PartsOf(const v1::Event& event) {
  switch (event.body_case()) {
    case v1::Event::kBoardEstablished:
      return {"board/", event.board_established().board_id()};
    case v1::Event::kBoardRenamed:
      return {"board/", event.board_renamed().board_id()};
    case v1::Event::kBoardClosed:
      return {"board/", event.board_closed().board_id()};
    case v1::Event::kProjectProposed:
      return {"project/", event.project_proposed().project_id()};
    case v1::Event::kProjectAssignedToBoard:
      return {"project/", event.project_assigned_to_board().project_id()};
    case v1::Event::kProjectCancelled:
      return {"project/", event.project_cancelled().project_id()};
    case v1::Event::kProjectClosed:
      return {"project/", event.project_closed().project_id()};
    case v1::Event::kBenefitRegistered:
      return {"benefit/", event.benefit_registered().benefit_id()};
    case v1::Event::kBaselineSet:
      return {"benefit/", event.baseline_set().benefit_id()};
    case v1::Event::kBenefitWithdrawn:
      return {"benefit/", event.benefit_withdrawn().benefit_id()};
    case v1::Event::kClaimSubmitted:
      return {"claim/", event.claim_submitted().claim_id()};
    case v1::Event::kClaimValidated:
      return {"claim/", event.claim_validated().claim_id()};
    case v1::Event::kClaimQueried:
      return {"claim/", event.claim_queried().claim_id()};
    case v1::Event::kClaimRejected:
      return {"claim/", event.claim_rejected().claim_id()};
    case v1::Event::kClaimCorrected:
      return {"claim/", event.claim_corrected().claim_id()};
    case v1::Event::kClaimReversed:
      return {"claim/", event.claim_reversed().claim_id()};
    case v1::Event::kMeasureDefined:
      return {"measure/", event.measure_defined().measure_id()};
    case v1::Event::kMeasureRedefined:
      return {"measure/", event.measure_redefined().measure_id()};
    case v1::Event::kMeasureAssigned:
      return {"measure/", event.measure_assigned().measure_id()};
    case v1::Event::kMeasurementRecorded:
      return {"measure/", event.measurement_recorded().measure_id()};
    case v1::Event::kWaitBandsRecorded:
      return {"measure/", event.wait_bands_recorded().measure_id()};
    case v1::Event::kMeasurementCorrected:
      return {"measure/", event.measurement_corrected().measure_id()};
    case v1::Event::kMeasurementNotReported:
      return {"measure/", event.measurement_not_reported().measure_id()};
    case v1::Event::kPeriodOpened:
      return {"period/", event.period_opened().period()};
    case v1::Event::kPeriodClosed:
      return {"period/", event.period_closed().period()};
    case v1::Event::kPublisherRegistered:
      return {"publisher/", event.publisher_registered().publisher_id()};
    case v1::Event::kPublisherWithdrawn:
      return {"publisher/", event.publisher_withdrawn().publisher_id()};
    case v1::Event::BODY_NOT_SET:
      break;
  }
  return {};
}

}  // namespace

std::string_view TypeOf(const v1::Event& event) {
  const auto* field = v1::Event::descriptor()->FindFieldByNumber(event.body_case());
  return field == nullptr ? std::string_view() : std::string_view(field->name());
}

std::string StreamOf(const v1::Event& event) {
  const StreamParts parts = PartsOf(event);
  return std::string(parts.kind).append(parts.id);
}

bool IsStreamOf(const v1::Event& event, std::string_view stream) {
  const StreamParts parts = PartsOf(event);
  return stream.starts_with(parts.kind) && stream.substr(parts.kind.size()) == parts.id;
}

}  // namespace realise
