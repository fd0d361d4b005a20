#include "libs/measures/wait_bands.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <vector>

namespace realise {
namespace {

const Rational kHalf(1, 2);
const Rational kP92(92, 100);
const Rational kP95(95, 100);

WaitBands Add(const WaitBands& a, const WaitBands& b) {
  WaitBands sum = a;
  for (size_t i = 0; i < sum.size(); ++i) sum[i] += b[i];
  return sum;
}

std::string Shown(const Weeks& weeks) { return weeks ? Display(*weeks, 1) : "104+"; }

TEST(WaitBandsTest, PercentilesOfServicesDoNotAverage) {
  WaitBands a{};
  WaitBands b{};
  for (size_t week = 0; week < 10; ++week) a[week] = 10;
  for (size_t week = 0; week < 4; ++week) b[week] = 1;
  for (size_t week = 4; week < 22; ++week) b[week] = 2;
  EXPECT_EQ(Percentile(a, kHalf), Rational(5));
  EXPECT_EQ(Percentile(b, kHalf), Rational(12));
  EXPECT_EQ(Percentile(Add(a, b), kHalf), Rational(37, 6));
  EXPECT_EQ(Shown(Percentile(Add(a, b), kHalf)), "6.2");
  EXPECT_EQ(Percentile(Add(a, b), kP92), Rational(164, 10));
}

// RH5, admitted, November 2025, General Surgery: what matters of the published bands.
TEST(WaitBandsTest, PublishedPercentilesComeOut) {
  WaitBands surgery{};
  surgery[3] = 115;
  surgery[14] = 7;
  surgery[30] = 108;
  surgery[56] = 2;
  surgery[70] = 12;
  EXPECT_EQ(Pathways(surgery), 244);
  EXPECT_EQ(Percentile(surgery, kHalf), Rational(15));
  EXPECT_EQ(Percentile(surgery, kP95), Rational(569, 10));

  WaitBands trauma{};  // N = 382, median 55 + 2/13
  trauma[20] = 189;
  trauma[55] = 13;
  trauma[60] = 180;
  EXPECT_EQ(Percentile(trauma, kHalf), Rational(55) + Rational(2, 13));
  EXPECT_EQ(Shown(Percentile(trauma, kHalf)), "55.2");
}

TEST(WaitBandsTest, EmptyBandsArePassedOver) {
  WaitBands bands{};
  bands[2] = 10;
  bands[9] = 10;
  EXPECT_EQ(Percentile(bands, kHalf), Rational(3));
  EXPECT_EQ(Percentile(bands, Rational(1)), Rational(10));
  EXPECT_EQ(Percentile(bands, Rational(3, 4)), Rational(19, 2));
}

TEST(WaitBandsTest, OpenBandHasNoWeeks) {
  WaitBands bands{};
  bands[10] = 50;
  bands[104] = 50;
  EXPECT_EQ(Shown(Percentile(bands, kHalf)), "11.0");
  EXPECT_EQ(Shown(Percentile(bands, kP92)), "104+");
  EXPECT_EQ(PathwaysFrom(bands, 52), 50);
}

TEST(WaitBandsTest, DayHundredAndTwentySixIsWithin18Weeks) {
  WaitBands bands{};
  bands[17] = 2;  // days 120 to 126
  bands[18] = 1;  // from day 127 on
  EXPECT_EQ(Within18WeeksPercent(bands), Rational(200, 3));
  EXPECT_EQ(Display(Within18WeeksPercent(bands), 1), "66.7");
}

TEST(WaitBandsTest, CountsOverManyMeasuresOutgrowNothing) {
  WaitBands bands{};
  bands.fill(std::numeric_limits<int64_t>::max());
  EXPECT_EQ(Pathways(bands), Whole(std::numeric_limits<int64_t>::max()) * 105);
  EXPECT_EQ(Percentile(bands, kHalf), Rational(105, 2));
}

WaitBands RandomBands() {
  WaitBands bands{};
  for (const int band :
       *rc::gen::nonEmpty(rc::gen::container<std::vector<int>>(rc::gen::inRange(0, kWeeklyBands)))) {
    bands[static_cast<size_t>(band)] += *rc::gen::inRange(1, 40);
  }
  return bands;
}

// The open band counts as the end of the scale.
Rational Comparable(const Weeks& weeks) { return weeks.value_or(Rational(105)); }

RC_GTEST_PROP(WaitBandsProperty, PooledPercentileLiesBetweenThoseOfItsParts, ()) {
  const WaitBands a = RandomBands();
  const WaitBands b = RandomBands();
  const Rational quantile(*rc::gen::inRange(1, 101), 100);
  const auto [low, high] =
      std::minmax({Comparable(Percentile(a, quantile)), Comparable(Percentile(b, quantile))});
  const Rational pooled = Comparable(Percentile(Add(a, b), quantile));
  RC_ASSERT(low <= pooled);
  RC_ASSERT(pooled <= high);
}

// By its meaning: so many pathways lie below it, when those of its band are spread evenly.
RC_GTEST_PROP(WaitBandsProperty, AsManyLieBelowAsTheRankSays, ()) {
  const WaitBands bands = RandomBands();
  const Rational quantile(*rc::gen::inRange(1, 101), 100);
  const Weeks weeks = Percentile(bands, quantile);
  if (!weeks) {
    RC_ASSERT(Rational(Pathways(bands) - bands[104]) < quantile * Rational(Pathways(bands)));
    return;
  }
  Rational below = 0;
  for (int band = 0; band < kWeeklyBands; ++band) {
    const Rational reach = std::clamp<Rational>(*weeks - band, 0, 1);
    below += reach * bands[static_cast<size_t>(band)];
  }
  RC_ASSERT(below == quantile * Rational(Pathways(bands)));
}

}  // namespace
}  // namespace realise
