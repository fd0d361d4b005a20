// Which event ids are taken, and by which event: what is recent in memory, what is older in the decider
// store.
#pragma once

#include <cstring>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "libs/base/ids.h"
#include "libs/domain/absence_filter.h"
#include "libs/ledger/decider_store.h"

namespace realise {

// Not thread-safe.  The store must outlive it.
class EventIds {
 public:
  EventIds(const DeciderStore& store, std::string ledger) : store_(store), ledger_(std::move(ledger)) {}

  // What the store says of keys that it may have, in the order of `keys`; asked once for all of them.
  //   UNAVAILABLE, DATA_LOSS  it cannot say.
  [[nodiscard]] absl::StatusOr<std::vector<std::optional<Sequence>>> FindStored(
      const std::vector<EventKey>& keys) const;
  // The sequence of the event with this key; if there is none, nothing, and the key is taken for `sequence`.
  // `stored`: what FindStored said of it, since rows were last forgotten.
  [[nodiscard]] std::optional<Sequence> FindOrTake(const EventKey& key, std::optional<Sequence> stored,
                                                   Sequence sequence);
  // Takes a key for an event of the log.
  void Take(const EventKey& key, Sequence sequence) { recent_.insert_or_assign(key, sequence); }
  // Frees a key that FindOrTake took.
  void Free(const EventKey& key) { recent_.erase(key); }

  size_t recent_count() const { return recent_.size(); }
  // The recent ones up to `last`, for the store, in no order.
  std::vector<std::pair<EventKey, Sequence>> Recent(Sequence last) const;
  // They are in the store now.
  void ForgetRecent(Sequence last);
  // The store holds some from before.
  void ExpectStored() { stored_before_ = true; }

 private:
  struct KeyHash {
    // A key is a part of a SHA-256: any 8 bytes of it are a hash.
    size_t operator()(const EventKey& key) const {
      size_t hash = 0;
      std::memcpy(&hash, key.bytes.data(), sizeof(hash));
      return hash;
    }
  };

  const DeciderStore& store_;
  const std::string ledger_;
  bool stored_before_ = false;
  AbsenceFilter stored_{15'000'000};  // of those that were stored since; at most 22 MiB
  absl::flat_hash_map<EventKey, Sequence, KeyHash> recent_;
};

// As the store wants them.
void SortByKey(std::vector<std::pair<EventKey, Sequence>>& ids);

}  // namespace realise
