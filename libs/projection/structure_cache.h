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

  // The facts of a ledger behind `after`, up to the one that is asked for.
  using ReadFacts = std::function<absl::StatusOr<std::vector<FactEvent>>(Sequence after)>;

  // The structure up to the fact at `last_fact` (0 for none) of the ledger and fold version of `keys`.  Goes
  // on from the nearest one before it that is kept.   Errors  as Structure::Fold, and those of `read`.
  [[nodiscard]] absl::StatusOr<SharedStructure> Get(const ViewKeyspace& keys, Sequence last_fact,
                                                    const ReadFacts& read);

  // What is kept.
  size_t structures() const;
  size_t facts() const;

 private:
  using Key = std::tuple<uint16_t, LedgerNumber, Sequence>;
  struct Kept {
    SharedStructure structure;
    size_t facts = 0;
    uint64_t used = 0;  // by the count of uses
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
