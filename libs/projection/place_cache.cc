#include "libs/projection/place_cache.h"

namespace realise {

std::optional<FoldedPlace> PlaceCache::Find(LedgerNumber ledger, uint64_t moment) const {
  const std::lock_guard lock(mutex_);
  const auto found = kept_.find(ledger);
  if (found == kept_.end() || found->second.moment != moment) return std::nullopt;
  return found->second.place;
}

void PlaceCache::Keep(LedgerNumber ledger, uint64_t moment, const FoldedPlace& place) {
  const std::lock_guard lock(mutex_);
  kept_.insert_or_assign(ledger, Kept{moment, place});
}

}  // namespace realise
