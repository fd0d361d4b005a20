#include "libs/projection/structure_cache.h"

#include <algorithm>
#include <utility>

#include "libs/base/status_macros.h"

namespace realise {

absl::StatusOr<SharedStructure> StructureCache::Get(const ViewKeyspace& keys, Sequence sequence,
                                                    const LastFact& last_fact, const ReadFacts& read) {
  auto [after, kept] = Nearest(Key(keys.version, keys.ledger, sequence));
  if (kept.structure && sequence <= kept.up_to) return kept.structure;
  // Without the lock: two who ask at once may both fold, and get the same.
  ASSIGN_OR_RETURN(const Sequence last, last_fact(sequence));
  if (!kept.structure || after < last) {
    Structure structure = kept.structure ? *kept.structure : Structure();
    ASSIGN_OR_RETURN(const std::vector<FactEvent> facts, read(after, last));
    RETURN_IF_ERROR(structure.Add(facts));
    kept.structure = Structure::Share(std::move(structure));
    kept.facts += facts.size();
  }
  kept.up_to = sequence;
  Keep(Key(keys.version, keys.ledger, last), kept);
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
  const Sequence up_to = kept.up_to;
  const auto [at, added] = kept_.emplace(key, std::move(kept));
  if (added) facts_ += facts;
  at->second.up_to = std::max(at->second.up_to, up_to);
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
