#include "libs/projection/balance_cache.h"

#include "rocksdb/cache.h"

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

void Delete(const rocksdb::Slice&, void* cells) { delete static_cast<Cells*>(cells); }

}  // namespace

BalanceCache::BalanceCache(size_t bytes_max) : kept_(rocksdb::NewLRUCache(bytes_max)) {}

std::optional<Cells> BalanceCache::Find(const ViewKeyspace& keys, const std::string& account,
                                        Sequence sequence) const {
  rocksdb::Cache::Handle* const found = kept_->Lookup(KeyOf(keys, account, sequence));
  if (found == nullptr) return std::nullopt;
  Cells cells = *static_cast<const Cells*>(kept_->Value(found));
  kept_->Release(found);
  return cells;
}

void BalanceCache::Keep(const ViewKeyspace& keys, const std::string& account, Sequence sequence,
                        const Cells& cells) {
  auto kept = std::make_unique<Cells>(cells);
  const size_t bytes = kEntryBytes + account.size() + cells.size() * kCellBytes;
  // Without a handle it always takes the value: where there is no room for it, it deletes it.
  const rocksdb::Status inserted =
      kept_->Insert(KeyOf(keys, account, sequence), kept.release(), bytes, &Delete);
  inserted.PermitUncheckedError();
}

size_t BalanceCache::bytes() const { return kept_->GetUsage(); }

}  // namespace realise
