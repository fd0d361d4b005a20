#include "libs/projection/structure_cache.h"

#include <algorithm>
#include <span>
#include <utility>

#include "libs/base/status_macros.h"

namespace realise {
namespace {

// Whoever reads many facts keeps a structure this many before the last, for those who ask about positions
// somewhat before: what they get shares most of it, and they read little.
constexpr size_t kFactsAhead = 32;

}  // namespace

absl::StatusOr<SharedStructure> StructureCache::Get(const ViewKeyspace& keys, Sequence sequence,
                                                    const ReadFacts& read) {
  auto [last, kept] = Nearest(Key(keys.version, keys.ledger, sequence));
  if (kept.structure && sequence <= kept.up_to) return kept.structure;
  // Without the lock: two who ask at once may both fold, and get the same.
  ASSIGN_OR_RETURN(const FactsRead behind, read(last, sequence));
  const std::span<const FactEvent> facts = behind.facts;
  SharedStructure structure = kept.structure ? kept.structure : Structure::Share(Structure());
  size_t folded = 0;
  if (facts.size() > 2 * kFactsAhead) {
    folded = facts.size() - kFactsAhead;
    ASSIGN_OR_RETURN(structure, structure->With(facts.first(folded)));
    Keep(Key(keys.version, keys.ledger, facts[folded - 1].sequence),
         {.structure = structure, .up_to = facts[folded].sequence - 1});
  }
  if (!facts.empty()) {
    ASSIGN_OR_RETURN(structure, structure->With(facts.subspan(folded)));
    last = facts.back().sequence;
  }
  Keep(Key(keys.version, keys.ledger, last), {.structure = structure, .up_to = behind.up_to});
  return structure;
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
  const auto [at, added] = kept_.try_emplace(key, kept);
  if (added) CountLocked(*kept.structure);
  at->second.used = ++uses_;
  at->second.up_to = std::max(at->second.up_to, kept.up_to);
  while (kept_.size() > 1 && (kept_.size() > limits_.structures_max || entries_ > limits_.entries_max)) {
    const auto oldest = std::min_element(kept_.begin(), kept_.end(), [](const auto& a, const auto& b) {
      return a.second.used < b.second.used;
    });
    DiscountLocked(*oldest->second.structure);
    kept_.erase(oldest);
  }
}

void StructureCache::CountLocked(const Structure& structure) {
  for (const Structure::Part& part : structure.Parts()) {
    if (++part_uses_[part.at] == 1) entries_ += part.entries;
  }
}

void StructureCache::DiscountLocked(const Structure& structure) {
  for (const Structure::Part& part : structure.Parts()) {
    const auto uses = part_uses_.find(part.at);
    if (--uses->second > 0) continue;
    entries_ -= part.entries;
    part_uses_.erase(uses);
  }
}

size_t StructureCache::structures() const {
  const std::lock_guard lock(mutex_);
  return kept_.size();
}

size_t StructureCache::entries() const {
  const std::lock_guard lock(mutex_);
  return entries_;
}

}  // namespace realise
