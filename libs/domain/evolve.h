// Evolve: state and an accepted event in, the state after it out.
#pragma once

#include "absl/status/status.h"
#include "libs/domain/ledger_state.h"
#include "realise/v1/event.pb.h"

namespace realise {

// Applies an event, whose stream_version has to be one more than its stream's.  On an error nothing was
// changed.
//   INTERNAL  the event cannot be applied: what Decide accepts can be applied, so this is a defect.  Stop the
//   ledger.
[[nodiscard]] absl::Status Evolve(const v1::Event& event, LedgerState& state);

// The key of a month of a measure in LedgerState::measurements.
[[nodiscard]] std::string MeasurementKey(std::string_view measure_id, int32_t month_index);

}  // namespace realise
