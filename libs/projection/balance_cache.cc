#include "libs/projection/balance_cache.h"

#include <optional>

namespace realise {
namespace {

// Those of an account stand together, in the order of where they begin.
std::string KeyOf(const ViewKeyspace& keys, const std::string& account, Sequence from) {
  std::string key = keys.AccountName(account);
  key.push_back('\0');
  AppendUint64(key, from);
  return key;
}

}  // namespace

SharedHistory BalanceCache::Find(const ViewKeyspace& keys, const std::string& account, Sequence sequence) {
  const std::string key = KeyOf(keys, account, sequence);
  const auto kept = kept_.FindUpTo(key, key.size() - sizeof(Sequence));
  return kept && sequence <= (*kept)->up_to ? *kept : nullptr;
}

void BalanceCache::Keep(const ViewKeyspace& keys, const std::string& account, const SharedHistory& history) {
  const size_t bytes = sizeof(AccountHistory) + history->balances.size() * sizeof(CellBalance) +
                       history->postings.size() * sizeof(AccountPosting);
  kept_.Keep(KeyOf(keys, account, history->from), history, bytes);
}

}  // namespace realise
