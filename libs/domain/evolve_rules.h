// How each kind of event changes the state.  For evolve.cc.
//
// Each checks all that it needs before it changes anything; what is wrong is a defect and comes back as
// INTERNAL.
#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/base/calendar.h"
#include "libs/domain/ledger_state.h"
#include "realise/v1/event.pb.h"

namespace realise::evolve {

// INTERNAL, naming the type of the event that does not fit.
[[nodiscard]] absl::Status DoesNotFit(const v1::Event& event, std::string_view why);
[[nodiscard]] absl::StatusOr<Date> DateOf(const v1::Event& event, std::string_view text);
[[nodiscard]] absl::StatusOr<Period> PeriodOf(const v1::Event& event, std::string_view text);

// Boards, projects and periods.
[[nodiscard]] absl::Status ApplyBoardEstablished(const v1::Event& event, LedgerState& state);
[[nodiscard]] absl::Status ApplyBoardRenamed(const v1::Event& event, LedgerState& state);
[[nodiscard]] absl::Status ApplyBoardClosed(const v1::Event& event, LedgerState& state);
[[nodiscard]] absl::Status ApplyProjectProposed(const v1::Event& event, LedgerState& state);
[[nodiscard]] absl::Status ApplyProjectAssignedToBoard(const v1::Event& event, LedgerState& state);
[[nodiscard]] absl::Status ApplyProjectCancelled(const v1::Event& event, LedgerState& state);
[[nodiscard]] absl::Status ApplyProjectClosed(const v1::Event& event, LedgerState& state);
[[nodiscard]] absl::Status ApplyPeriodOpened(const v1::Event& event, LedgerState& state);
[[nodiscard]] absl::Status ApplyPeriodClosed(const v1::Event& event, LedgerState& state);

// Benefits and claims.
[[nodiscard]] absl::Status ApplyBenefitRegistered(const v1::Event& event, LedgerState& state);
[[nodiscard]] absl::Status ApplyBaselineSet(const v1::Event& event, LedgerState& state);
[[nodiscard]] absl::Status ApplyBenefitWithdrawn(const v1::Event& event, LedgerState& state);
[[nodiscard]] absl::Status ApplyClaimSubmitted(const v1::Event& event, LedgerState& state);
[[nodiscard]] absl::Status ApplyClaimValidated(const v1::Event& event, LedgerState& state);
[[nodiscard]] absl::Status ApplyClaimQueried(const v1::Event& event, LedgerState& state);
[[nodiscard]] absl::Status ApplyClaimRejected(const v1::Event& event, LedgerState& state);
[[nodiscard]] absl::Status ApplyClaimCorrected(const v1::Event& event, LedgerState& state);
[[nodiscard]] absl::Status ApplyClaimReversed(const v1::Event& event, LedgerState& state);

// Measures.
[[nodiscard]] absl::Status ApplyMeasureDefined(const v1::Event& event, LedgerState& state);
[[nodiscard]] absl::Status ApplyMeasureRedefined(const v1::Event& event, LedgerState& state);
[[nodiscard]] absl::Status ApplyMeasureAssigned(const v1::Event& event, LedgerState& state);
[[nodiscard]] absl::Status ApplyMeasurementRecorded(const v1::Event& event, LedgerState& state);
[[nodiscard]] absl::Status ApplyWaitBandsRecorded(const v1::Event& event, LedgerState& state);
[[nodiscard]] absl::Status ApplyMeasurementCorrected(const v1::Event& event, LedgerState& state);
[[nodiscard]] absl::Status ApplyMeasurementNotReported(const v1::Event& event, LedgerState& state);

// Publishers.
[[nodiscard]] absl::Status ApplyPublisherRegistered(const v1::Event& event, LedgerState& state);
[[nodiscard]] absl::Status ApplyPublisherWithdrawn(const v1::Event& event, LedgerState& state);

}  // namespace realise::evolve
