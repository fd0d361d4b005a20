#include "libs/projection/balance_cache.h"

#include <utility>

namespace realise {
namespace {

constexpr size_t kEntryBytes = 256;  // without its cells
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
  const std::string key = KeyOf(keys, account, sequence);
  const std::lock_guard lock(mutex_);
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return std::nullopt;
  kept_.splice(kept_.begin(), kept_, found->second);
  return found->second->cells;
}

void BalanceCache::Keep(const ViewKeyspace& keys, const std::string& account, Sequence sequence,
                        const Cells& cells) {
  Kept kept{KeyOf(keys, account, sequence), cells};
  const std::lock_guard lock(mutex_);
  // Two who asked at once have read the same.
  const auto [at, added] = by_key_.try_emplace(kept.key);
  if (!added) return;
  bytes_ += BytesOf(kept);
  kept_.push_front(std::move(kept));
  at->second = kept_.begin();
  while (bytes_ > bytes_max_) {
    bytes_ -= BytesOf(kept_.back());
    by_key_.erase(kept_.back().key);
    kept_.pop_back();
  }
}

size_t BalanceCache::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

size_t BalanceCache::BytesOf(const Kept& kept) {
  return kEntryBytes + 2 * kept.key.size() + kept.cells.size() * kCellBytes;
}

}  // namespace realise
