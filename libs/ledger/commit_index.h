// Where each valid commit stands, by the sequence it ends at: the recent ones in memory, older ones in the
// store.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "libs/ledger/decider_store.h"

namespace realise {

// Not thread-safe.  The store must outlive it.
class CommitIndex {
 public:
  CommitIndex(const DeciderStore& store, std::string ledger) : store_(store), ledger_(std::move(ledger)) {}

  // The next valid commit.
  void Add(const CommitRow& row) { recent_.push_back(row); }

  // The commit that holds an event.   DATA_LOSS  none does.   UNAVAILABLE  the store cannot say.
  [[nodiscard]] absl::StatusOr<CommitRow> Holding(Sequence sequence) const;
  // Whether a commit with this digest ends at `sequence`.
  [[nodiscard]] absl::StatusOr<bool> Has(Sequence sequence, const Digest& digest) const;

  const std::vector<CommitRow>& recent() const { return recent_; }
  // The first so many are in the store now.
  void ForgetRecent(size_t count) {
    recent_.erase(recent_.begin(), recent_.begin() + static_cast<ptrdiff_t>(count));
  }

 private:
  // The first recent one that ends at or behind `sequence`.
  std::vector<CommitRow>::const_iterator FirstFrom(Sequence sequence) const;

  const DeciderStore& store_;
  const std::string ledger_;
  std::vector<CommitRow> recent_;
};

}  // namespace realise
