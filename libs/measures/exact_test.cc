#include "libs/measures/exact.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace realise {
namespace {

TEST(ExactTest, RoundsOnceHalfAwayFromZero) {
  EXPECT_EQ(Display(Rational(1, 20), 1), "0.1");
  EXPECT_EQ(Display(Rational(-1, 20), 1), "-0.1");
  EXPECT_EQ(Display(Rational(49, 1000), 1), "0.0");
  EXPECT_EQ(Display(Rational(-49, 1000), 1), "0.0");
  EXPECT_EQ(Display(Rational(37, 6), 1), "6.2");
  EXPECT_EQ(Display(Rational(5, 2), 0), "3");
  EXPECT_EQ(Display(Rational(-5, 2), 0), "-3");
  EXPECT_EQ(Display(Rational(1, 3), 4), "0.3333");
}

TEST(ExactTest, SeparatesThousands) {
  EXPECT_EQ(Display(Rational(0), 0), "0");
  EXPECT_EQ(Display(Rational(999), 1), "999.0");
  EXPECT_EQ(Display(Rational(1000), 0), "1,000");
  EXPECT_EQ(Display(Rational(-322431, 10), 1), "-32,243.1");
  EXPECT_EQ(Display(Rational(Whole("123456789012345678901234567890")), 2),
            "123,456,789,012,345,678,901,234,567,890.00");
  EXPECT_EQ(Display(Rational(99999, 100), 1), "1,000.0");
}

TEST(ExactTest, TextsAreInLowestTerms) {
  EXPECT_EQ(NumeratorText(Rational(-6, 4)), "-3");
  EXPECT_EQ(DenominatorText(Rational(-6, 4)), "2");
  EXPECT_EQ(DenominatorText(Rational(0)), "1");
}

// The display is never further from the value than half of its last place.
RC_GTEST_PROP(ExactProperty, DisplayIsTheNearest, (int32_t numerator)) {
  const int32_t denominator = *rc::gen::inRange(1, 1'000'000);
  const int decimals = *rc::gen::inRange(0, 5);
  const Rational value(numerator, denominator);
  std::string digits;
  for (const char c : Display(value, decimals)) {
    if (c != ',' && c != '.') digits += c;
  }
  const size_t sign = digits[0] == '-' ? 1 : 0;
  digits.erase(sign, std::min(digits.find_first_not_of('0', sign), digits.size() - 1) - sign);
  const Rational shown(Whole(digits), boost::multiprecision::pow(Whole(10), decimals));
  const Rational off =
      boost::multiprecision::abs(shown - value) * boost::multiprecision::pow(Whole(10), decimals);
  RC_ASSERT(off <= Rational(1, 2));
}

}  // namespace
}  // namespace realise
