// What weekly bands of waits say: percentiles, and how many waited longer than some weeks.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "libs/measures/exact.h"

namespace realise {

inline constexpr int kWeeklyBands = 105;
// Below this many pathways nothing is shown.
inline constexpr int kShownPathwaysMin = 20;

// Pathways by weeks waited: band i holds those of more than i and at most i + 1 weeks (band 0 also day 0),
// the last one all from 104 weeks on.
using WaitBands = std::array<int64_t, kWeeklyBands>;

// A percentile in weeks; nothing in the open band, where it is 104 or more and no more can be said.
using Weeks = std::optional<Rational>;

// All pathways.
[[nodiscard]] Whole Pathways(const WaitBands& bands);

// Pathways in the bands first ... 104.
[[nodiscard]] Whole PathwaysFrom(const WaitBands& bands, int first);

// The value below which the part `quantile` of the pathways lie.  Rank r = quantile x N, exactly; in the
// first band with pathways whose running total reaches r, as many weeks as r reaches into it, linearly.
// REQUIRES: no band is negative, at least one pathway, 0 < quantile <= 1.
[[nodiscard]] Weeks Percentile(const WaitBands& bands, const Rational& quantile);

// Percent of pathways within 18 weeks: 126 days or fewer.   REQUIRES: at least one pathway.
[[nodiscard]] Rational Within18WeeksPercent(const WaitBands& bands);

}  // namespace realise
