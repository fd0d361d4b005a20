// Bed days released: what the baseline's length of stay would have needed for a month's discharges, less what
// was used.
#pragma once

#include <cstdint>

#include "libs/measures/exact.h"

namespace realise {

// Occupied bed days, and discharges, of one span of time.
struct Stays {
  int64_t bed_days = 0;
  int64_t discharges = 0;
};

// baseline.bed_days / baseline.discharges x month.discharges - month.bed_days, exactly; negative if more were
// used. Additive over months with one baseline.   REQUIRES: baseline.discharges > 0.
[[nodiscard]] Rational BedDaysReleased(const Stays& baseline, const Stays& month);

}  // namespace realise
