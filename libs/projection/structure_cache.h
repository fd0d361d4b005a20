// Structures that were folded for earlier questions.  Facts never change, so what was folded up to a fact is
// right for ever: an answer is the same with the cache as without.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <tuple>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "libs/base/ids.h"
#include "libs/projection/structure.h"
#include "libs/view_store/view_keys.h"

namespace realise {

struct StructureCacheLimits {
  size_t structures_max = 256;
  // Entries of the parts of all structures that are kept, a part that several share counted once; one takes
  // some 300 bytes.  The structure used last is kept however many it has.
  size_t entries_max = 100'000;
};

// Facts of a ledger.
struct FactsRead {
  std::vector<FactEvent> facts;
  // No other fact comes up to here.
  Sequence up_to = 0;
};

// Thread-safe.
class StructureCache {
 public:
  explicit StructureCache(StructureCacheLimits limits = {}) : limits_(limits) {}

  // A ledger's facts behind `after` and up to `sequence`.
  using ReadFacts = std::function<absl::StatusOr<FactsRead>(Sequence after, Sequence sequence)>;

  // The structure as at `sequence` of the ledger and fold version of `keys`.  Goes on from the nearest one
  // before it that is kept, and reads nothing if it is known that no fact came in between.
  // REQUIRES: events up to `sequence` are folded.   Errors  as Structure::Fold, and those of `read`.
  [[nodiscard]] absl::StatusOr<SharedStructure> Get(const ViewKeyspace& keys, Sequence sequence,
                                                    const ReadFacts& read);

  // What is kept.
  size_t structures() const;
  size_t entries() const;

 private:
  using Key = std::tuple<uint16_t, LedgerNumber, Sequence>;  // of the last fact
  struct Kept {
    SharedStructure structure;
    Sequence up_to = 0;  // no other fact up to here, nor perhaps further
    uint64_t used = 0;   // by the count of uses
  };

  // The one for `key`, or the nearest before it of the same ledger and version; an empty one if there is
  // none.
  std::pair<Sequence, Kept> Nearest(const Key& key);
  void Keep(const Key& key, Kept kept);
  void CountLocked(const Structure& structure);
  void DiscountLocked(const Structure& structure);

  const StructureCacheLimits limits_;
  mutable std::mutex mutex_;
  // Below: guarded by mutex_.
  std::map<Key, Kept> kept_;
  absl::flat_hash_map<const void*, size_t> part_uses_;  // by kept structures
  size_t entries_ = 0;
  uint64_t uses_ = 0;
};

}  // namespace realise
