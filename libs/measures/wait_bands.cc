#include "libs/measures/wait_bands.h"

namespace realise {

Whole PathwaysFrom(const WaitBands& bands, int first) {
  Whole sum = 0;
  for (size_t i = static_cast<size_t>(first); i < bands.size(); ++i) sum += bands[i];
  return sum;
}

Whole Pathways(const WaitBands& bands) { return PathwaysFrom(bands, 0); }

Weeks Percentile(const WaitBands& bands, const Rational& quantile) {
  const Rational rank = quantile * Rational(Pathways(bands));
  Whole before = 0;
  for (int band = 0; band < kWeeklyBands - 1; ++band) {
    const int64_t count = bands[static_cast<size_t>(band)];
    if (count > 0 && Rational(before + count) >= rank) return band + (rank - Rational(before)) / count;
    before += count;
  }
  return std::nullopt;
}

Rational Within18WeeksPercent(const WaitBands& bands) {
  const Whole all = Pathways(bands);
  return {(all - PathwaysFrom(bands, 18)) * 100, all};
}

}  // namespace realise
