#include "libs/domain/nhs_number.h"

#include <random>
#include <set>
#include <string>
#include <vector>

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
  EXPECT_NEAR(without, 909, 5);
}

TEST(NhsNumber, IsFoundInTexts) {
  for (const char* text : {"9434765919",
                           "943 476 5919",
                           "943-476-5919",
                           "Ref 943 476 5919",
                           "x9434765919y",
                           "see 943-476-5919.",
                           "12 9434765919",
                           "9434765910 9434765919",
                           "943 476 9434765919",
                           "943  476 5919",
                           "943_476_5919",
                           "943.476.5919",
                           "943/476/5919",
                           "943\t476\t5919",
                           "943 - 476 - 5919",
                           "943\u00A0476\u00A05919",
                           "943\u202F476\u20075919",
                           "943\u2013476\u20145919",
                           "943\u2011476\u22125919",
                           "943\u200B476 5919",
                           "12 943 476 5919 2024",
                           "9 4 3 4 7 6 5 9 1 9",
                           "Number: 9-4-3-4-7-6-5-9-1-9, ward 12"}) {
    EXPECT_TRUE(ContainsNhsNumber(text)) << text;
  }
  for (const char* text : {"",
                           "9434765910",
                           "19434765919",
                           "94347659191",
                           "943 476 59191",
                           "1943 476 5919",
                           "9434 765 919",
                           "94 3476 5919",
                           "943476591",
                           "0000000000",
                           "000 000 0000",
                           "2024-06-30",
                           "2024/25-M03",
                           "GBP 123,456,789.00",
                           "943 476 5910",
                           "943, 476, 5919",
                           "943 and 476 and 5919",
                           "943     476 5919",
                           "943\u00E9476\u00E95919",
                           "943\xC2",
                           "943 476\xE2\x80",
                           "943476 5919",
                           "943-4765919",
                           "9 4 3 4 7 6 5 9 1",
                           "falls per month: 1 9 4 3 4 7 6 5 9 1 9"}) {
    EXPECT_FALSE(ContainsNhsNumber(text)) << text;
  }
}

class WrittenNhsNumber : public ::testing::Test {
 protected:
  static constexpr const char* kSeparators[] = {" ",      "\t",     "-",      ".",      "_",      "/",
                                                "\u00A0", "\u00AD", "\u2002", "\u2007", "\u2009", "\u200B",
                                                "\u2010", "\u2011", "\u2012", "\u2013", "\u2014", "\u2015",
                                                "\u202F", "\u2060", "\u2212", "\u3000", "\uFEFF", "\uFF0D"};

  size_t Below(size_t n) { return random_() % n; }

  // Nine digits, and the digit that makes them a number.
  std::string Number() {
    while (true) {
      const std::string stem = std::to_string(100'000'000 + Below(900'000'000));
      for (char last = '0'; last <= '9'; ++last) {
        if (IsNhsNumber(stem + last)) return stem + last;
      }
    }
  }

  std::string Separators(size_t count) {
    std::string run;
    for (size_t i = 0; i < count; ++i) run += kSeparators[Below(std::size(kSeparators))];
    return run;
  }

  // With `between` separators, each time others, in front of the digits at `breaks`.
  std::string Written(const std::string& number, const std::set<size_t>& breaks, size_t between) {
    std::string text = "see ";
    for (size_t i = 0; i < number.size(); ++i) {
      if (breaks.contains(i)) text += Separators(between);
      text += number[i];
    }
    return text + (Below(2) == 0 ? "" : ", page 3");
  }

  std::mt19937_64 random_{20240630};
};

TEST_F(WrittenNhsNumber, IsFoundWithAnySeparators) {
  const std::vector<std::set<size_t>> groupings = {{}, {3, 6}, {1, 2, 3, 4, 5, 6, 7, 8, 9}};
  for (int i = 0; i < 20'000; ++i) {
    const std::string number = Number();
    const std::set<size_t>& breaks = groupings[Below(groupings.size())];
    const size_t between = 1 + Below(4);
    const std::string text = Written(number, breaks, between);
    ASSERT_TRUE(ContainsNhsNumber(text)) << text;

    std::string wrong = number;
    wrong.back() = static_cast<char>('0' + (wrong.back() - '0' + 1 + static_cast<int>(Below(9))) % 10);
    const std::string harmless = Written(wrong, breaks, between);
    ASSERT_FALSE(ContainsNhsNumber(harmless)) << harmless;
    if (breaks.empty()) continue;
    const std::string apart = Written(number, breaks, 5);
    ASSERT_FALSE(ContainsNhsNumber(apart)) << apart;
  }
}

}  // namespace
}  // namespace realise
