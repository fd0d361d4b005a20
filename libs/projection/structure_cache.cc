#include "libs/projection/structure_cache.h"

#include <algorithm>
#include <utility>

#include "libs/base/status_macros.h"

namespace realise {

absl::StatusOr<SharedStructure> StructureCache::Get(const ViewKeyspace& keys, Sequence last_fact,
                                                    const ReadFacts& read) {
  const Key key(keys.version, keys.ledger, last_fact);
  auto [after, kept] = Nearest(key);
  if (kept.structure && after == last_fact) return kept.structure;
  // Without the lock: two who ask at once may both fold, and get the same.
  Structure structure = kept.structure ? *kept.structure : Structure();
  ASSIGN_OR_RETURN(const std::vector<FactEvent> facts, read(after));
  RETURN_IF_ERROR(structure.Add(facts));
  kept.structure = Structure::Share(std::move(structure));
  kept.facts += facts.size();
  Keep(key, kept);
  return kept.structure;
}

std::pair<Sequence, StructureCache::Kept> StructureCache::Nearest(const Key& key) {
  const std::lock_guard lock(mutex_);
  const auto behind = kept_.upper_bound(key);
  if (behind == kept_.begin()) return {};
  const auto at = std::prev(behind);
  const auto& [version, ledger, sequence] = at->first;
  if (version != std::get<0>(key) || ledger != std::get<1>(key)) return {};
  at->second.used = ++uses_;
  return {sequence, at->second};
}

void StructureCache::Keep(const Key& key, Kept kept) {
  const std::lock_guard lock(mutex_);
  kept.used = ++uses_;
  const size_t facts = kept.facts;
  if (kept_.emplace(key, std::move(kept)).second) facts_ += facts;
  while (kept_.size() > 1 && (kept_.size() > limits_.structures_max || facts_ > limits_.facts_max)) {
    const auto oldest = std::min_element(kept_.begin(), kept_.end(), [](const auto& a, const auto& b) {
      return a.second.used < b.second.used;
    });
    facts_ -= oldest->second.facts;
    kept_.erase(oldest);
  }
}

size_t StructureCache::structures() const {
  const std::lock_guard lock(mutex_);
  return kept_.size();
}

size_t StructureCache::facts() const {
  const std::lock_guard lock(mutex_);
  return facts_;
}

}  // namespace realise
