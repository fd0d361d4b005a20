#include "libs/projection/account_history.h"

#include <utility>

namespace realise {
namespace {

// Gives the balances behind `sequence`, by cell.  Goes through all postings: that costs less than looking for
// the cell of each.
template <typename Give>
void GiveBalances(const AccountHistory& history, Sequence sequence, Give give) {
  auto next = history.balances.begin();
  const auto end = history.balances.end();
  const std::vector<AccountPosting>& postings = history.postings;
  for (size_t i = 0; i < postings.size();) {
    const Cell cell = postings[i].cell;
    for (; next != end && next->first < cell; ++next) give(next->first, next->second);
    bool was_there = next != end && next->first == cell;
    Balance balance = was_there ? (next++)->second : 0;
    for (; i < postings.size() && postings[i].cell == cell; ++i) {
      const bool counts = postings[i].sequence <= sequence;
      balance += counts ? postings[i].delta : 0;
      was_there |= counts;
    }
    if (was_there) give(cell, balance);
  }
  for (; next != end; ++next) give(next->first, next->second);
}

}  // namespace

std::vector<CellBalance> BalancesBehind(const AccountHistory& history, Sequence sequence) {
  std::vector<CellBalance> balances;
  balances.reserve(history.balances.size());
  GiveBalances(history, sequence, [&](Cell cell, Balance balance) { balances.emplace_back(cell, balance); });
  return balances;
}

std::optional<Cells> CellsBehind(const AccountHistory& history, Sequence sequence) {
  if (history.last && history.last_posting <= sequence) return history.last;
  std::vector<Cells::value_type> cells;
  cells.reserve(history.balances.size());
  bool fits = true;
  GiveBalances(history, sequence, [&](Cell cell, Balance balance) {
    const std::optional<int64_t> sum = Narrow(balance);
    fits = fits && sum;
    cells.emplace_back(cell, sum.value_or(0));
  });
  if (!fits) return std::nullopt;
  return Cells(std::move(cells));
}

}  // namespace realise
