// Which board a project is under.
#pragma once

#include <string>

#include "libs/base/calendar.h"
#include "libs/domain/ledger_state.h"

namespace realise {

// The board that a project is under on a date: that of the last assignment that is not after it.  Null if
// there is none.
[[nodiscard]] const std::string* BoardOn(const state::ProjectState& project, Date date);

// A date as the state keeps it: days since 1970-01-01.
[[nodiscard]] inline int32_t DayNumber(Date date) {
  return static_cast<int32_t>(date.time_since_epoch().count());
}

}  // namespace realise
