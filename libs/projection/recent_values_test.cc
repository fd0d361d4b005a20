// What is kept and found, against a plain map.
#include "libs/projection/recent_values.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <random>
#include <string>

#include "gtest/gtest.h"

namespace realise {
namespace {

TEST(RecentValues, FindsTheNearestOfTheSameSeries) {
  RecentValues<int> values(1 << 20);
  values.Keep("a", 10, 1, 1);
  values.Keep("a", 30, 3, 1);
  values.Keep("b", 20, 2, 1);
  EXPECT_EQ(values.FindUpTo("a", 9), std::nullopt);
  EXPECT_EQ(values.FindUpTo("a", 10), 1);
  EXPECT_EQ(values.FindUpTo("a", 29), 1);
  EXPECT_EQ(values.FindUpTo("a", 30), 3);
  EXPECT_EQ(values.FindBehind("a", 9), 1);
  EXPECT_EQ(values.FindBehind("a", 10), 3);
  EXPECT_EQ(values.FindBehind("a", 30), std::nullopt);
  EXPECT_EQ(values.FindUpTo("c", 30), std::nullopt);
  EXPECT_EQ(values.FindBehind("c", 0), std::nullopt);
  values.Keep("a", 10, 4, 1);
  EXPECT_EQ(values.FindUpTo("a", 10), 4);
}

TEST(RecentValues, LetsGoOfThoseThatWereNotUsedForLongest) {
  RecentValues<int> values(1200);
  values.Keep("a", 1, 1, 100);
  values.Keep("a", 2, 2, 100);
  values.Keep("b", 3, 3, 100);
  EXPECT_EQ(values.FindUpTo("a", 1), 1);  // used
  values.Keep("b", 4, 4, 100);
  EXPECT_EQ(values.FindUpTo("a", 2), 1);
  EXPECT_EQ(values.FindUpTo("b", 3), 3);
  EXPECT_EQ(values.FindUpTo("b", 4), 4);
  EXPECT_LE(values.bytes(), 1200u);
  values.Keep("c", 1, 5, 5000);  // does not fit at all
  EXPECT_EQ(values.bytes(), 0u);
  EXPECT_EQ(values.FindUpTo("b", 4), std::nullopt);
}

TEST(RecentValues, AreThoseThatWereKeptLast) {
  const uint64_t seed = static_cast<uint64_t>(::testing::UnitTest::GetInstance()->random_seed()) + 9;
  SCOPED_TRACE(::testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  RecentValues<uint64_t> roomy(1 << 20), tight(3000);
  std::map<std::string, std::map<uint64_t, uint64_t>> expected;
  for (int i = 0; i < 2000; ++i) {
    const std::string series(1, static_cast<char>('a' + random() % 3));
    const uint64_t at = random() % 50;
    auto& of = expected[series];
    if (random() % 3 == 0) {
      const uint64_t value = random();
      of[at] = value;
      roomy.Keep(series, at, value, random() % 50);
      tight.Keep(series, at, value, random() % 50);
    }
    const auto behind = of.upper_bound(at);
    const auto found = roomy.FindUpTo(series, at), tightly = tight.FindUpTo(series, at);
    ASSERT_EQ(found.has_value(), behind != of.begin());
    if (found) {
      ASSERT_EQ(*found, std::prev(behind)->second);
    }
    // What was let go of leaves an earlier one.
    if (tightly) {
      ASSERT_TRUE(std::any_of(of.begin(), behind, [&](auto& v) { return v.second == *tightly; }));
    }
    const auto next = roomy.FindBehind(series, at);
    ASSERT_EQ(next.has_value(), behind != of.end());
    if (next) {
      ASSERT_EQ(*next, behind->second);
    }
    ASSERT_LE(tight.bytes(), 3000u);
  }
}

}  // namespace
}  // namespace realise
