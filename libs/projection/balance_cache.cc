#include "libs/projection/balance_cache.h"

namespace realise {
namespace {

// A table of cells is between half full and full.
constexpr size_t kCellBytes = 24;

std::string KeyOf(const ViewKeyspace& keys, const std::string& account, Sequence sequence) {
  std::string key = keys.AccountName(account);
  AppendUint64(key, sequence);
  return key;
}

}  // namespace

std::optional<Cells> BalanceCache::Find(const ViewKeyspace& keys, const std::string& account,
                                        Sequence sequence) {
  return kept_.Find(KeyOf(keys, account, sequence));
}

void BalanceCache::Keep(const ViewKeyspace& keys, const std::string& account, Sequence sequence,
                        const Cells& cells) {
  kept_.Keep(KeyOf(keys, account, sequence), cells, cells.size() * kCellBytes);
}

}  // namespace realise
