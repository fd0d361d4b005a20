// Which definition a measure is counted by in a month, and whether figures of two definitions may be
// compared.
#pragma once

#include <cstdint>

#include "libs/domain/ledger_state.h"

namespace realise {

// The version in force in a month: the last whose break is not after it; 0 for a measure without versions.
[[nodiscard]] uint32_t VersionInForce(const state::MeasureState& measure, int32_t month_index);

// True if the versions are one, or every redefinition between them says that it is comparable.
// False if the measure does not have one of them.
[[nodiscard]] bool Comparable(const state::MeasureState& measure, uint32_t version_a, uint32_t version_b);

}  // namespace realise
