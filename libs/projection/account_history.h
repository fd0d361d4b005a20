// A piece of an account's history: its balances somewhere, and what was posted since.
#pragma once

#include <memory>
#include <vector>

#include "libs/base/ids.h"
#include "libs/projection/figure_source.h"
#include "libs/view_store/view_rows.h"

namespace realise {

struct AccountHistory {
  Sequence from = 0;
  Sequence up_to = 0;                    // nothing else was posted up to here
  std::vector<CellBalance> balances;     // behind `from`, by cell
  std::vector<AccountPosting> postings;  // behind `from`, in the order of the log
};
// Shared by the cache, which may let go of it, with the question that is being answered from it.
using SharedHistory = std::shared_ptr<const AccountHistory>;

// The balances behind `sequence`, by cell.   REQUIRES: from <= sequence <= up_to.
[[nodiscard]] std::vector<CellBalance> BalancesBehind(const AccountHistory& history, Sequence sequence);

}  // namespace realise
