#include "libs/ledger/event_ids.h"

#include <algorithm>

#include "libs/base/status_macros.h"

namespace realise {
namespace {

// Keys lie scattered over memory.  What is asked for early is there when it is looked at.
constexpr size_t kAhead = 8;

}  // namespace

absl::StatusOr<std::vector<std::optional<Sequence>>> EventIds::FindStored(
    const std::vector<EventKey>& keys) const {
  std::vector<EventKey> asked;
  std::vector<size_t> places;
  for (size_t i = 0; i < keys.size(); ++i) {
    if (i + kAhead < keys.size()) {
      recent_.prefetch(keys[i + kAhead]);
      if (!stored_before_) stored_.Prefetch(KeyHash()(keys[i + kAhead]));
    }
    if (recent_.contains(keys[i])) continue;
    if (!stored_before_ && !stored_.MayHave(KeyHash()(keys[i]))) continue;
    asked.push_back(keys[i]);
    places.push_back(i);
  }
  std::vector<std::optional<Sequence>> sequences(keys.size());
  if (asked.empty()) return sequences;
  ASSIGN_OR_RETURN(const auto found, store_.FindIds(ledger_, asked));
  for (size_t i = 0; i < asked.size(); ++i) sequences[places[i]] = found[i];
  return sequences;
}

std::optional<Sequence> EventIds::FindOrTake(const EventKey& key, std::optional<Sequence> stored,
                                             Sequence sequence) {
  if (stored) return stored;
  const auto [at, taken] = recent_.try_emplace(key, sequence);
  if (taken) return std::nullopt;
  return at->second;
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
  absl::erase_if(recent_, [&](const auto& row) {
    if (row.second > last) return false;
    if (!stored_before_) stored_.Add(KeyHash()(row.first));
    return true;
  });
}

}  // namespace realise
