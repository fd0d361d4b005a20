// What was read of accounts for earlier questions.  What an account had and was posted up to an event never
// changes, so it is right for ever: an answer is the same with the cache as without.
#pragma once

#include <string>

#include "libs/base/ids.h"
#include "libs/projection/account_history.h"
#include "libs/projection/recent_values.h"
#include "libs/view_store/view_keys.h"

namespace realise {

// Keeps those that were used last.  Thread-safe.
class BalanceCache {
 public:
  // `bytes_max`: of all that is kept, about.
  explicit BalanceCache(size_t bytes_max = 16 * 1024 * 1024) : kept_(bytes_max) {}

  // The last one of an account, of the ledger and fold version of `keys`, that begins at or before
  // `sequence`; it may end before, too.  Null if none is kept.
  SharedHistory FindUpTo(const ViewKeyspace& keys, const std::string& account, Sequence sequence);
  // The first one that begins behind `sequence`.   Null if none is kept.
  SharedHistory FindBehind(const ViewKeyspace& keys, const std::string& account, Sequence sequence) const;
  void Keep(const ViewKeyspace& keys, const std::string& account, const SharedHistory& history);

  // What is kept, about.
  size_t bytes() const { return kept_.bytes(); }

 private:
  RecentValues<SharedHistory> kept_;
};

}  // namespace realise
