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
#include "libs/ledger/decider_store.h"

namespace realise {

// Not thread-safe.  The store must outlive it.
class EventIds {
 public:
  EventIds(const DeciderStore& store, std::string ledger) : store_(store), ledger_(std::move(ledger)) {}

  // The sequence of the event with this key; if there is none, nothing, and the key is taken for `sequence`.
  //   UNAVAILABLE, DATA_LOSS  the store cannot say; the key is not taken.
  [[nodiscard]] absl::StatusOr<std::optional<Sequence>> FindOrTake(const EventKey& key, Sequence sequence);
  // Takes a key for an event of the log.
  void Take(const EventKey& key, Sequence sequence) { recent_.insert_or_assign(key, sequence); }
  // Frees a key that FindOrTake took.
  void Free(const EventKey& key) { recent_.erase(key); }

  size_t recent_count() const { return recent_.size(); }
  // The recent ones up to `last`, sorted by key, for the store.
  std::vector<std::pair<EventKey, Sequence>> Recent(Sequence last) const;
  // They are in the store now.
  void ForgetRecent(Sequence last);
  // The store holds some from before.
  void ExpectStored() { some_stored_ = true; }

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
  bool some_stored_ = false;
  absl::flat_hash_map<EventKey, Sequence, KeyHash> recent_;
};

}  // namespace realise
