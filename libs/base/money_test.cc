#include "libs/base/money.h"

#include <limits>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace realise {
namespace {

constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
constexpr int64_t kMin = std::numeric_limits<int64_t>::min();

TEST(Money, OverflowIsAnErrorNotAWrap) {
  EXPECT_EQ(CheckedAdd(2, 3), 5);
  EXPECT_EQ(CheckedAdd(kMax, 1), std::nullopt);
  EXPECT_EQ(CheckedAdd(kMin, -1), std::nullopt);
  EXPECT_EQ(CheckedSubtract(kMin, 1), std::nullopt);
  EXPECT_EQ(CheckedSubtract(0, kMin), std::nullopt);
}

TEST(Money, FormatsPence) {
  EXPECT_EQ(FormatPounds(3000000), "30,000.00");
  EXPECT_EQ(FormatPounds(-550000), "-5,500.00");
  EXPECT_EQ(FormatPounds(-5), "-0.05");
  EXPECT_EQ(FormatPounds(kMin), "-92,233,720,368,547,758.08");
  EXPECT_EQ(FormatPoundsPlain(123456789), "1234567.89");
  EXPECT_EQ(FormatCount(333287), "333,287");
  EXPECT_EQ(FormatCount(-100), "-100");
}

TEST(Money, ParsesPounds) {
  struct Row {
    const char* text;
    std::optional<int64_t> pence;
  };
  for (const Row& row : {Row{"24500", 2450000}, Row{"24,500.5", 2450050}, Row{"-0.05", -5}, Row{"0", 0},
                         Row{"1,234,567.89", 123456789}, Row{"-92233720368547758.08", kMin},
                         Row{"92233720368547758.08", std::nullopt}, Row{"", std::nullopt},
                         Row{"-", std::nullopt}, Row{"1.", std::nullopt}, Row{".5", std::nullopt},
                         Row{"1.234", std::nullopt}, Row{"12,34", std::nullopt}, Row{"1,2345", std::nullopt},
                         Row{",123", std::nullopt}, Row{"1e3", std::nullopt}, Row{"--1", std::nullopt},
                         Row{"\xC2\xA3"
                             "5",
                             std::nullopt}}) {
    EXPECT_EQ(ParsePounds(row.text), row.pence) << row.text;
  }
}

}  // namespace
}  // namespace realise
