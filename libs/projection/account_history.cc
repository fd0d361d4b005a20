#include "libs/projection/account_history.h"

#include <algorithm>
#include <iterator>

namespace realise {
namespace {

bool BySmallerCell(const CellBalance& a, const CellBalance& b) { return a.first < b.first; }

// Adds cells to sorted balances that have none of them yet; they may come more than once.
void AddNew(std::vector<CellBalance>& balances, std::vector<CellBalance> added) {
  std::sort(added.begin(), added.end(), BySmallerCell);
  size_t cells = 0;
  for (const CellBalance& next : added) {
    if (cells > 0 && added[cells - 1].first == next.first) {
      added[cells - 1].second += next.second;
    } else {
      added[cells++] = next;
    }
  }
  const auto middle = static_cast<std::ptrdiff_t>(balances.size());
  balances.insert(balances.end(), added.begin(), added.begin() + static_cast<std::ptrdiff_t>(cells));
  std::inplace_merge(balances.begin(), balances.begin() + middle, balances.end(), BySmallerCell);
}

}  // namespace

std::vector<CellBalance> BalancesBehind(const AccountHistory& history, Sequence sequence) {
  std::vector<CellBalance> balances = history.balances;
  std::vector<CellBalance> added;
  for (const AccountPosting& posting : history.postings) {
    if (posting.sequence > sequence) break;
    const auto at = std::ranges::lower_bound(balances, posting.cell, {}, &CellBalance::first);
    if (at != balances.end() && at->first == posting.cell) {
      at->second += posting.delta;
    } else {
      added.emplace_back(posting.cell, posting.delta);
    }
  }
  if (!added.empty()) AddNew(balances, std::move(added));
  return balances;
}

}  // namespace realise
