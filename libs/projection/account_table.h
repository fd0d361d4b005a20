// The accounts of one ledger while it is folded: their numbers, their balances, and the rows that a chunk of
// commits adds to them.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/hash/hash.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/base/ids.h"
#include "libs/base/prefetch.h"
#include "libs/postings/postings.h"
#include "libs/projection/account_history.h"
#include "libs/projection/posting_rows.h"
#include "libs/view_store/view_rows.h"
#include "libs/view_store/view_store.h"

namespace realise {

// An account gets a checkpoint of all its cells whenever as many cell deltas came as it has cells, and at
// least this many, since the last one.
inline constexpr uint64_t kCheckpointPostingsMin = 256;

// All balances of an account behind `sequence`, in no order.
struct AccountCheckpoint {
  Sequence sequence = 0;
  std::vector<CellBalance> balances;
};

// What a chunk of commits added to accounts.  A value: another thread may put the rows together.
class AccountRows {
 public:
  // The rows of one table each, in the order of their keys.   Errors of `put`.
  [[nodiscard]] absl::Status GiveAccounts(ViewRowSink put, const ViewKeyspace& keys) const;
  [[nodiscard]] absl::Status GiveCheckpoints(ViewRowSink put, const ViewKeyspace& keys) const;
  [[nodiscard]] absl::Status GivePostings(ViewRowSink put, const ViewKeyspace& keys) const;

 private:
  friend class AccountTable;
  struct Changed {
    std::string name;
    ViewAccountRow row;
    std::string postings;  // PostingRows::Take
    std::vector<AccountCheckpoint> checkpoints;
  };
  std::vector<Changed> accounts_;  // by number
};

// Balances are loaded when an account is first posted to, and dropped once there are too many of them. Not
// thread-safe.
class AccountTable {
 public:
  explicit AccountTable(ViewKeyspace keys) : keys_(keys) {}

  // Reads the list of accounts; balances stay where they are.   UNAVAILABLE, DATA_LOSS  as ViewStore.
  [[nodiscard]] absl::Status Load(ViewSnapshot& snapshot);

  // Adds what events posted.  `store` gives the balances of an account that is not in memory.
  // REQUIRES: sequences rise.   UNAVAILABLE, DATA_LOSS  as ViewStore; the table can then no longer be used.
  [[nodiscard]] absl::Status Add(const PostedEvents& events, const ViewStore& store);

  // What was added since the last call; the next chunk begins.
  [[nodiscard]] AccountRows TakeRows();

  // Forgets all balances if there are more than `cells_max` in memory, and the last row of each account with
  // them, but for those of accounts that were posted to since rows were taken; they are loaded again when an
  // account is posted to.   REQUIRES: the rows that were taken are in the store.
  void LetGoOfBalances(size_t cells_max);
  // Last rows count as some cells each.
  size_t cells_in_memory() const { return cells_in_memory_; }

 private:
  using Balances =
      absl::flat_hash_map<Cell, Balance, HashOrLikely<absl::Hash<Cell>>, EqualOrLikely<std::equal_to<Cell>>>;
  struct Account {
    std::string name;
    ViewAccountRow row;
    bool loaded = false;
    Balances balances;
    PostingRows postings;
    std::vector<AccountCheckpoint> checkpoints;  // of this chunk
    bool changed = false;
  };

  Account& Find(std::string_view name);
  absl::Status LoadBalances(Account& account, const ViewStore& store);
  // Where a posting goes.
  struct Place {
    Account* account = nullptr;
    size_t cell_hash = 0;
  };
  void AddPosting(const Place& place, const PostedEvents::Posting& posting);
  void EndEvent(Sequence sequence);

  const ViewKeyspace keys_;
  std::deque<Account> accounts_;  // by number - 1
  absl::flat_hash_map<std::string, Account*> by_name_;
  std::vector<Account*> changed_;
  std::vector<Account*> touched_;  // by the event at hand
  std::vector<Place> places_;      // of the postings at hand; kept for its memory
  size_t cells_in_memory_ = 0;
};

// What was read of an account's history earlier: that which begins before a sequence, and ends before it,
// too, and that which begins behind it, the nearest.  Null if there is none.
struct NearHistory {
  const AccountHistory* before = nullptr;
  const AccountHistory* behind = nullptr;
};

// What tells the balances of an account, as its row in the snapshot has it, behind `sequence` and somewhat
// around it: those at a checkpoint, and the postings since.  Reads further, on or back, if `near` says that
// somebody goes through positions one by one.   UNAVAILABLE, DATA_LOSS  as ViewStore.
[[nodiscard]] absl::StatusOr<AccountHistory> ReadHistory(ViewSnapshot& snapshot, const ViewKeyspace& keys,
                                                         const ViewAccountRow& account, Sequence sequence,
                                                         const NearHistory& near);

// The balances themselves, by cell.   Errors as above.
[[nodiscard]] absl::StatusOr<std::vector<CellBalance>> ReadBalances(ViewSnapshot& snapshot,
                                                                    const ViewKeyspace& keys,
                                                                    const ViewAccountRow& account,
                                                                    Sequence sequence);

}  // namespace realise
