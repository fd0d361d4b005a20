#include "libs/measures/bed_days.h"

namespace realise {

Rational BedDaysReleased(const Stays& baseline, const Stays& month) {
  return Rational(Whole(baseline.bed_days) * month.discharges, Whole(baseline.discharges)) -
         Rational(month.bed_days);
}

}  // namespace realise
