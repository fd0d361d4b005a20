// Sums of a piece of history, against a map.
#include "libs/projection/account_history.h"

#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <vector>

#include "gtest/gtest.h"

namespace realise {
namespace {

// Nothing where one of the balances does not fit.
void ExpectCells(const std::optional<Cells>& cells, const std::vector<CellBalance>& balances) {
  const bool fit = std::ranges::all_of(balances, [](const auto& b) { return Narrow(b.second).has_value(); });
  ASSERT_EQ(cells.has_value(), fit);
  if (!fit) return;
  ASSERT_EQ(cells->size(), balances.size());
  for (const auto& [cell, balance] : balances) ASSERT_EQ(cells->find(cell)->second, *Narrow(balance));
}

TEST(AccountHistory, BalancesAreWhatWasThereAndWhatWasPostedSince) {
  const uint64_t seed = static_cast<uint64_t>(::testing::UnitTest::GetInstance()->random_seed()) + 7;
  SCOPED_TRACE(::testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  for (int run = 0; run < 50; ++run) {
    AccountHistory history;
    history.from = 10;
    history.up_to = 80;
    std::map<Cell, Balance> expected;
    for (int i = run % 20; i > 0; --i) expected[random() % 40] = static_cast<int64_t>(random());
    history.balances.assign(expected.begin(), expected.end());
    // Of cells that are there, in between them, and behind them, several at one event, some at none.
    for (Sequence at = 11; at <= 80; ++at) {
      for (uint64_t i = random() % 3; i > 0; --i) {
        history.postings.push_back({at, random() % 60, static_cast<int64_t>(random())});
      }
    }
    const std::vector<AccountPosting> in_order = history.postings;
    std::ranges::stable_sort(history.postings, {}, &AccountPosting::cell);
    size_t next = 0;
    for (Sequence at = 10; at <= 80; ++at) {
      for (; next < in_order.size() && in_order[next].sequence == at; ++next) {
        expected[in_order[next].cell] += in_order[next].delta;
      }
      const std::vector<CellBalance> balances(expected.begin(), expected.end());
      ASSERT_EQ(BalancesBehind(history, at), balances) << "run " << run << ", behind " << at;
      ExpectCells(CellsBehind(history, at), balances);
    }
  }
}

TEST(AccountHistory, WithoutAnythingThereAreNoBalances) {
  AccountHistory history;
  history.up_to = 9;
  EXPECT_TRUE(BalancesBehind(history, 9).empty());
  EXPECT_EQ(CellsBehind(history, 9), Cells());
}

TEST(AccountHistory, WhatWasWorkedOutIsGivenBehindTheLastPostingOnly) {
  AccountHistory history;
  history.up_to = 9;
  history.postings = {{3, 1, 10}, {5, 1, 20}};
  history.last_posting = 5;
  history.last = CellsBehind(history, 5);
  EXPECT_EQ(CellsBehind(history, 2), Cells());
  EXPECT_EQ(CellsBehind(history, 4), Cells({{1, 10}}));
  EXPECT_EQ(CellsBehind(history, 5), Cells({{1, 30}}));
  EXPECT_EQ(CellsBehind(history, 9)->begin(), history.last->begin());  // the same, not a copy
}

}  // namespace
}  // namespace realise
