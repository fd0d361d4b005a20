#include "libs/domain/nhs_number.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace realise {
namespace {

TEST(NhsNumber, ChecksTheLastDigit) {
  EXPECT_TRUE(IsNhsNumber("9434765919"));
  EXPECT_TRUE(IsNhsNumber("4010232137"));
  EXPECT_TRUE(IsNhsNumber("9999999999"));
  EXPECT_FALSE(IsNhsNumber("9434765910"));
  EXPECT_FALSE(IsNhsNumber("1234567890")) << "its check would be 10: never issued";
  EXPECT_FALSE(IsNhsNumber("0000000000")) << "reserved: nobody's";
}

TEST(NhsNumber, OneOfTenEndingsIsValidOrNone) {
  int without = 0;
  for (int stem = 100'000'000; stem < 100'010'000; ++stem) {
    int valid = 0;
    for (char last = '0'; last <= '9'; ++last) valid += IsNhsNumber(std::to_string(stem) + last) ? 1 : 0;
    ASSERT_LE(valid, 1) << stem;
    without += valid == 0 ? 1 : 0;
  }
  // The check is 10 for one stem in eleven.
  EXPECT_NEAR(without, 10'000 / 11, 5);
}

TEST(NhsNumber, IsFoundInTexts) {
  for (const char* text :
       {"9434765919", "943 476 5919", "943-476-5919", "Ref 943 476 5919", "x9434765919y", "see 943-476-5919.",
        "12 9434765919", "9434765910 9434765919", "943 476 9434765919"}) {
    EXPECT_TRUE(ContainsNhsNumber(text)) << text;
  }
  for (const char* text : {"", "9434765910", "19434765919", "94347659191", "943 476 59191", "1943 476 5919",
                           "9434 765 919", "943  476 5919", "943_476_5919", "94 3476 5919", "943476591",
                           "0000000000", "000 000 0000", "2024-06-30", "2024/25-M03", "GBP 123,456,789.00"}) {
    EXPECT_FALSE(ContainsNhsNumber(text)) << text;
  }
}

}  // namespace
}  // namespace realise
