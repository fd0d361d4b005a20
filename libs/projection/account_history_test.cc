// Sums of a piece of history, against a map.
#include "libs/projection/account_history.h"

#include <map>
#include <random>
#include <vector>

#include "gtest/gtest.h"

namespace realise {
namespace {

TEST(AccountHistory, BalancesAreWhatWasThereAndWhatWasPostedSince) {
  const uint64_t seed = static_cast<uint64_t>(::testing::UnitTest::GetInstance()->random_seed()) + 7;
  SCOPED_TRACE(::testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  for (int run = 0; run < 50; ++run) {
    AccountHistory history{.from = 10, .up_to = 80, .balances = {}, .postings = {}};
    std::map<Cell, Balance> expected;
    for (int i = run % 20; i > 0; --i) expected[random() % 40] = static_cast<int64_t>(random());
    history.balances.assign(expected.begin(), expected.end());
    // Of cells that are there, in between them, and behind them, several at one event, some at none.
    for (Sequence at = 11; at <= 80; ++at) {
      for (uint64_t i = random() % 3; i > 0; --i) {
        history.postings.push_back({at, random() % 60, static_cast<int64_t>(random())});
      }
    }
    size_t next = 0;
    for (Sequence at = 10; at <= 80; ++at) {
      for (; next < history.postings.size() && history.postings[next].sequence == at; ++next) {
        expected[history.postings[next].cell] += history.postings[next].delta;
      }
      ASSERT_EQ(BalancesBehind(history, at), std::vector<CellBalance>(expected.begin(), expected.end()))
          << "run " << run << ", behind " << at;
    }
  }
}

TEST(AccountHistory, WithoutAnythingThereAreNoBalances) {
  EXPECT_TRUE(BalancesBehind({.from = 0, .up_to = 9, .balances = {}, .postings = {}}, 9).empty());
}

}  // namespace
}  // namespace realise
