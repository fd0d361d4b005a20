#include "libs/domain/absence_filter.h"

#include <random>

#include "gtest/gtest.h"

namespace realise {
namespace {

TEST(AbsenceFilter, HasAllThatWasAddedAndLittleElse) {
  for (const size_t keys : {0, 1, 50'000, 1'000'000}) {
    SCOPED_TRACE(keys);
    AbsenceFilter filter(2'000'000);
    std::mt19937_64 added(1);
    for (size_t i = 0; i < keys; ++i) filter.Add(added());
    added.seed(1);
    for (size_t i = 0; i < keys; ++i) ASSERT_TRUE(filter.MayHave(added()));
    std::mt19937_64 others(2);
    int wrong = 0;
    for (int i = 0; i < 100'000; ++i) wrong += filter.MayHave(others()) ? 1 : 0;
    EXPECT_LT(wrong, 2'000);
    EXPECT_LE(filter.bytes(), 100'000 + keys * 8);
  }
}

TEST(AbsenceFilter, KnowsNothingOnceThereAreTooMany) {
  AbsenceFilter filter(100);
  for (uint64_t key = 0; key < 100; ++key) filter.Add(key << 32);
  EXPECT_FALSE(filter.MayHave(12345));
  EXPECT_GT(filter.bytes(), 0u);
  filter.Add(7);
  EXPECT_TRUE(filter.MayHave(12345));
  EXPECT_EQ(filter.bytes(), 0u);
}

}  // namespace
}  // namespace realise
