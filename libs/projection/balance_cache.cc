#include "libs/projection/balance_cache.h"

namespace realise {

SharedHistory BalanceCache::FindUpTo(const ViewKeyspace& keys, const std::string& account,
                                     Sequence sequence) {
  return kept_.FindUpTo(keys.AccountName(account), sequence).value_or(nullptr);
}

SharedHistory BalanceCache::FindBehind(const ViewKeyspace& keys, const std::string& account,
                                       Sequence sequence) const {
  return kept_.FindBehind(keys.AccountName(account), sequence).value_or(nullptr);
}

void BalanceCache::Keep(const ViewKeyspace& keys, const std::string& account, const SharedHistory& history) {
  const size_t bytes = sizeof(AccountHistory) + history->balances.capacity() * sizeof(CellBalance) +
                       history->postings.capacity() * sizeof(AccountPosting) +
                       (history->last ? history->last->size() * sizeof(Cells::value_type) : 0);
  kept_.Keep(keys.AccountName(account), history->from, history, bytes);
}

}  // namespace realise
