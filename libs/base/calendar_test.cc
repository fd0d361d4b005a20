#include "libs/base/calendar.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace realise {
namespace {

TEST(Calendar, DatesAreRealDaysInOneForm) {
  EXPECT_EQ(FormatDate(ParseDate("2024-02-29").value()), "2024-02-29");
  for (const char* text : {"", "2023-02-29", "2024-13-01", "2024-2-01", "24-02-01", "2024/02/01",
                           "2024-00-10", "1899-12-31", "2200-01-01", "2024-02-30x", "20a4-02-01"}) {
    EXPECT_EQ(ParseDate(text), std::nullopt) << text;
  }
}

TEST(Calendar, TheFinancialYearBeginsInApril) {
  EXPECT_EQ(Period::Of(*ParseDate("2024-04-01")).ToString(), "2024/25-M01");
  EXPECT_EQ(Period::Of(*ParseDate("2024-06-30")).ToString(), "2024/25-M03");
  EXPECT_EQ(Period::Of(*ParseDate("2024-12-31")).ToString(), "2024/25-M09");
  EXPECT_EQ(Period::Of(*ParseDate("2025-01-01")).ToString(), "2024/25-M10");
  EXPECT_EQ(Period::Of(*ParseDate("2025-03-31")).ToString(), "2024/25-M12");
  EXPECT_EQ(Period::Of(*ParseDate("2025-03-31")).Next().ToString(), "2025/26-M01");
}

TEST(Calendar, PeriodsRoundTrip) {
  for (int index = 1999 * 12; index < 2001 * 12; ++index) {
    const Period period = Period::FromIndex(index);
    EXPECT_EQ(Period::Parse(period.ToString()), period);
    EXPECT_EQ(Period::Of(period.FirstDay()), period);
    EXPECT_EQ(Period::Of(period.LastDay()), period);
    EXPECT_EQ((period.LastDay() - period.FirstDay()).count() + 1, period.days());
  }
  EXPECT_EQ(Period::Parse("2023/24-M11")->days(), 29);
}

TEST(Calendar, PeriodsHaveOneForm) {
  for (const char* text : {"", "2024/26-M01", "2024/25-M00", "2024/25-M13", "2024/25-m01", "2024-25-M01",
                           "2024/25-M1", "2024/25-M011", "M01"}) {
    EXPECT_EQ(Period::Parse(text), std::nullopt) << text;
  }
  EXPECT_EQ(Period::Parse("1999/00-M01")->ToString(), "1999/00-M01");
}

TEST(Calendar, InstantsRoundTrip) {
  const auto instant = ParseInstant("2025-04-09T08:15:01.000250Z");
  ASSERT_TRUE(instant.has_value());
  EXPECT_EQ(FormatInstant(*instant), "2025-04-09T08:15:01.000250Z");
  EXPECT_EQ(FormatInstant(ParseInstant("2025-04-09T08:15:01Z").value()), "2025-04-09T08:15:01.000000Z");
  EXPECT_EQ(FormatInstant(ParseInstant("2025-04-09").value()), "2025-04-09T00:00:00.000000Z");
  for (const char* text :
       {"", "2025-04-09T", "2025-04-09T08:15Z", "2025-04-09T08:15:01", "2025-04-09T24:00:00Z",
        "2025-04-09T08:15:01.Z", "2025-04-09T08:15:01.1234567Z", "2025-04-09 08:15:01Z"}) {
    EXPECT_EQ(ParseInstant(text), std::nullopt) << text;
  }
}

TEST(Calendar, InstantsMayHaveAnOffset) {
  EXPECT_EQ(ParseInstant("2024-06-30T12:00:00+01:00"), ParseInstant("2024-06-30T11:00:00Z"));
  EXPECT_EQ(ParseInstant("2024-06-30T00:15:00.5+01:00"), ParseInstant("2024-06-29T23:15:00.5Z"));
  EXPECT_EQ(ParseInstant("2024-12-31T23:00:00-05:30"), ParseInstant("2025-01-01T04:30:00Z"));
  EXPECT_EQ(ParseInstant("2024-06-30T12:00:00-00:00"), ParseInstant("2024-06-30T12:00:00Z"));
  for (const char* text :
       {"2024-06-30T12:00:00+1:00", "2024-06-30T12:00:00+0100", "2024-06-30T12:00:00+24:00",
        "2024-06-30T12:00:00+01:60", "2024-06-30T12:00:00+", "2024-06-30T12:00:00Z+01:00",
        "2024-06-30T12:00:00 01:00", "2024-06-30T12:00+01:00", "2024-06-30T+12:00:00Z",
        "1900-01-01T00:00:00+00:01", "2199-12-31T23:59:59-00:01"}) {
    EXPECT_EQ(ParseInstant(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace realise
