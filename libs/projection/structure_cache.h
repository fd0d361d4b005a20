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

#include "absl/status/statusor.h"
#include "libs/base/ids.h"
#include "libs/projection/structure.h"
#include "libs/view_store/view_keys.h"

namespace realise {

struct StructureCacheLimits {
  size_t structures_max = 256;
  // Facts in all structures that are kept, the same one counted once for each; one takes some 200 bytes.  The
  // one used last is kept however many it has.
  size_t facts_max = 200'000;
};

// Thread-safe.
class StructureCache {
 public:
  explicit StructureCache(StructureCacheLimits limits = {}) : limits_(limits) {}

  // The sequence of a ledger's last fact up to `sequence`; 0 if there is none.
  using LastFact = std::function<absl::StatusOr<Sequence>(Sequence sequence)>;
  // A ledger's facts behind `after` and up to `last`.
  using ReadFacts = std::function<absl::StatusOr<std::vector<FactEvent>>(Sequence after, Sequence last)>;

  // The structure as at `sequence` of the ledger and fold version of `keys`.  Goes on from the nearest one
  // before it that is kept, and asks for nothing if it is known that no fact came in between.
  // REQUIRES: events up to `sequence` are folded.   Errors  as Structure::Fold, and those of the two.
  [[nodiscard]] absl::StatusOr<SharedStructure> Get(const ViewKeyspace& keys, Sequence sequence,
                                                    const LastFact& last_fact, const ReadFacts& read);

  // What is kept.
  size_t structures() const;
  size_t facts() const;

 private:
  using Key = std::tuple<uint16_t, LedgerNumber, Sequence>;  // of the last fact
  struct Kept {
    SharedStructure structure;
    size_t facts = 0;
    Sequence up_to = 0;  // no other fact up to here, nor perhaps further
    uint64_t used = 0;   // by the count of uses
  };

  // The one for `key`, or the nearest before it of the same ledger and version; an empty one if there is
  // none.
  std::pair<Sequence, Kept> Nearest(const Key& key);
  void Keep(const Key& key, Kept kept);

  const StructureCacheLimits limits_;
  mutable std::mutex mutex_;
  // Below: guarded by mutex_.
  std::map<Key, Kept> kept_;
  size_t facts_ = 0;
  uint64_t uses_ = 0;
};

}  // namespace realise
