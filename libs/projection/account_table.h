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
    // Rows one behind the other: sequence 8, length 4, value.
    std::string postings;
    std::vector<AccountCheckpoint> checkpoints;
  };
  std::vector<Changed> accounts_;  // by number
};

// What events posted, in the order of the log.
class PostedEvents {
 public:
  // REQUIRES: sequences rise.
  void Add(Sequence sequence, const std::vector<Posting>& postings);
  void Clear();

 private:
  friend class AccountTable;
  struct Row {
    Sequence sequence = 0;
    size_t name = 0;  // where the account's begins
    size_t name_bytes = 0;
    Cell cell = 0;
    int64_t delta = 0;
  };
  std::string names_;
  std::vector<Row> rows_;
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

  // Forgets all balances if there are more than `cells_max` in memory, but for those of accounts that were
  // posted to since rows were taken; they are loaded again when an account is posted to.   REQUIRES: the rows
  // that were taken are in the store.
  void LetGoOfBalances(size_t cells_max);
  size_t cells_in_memory() const { return cells_in_memory_; }

 private:
  using Balances =
      absl::flat_hash_map<Cell, Balance, HashOrLikely<absl::Hash<Cell>>, EqualOrLikely<std::equal_to<Cell>>>;
  struct Account {
    std::string name;
    ViewAccountRow row;
    bool loaded = false;
    Balances balances;
    // Of this chunk, as AccountRows has them.
    std::string postings;
    std::vector<AccountCheckpoint> checkpoints;
    Sequence last_sequence = 0;  // of the row at the end of `postings`
    size_t last_row = 0;         // where it begins
    bool changed = false;
  };

  Account& Find(std::string_view name);
  absl::Status LoadBalances(Account& account, const ViewStore& store);
  // Where a row goes.
  struct Place {
    Account* account = nullptr;
    size_t cell_hash = 0;
  };
  void AddRow(const Place& place, const PostedEvents::Row& row);
  void EndEvent(Sequence sequence);

  const ViewKeyspace keys_;
  std::deque<Account> accounts_;  // by number - 1
  absl::flat_hash_map<std::string, Account*> by_name_;
  std::vector<Account*> changed_;
  std::vector<Account*> touched_;  // by the event at hand
  std::vector<Place> places_;      // of the rows at hand; kept for its memory
  size_t cells_in_memory_ = 0;
};

// What tells the balances of an account, as its row in the snapshot has it, behind `sequence`: the last
// checkpoint up to there, and the postings since.   UNAVAILABLE, DATA_LOSS  as ViewStore.
[[nodiscard]] absl::StatusOr<AccountHistory> ReadHistory(ViewSnapshot& snapshot, const ViewKeyspace& keys,
                                                         const ViewAccountRow& account, Sequence sequence);

// The balances themselves, by cell.   Errors as above.
[[nodiscard]] absl::StatusOr<std::vector<CellBalance>> ReadBalances(ViewSnapshot& snapshot,
                                                                    const ViewKeyspace& keys,
                                                                    const ViewAccountRow& account,
                                                                    Sequence sequence);

// Appends the postings of an account behind `after` and up to `sequence`, and returns up to where there are
// no others: `sequence` or somewhat further.   Errors as above.
[[nodiscard]] absl::StatusOr<Sequence> ScanPostings(ViewSnapshot& snapshot, const ViewKeyspace& keys,
                                                    AccountNumber account, Sequence after, Sequence sequence,
                                                    std::vector<AccountPosting>& postings);

// A row of the view store that does not decode.
[[nodiscard]] absl::Status DamagedRow(std::string_view key);

}  // namespace realise
