// How far ledgers were folded when they were last asked about.  While nothing is written to the store that is
// how far they are: an answer is the same with the cache as without.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>

#include "absl/container/flat_hash_map.h"
#include "libs/projection/figure_source.h"
#include "libs/view_store/view_keys.h"

namespace realise {

// What the store says of a ledger as a whole.
struct FoldedPlace {
  uint16_t version = 0;  // of the fold that answers
  CommitEnd latest;
  bool demonstration = false;
  uint64_t void_commits = 0;  // passed over up to here
};

// Of one store.  Grows with its ledgers.  Thread-safe.
class PlaceCache {
 public:
  // The place of a ledger at a moment of the store (ViewSnapshot::moment); nothing if it is not kept.
  std::optional<FoldedPlace> Find(LedgerNumber ledger, uint64_t moment) const;
  void Keep(LedgerNumber ledger, uint64_t moment, const FoldedPlace& place);

 private:
  struct Kept {
    uint64_t moment = 0;
    FoldedPlace place;
  };

  mutable std::mutex mutex_;
  absl::flat_hash_map<LedgerNumber, Kept> kept_;  // guarded by mutex_
};

}  // namespace realise
