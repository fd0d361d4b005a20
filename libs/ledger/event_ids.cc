#include "libs/ledger/event_ids.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "libs/base/prefetch.h"
#include "libs/base/status_macros.h"

namespace realise {
namespace {

// The first eight bytes, as a number that is in the order of the keys.
uint64_t BeginOf(const EventKey& key) {
  uint64_t begin = 0;
  std::memcpy(&begin, key.bytes.data(), sizeof(begin));
  return std::endian::native == std::endian::little ? __builtin_bswap64(begin) : begin;
}

}  // namespace

absl::StatusOr<std::vector<std::optional<Sequence>>> EventIds::FindStored(
    const std::vector<EventKey>& keys) const {
  std::vector<EventKey> asked;
  std::vector<size_t> places;
  for (size_t i = 0; i < keys.size(); ++i) {
    if (i + kPrefetchAhead < keys.size()) {
      recent_.prefetch(keys[i + kPrefetchAhead]);
      if (!stored_before_) stored_.Prefetch(KeyHash()(keys[i + kPrefetchAhead]));
    }
    // Without rows from before, the filter alone tells enough: whoever takes a key finds a recent one then.
    const bool asks = stored_before_ ? !recent_.contains(keys[i]) : stored_.MayHave(KeyHash()(keys[i]));
    if (!asks) continue;
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
  return rows;
}

void EventIds::ForgetRecent(Sequence last) {
  if (!stored_before_) {
    std::vector<uint64_t> stored;
    stored.reserve(recent_.size());
    for (const auto& row : recent_) {
      if (row.second <= last) stored.push_back(KeyHash()(row.first));
    }
    for (size_t i = 0; i < stored.size(); ++i) {
      if (i + kPrefetchAhead < stored.size()) stored_.Prefetch(stored[i + kPrefetchAhead]);
      stored_.Add(stored[i]);
    }
  }
  absl::erase_if(recent_, [last](const auto& row) { return row.second <= last; });
}

void SortByKey(std::vector<std::pair<EventKey, Sequence>>& ids) {
  // Few keys begin with the same eight bytes.
  std::sort(ids.begin(), ids.end(), [](const auto& a, const auto& b) {
    const uint64_t begin_a = BeginOf(a.first);
    const uint64_t begin_b = BeginOf(b.first);
    return begin_a != begin_b ? begin_a < begin_b : a.first < b.first;
  });
}

}  // namespace realise
