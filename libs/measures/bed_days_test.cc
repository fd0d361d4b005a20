#include "libs/measures/bed_days.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace realise {
namespace {

// RH5, adult general and acute beds: 2023/24 against 2024/25.
TEST(BedDaysTest, RealYearIsExactBeforeItIsRounded) {
  const Rational released = BedDaysReleased({333'287, 38'275}, {324'128, 40'926});
  EXPECT_EQ(Display(released, 1), "32,243.1");
  EXPECT_EQ(released, Rational(Whole(333'287) * 40'926 - Whole(324'128) * 38'275, Whole(38'275)));
  // Rounding either length of stay first gives something else.
  const auto with_rounded = [](const Rational& los_before, const Rational& los_after) {
    return Display((los_before - los_after) * 40'926, 1);
  };
  EXPECT_EQ(with_rounded(Rational(871, 100), Rational(792, 100)), "32,331.5");
  EXPECT_EQ(with_rounded(Rational(87, 10), Rational(79, 10)), "32,740.8");
  EXPECT_EQ(Display(Rational(333'287, 38'275), 4), "8.7077");
  EXPECT_EQ(Display(Rational(324'128, 40'926), 4), "7.9199");
  EXPECT_EQ(Display(released * 395, 0), "12,736,024");
}

TEST(BedDaysTest, BadMonthsAreNotFlooredAtZero) {
  const Stays baseline{4'000, 500};
  Rational sum = 0;
  for (int month = 0; month < 6; ++month) sum += BedDaysReleased(baseline, {3'500, 500});
  EXPECT_EQ(sum, 3'000);
  for (int month = 0; month < 3; ++month) sum += BedDaysReleased(baseline, {3'900, 500});
  EXPECT_EQ(sum, 3'300);
  for (int month = 0; month < 3; ++month) sum += BedDaysReleased(baseline, {4'050, 500});
  EXPECT_EQ(sum, 3'150);
}

RC_GTEST_PROP(BedDaysProperty, MonthsAddUpToTheYear, ()) {
  const Stays baseline{*rc::gen::inRange(0, 1'000'000), *rc::gen::inRange(1, 100'000)};
  Rational sum = 0;
  Stays year;
  for (int month = 0; month < 12; ++month) {
    const Stays stays{*rc::gen::inRange(0, 100'000), *rc::gen::inRange(0, 10'000)};
    sum += BedDaysReleased(baseline, stays);
    year.bed_days += stays.bed_days;
    year.discharges += stays.discharges;
  }
  RC_ASSERT(sum == BedDaysReleased(baseline, year));
}

}  // namespace
}  // namespace realise
