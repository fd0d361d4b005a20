// Balances that were read for earlier questions.  What an account had behind an event never changes, so they
// are right for ever: an answer is the same with the cache as without.
#pragma once

#include <optional>
#include <string>

#include "libs/base/ids.h"
#include "libs/projection/figure_source.h"
#include "libs/projection/recent_values.h"
#include "libs/view_store/view_keys.h"

namespace realise {

// Keeps those that were used last.  Thread-safe.
class BalanceCache {
 public:
  // `bytes_max`: of all that is kept, about.
  explicit BalanceCache(size_t bytes_max = 16 * 1024 * 1024) : kept_(bytes_max) {}

  // The balances of an account of the ledger and fold version of `keys` behind `sequence`; nothing if they
  // are not kept.
  std::optional<Cells> Find(const ViewKeyspace& keys, const std::string& account, Sequence sequence);
  // REQUIRES: events up to `sequence` are folded.
  void Keep(const ViewKeyspace& keys, const std::string& account, Sequence sequence, const Cells& cells);

  // What is kept, about.
  size_t bytes() const { return kept_.bytes(); }

 private:
  RecentValues<Cells> kept_;
};

}  // namespace realise
