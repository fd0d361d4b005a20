// A piece of an account's history: its balances somewhere, and what was posted since.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "libs/base/ids.h"
#include "libs/projection/figure_source.h"
#include "libs/view_store/view_rows.h"

namespace realise {

struct AccountHistory {
  Sequence from = 0;
  Sequence up_to = 0;                    // nothing else was posted up to here
  std::vector<CellBalance> balances;     // behind `from`, by cell
  std::vector<AccountPosting> postings;  // behind `from`, by cell, those of a cell in the order of the log
  Sequence last_posting = 0;             // the last of them; 0 without any
  std::optional<Cells> last;             // CellsBehind `last_posting`, if it was worked out
};
// Shared by the cache, which may let go of it, with the question that is being answered from it.
using SharedHistory = std::shared_ptr<const AccountHistory>;

// The balances behind `sequence`, by cell.   REQUIRES: from <= sequence <= up_to.
[[nodiscard]] std::vector<CellBalance> BalancesBehind(const AccountHistory& history, Sequence sequence);

// The same as an answer has them; nothing if one does not fit into 64 bits.   REQUIRES  as above.
[[nodiscard]] std::optional<Cells> CellsBehind(const AccountHistory& history, Sequence sequence);

}  // namespace realise
