#include "libs/ledger/event_ids.h"

#include <algorithm>

namespace realise {

absl::StatusOr<std::optional<Sequence>> EventIds::FindOrTake(const EventKey& key, Sequence sequence) {
  const auto [at, taken] = recent_.try_emplace(key, sequence);
  if (!taken) return at->second;
  if (!some_stored_) return std::nullopt;
  auto stored = store_.FindId(ledger_, key);
  if (!stored.ok() || stored->has_value()) recent_.erase(at);
  return stored;
}

std::vector<std::pair<EventKey, Sequence>> EventIds::Recent(Sequence last) const {
  std::vector<std::pair<EventKey, Sequence>> rows;
  rows.reserve(recent_.size());
  for (const auto& row : recent_) {
    if (row.second <= last) rows.emplace_back(row.first, row.second);
  }
  std::sort(rows.begin(), rows.end());
  return rows;
}

void EventIds::ForgetRecent(Sequence last) {
  absl::erase_if(recent_, [last](const auto& row) { return row.second <= last; });
  some_stored_ = true;
}

}  // namespace realise
