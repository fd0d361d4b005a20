#include "libs/measures/wait_bands.h"

#include "libs/base/balance.h"

namespace realise {

Whole PathwaysFrom(const WaitBands& bands, int first) {
  Balance sum = 0;
  for (size_t i = static_cast<size_t>(first); i < bands.size(); ++i) sum += bands[i];
  return Whole(sum);
}

Whole Pathways(const WaitBands& bands) { return PathwaysFrom(bands, 0); }

Weeks Percentile(const WaitBands& bands, const Rational& quantile) {
  const Rational rank = quantile * Rational(Pathways(bands));
  // A running total is whole: it reaches the rank where it reaches the whole number at or above it.
  const Whole above = (numerator(rank) + denominator(rank) - 1) / denominator(rank);
  const Balance reached = above.convert_to<Balance>();
  Balance before = 0;
  for (int band = 0; band < kWeeklyBands - 1; ++band) {
    const int64_t count = bands[static_cast<size_t>(band)];
    if (count > 0 && before + count >= reached) return band + (rank - Rational(Whole(before))) / count;
    before += count;
  }
  return std::nullopt;
}

Rational Within18WeeksPercent(const WaitBands& bands) {
  const Whole all = Pathways(bands);
  return {(all - PathwaysFrom(bands, 18)) * 100, all};
}

}  // namespace realise
