// Balances that were read for earlier questions.  What an account had behind an event never changes, so they
// are right for ever: an answer is the same with the cache as without.
#pragma once

#include <list>
#include <mutex>
#include <optional>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "libs/base/ids.h"
#include "libs/projection/figure_source.h"
#include "libs/view_store/view_keys.h"

namespace realise {

// Keeps those that were used last.  Thread-safe.
class BalanceCache {
 public:
  // `bytes_max`: of all that is kept, about.
  explicit BalanceCache(size_t bytes_max = 16 * 1024 * 1024) : bytes_max_(bytes_max) {}

  // The balances of an account of the ledger and fold version of `keys` behind `sequence`; nothing if they
  // are not kept.
  std::optional<Cells> Find(const ViewKeyspace& keys, const std::string& account, Sequence sequence);
  // REQUIRES: events up to `sequence` are folded.
  void Keep(const ViewKeyspace& keys, const std::string& account, Sequence sequence, const Cells& cells);

  // What is kept, about.
  size_t bytes() const;

 private:
  struct Kept {
    std::string key;
    Cells cells;
  };
  static size_t BytesOf(const Kept& kept);

  const size_t bytes_max_;
  mutable std::mutex mutex_;
  // Below: guarded by mutex_.
  std::list<Kept> kept_;  // the one used last first
  absl::flat_hash_map<std::string, std::list<Kept>::iterator> by_key_;
  size_t bytes_ = 0;
};

}  // namespace realise
