#include "libs/ledger/commit_index.h"

#include <fmt/format.h>

#include <algorithm>

#include "libs/base/status_macros.h"

namespace realise {

std::vector<CommitRow>::const_iterator CommitIndex::FirstFrom(Sequence sequence) const {
  return std::lower_bound(recent_.begin(), recent_.end(), sequence,
                          [](const CommitRow& row, Sequence wanted) { return row.last_sequence < wanted; });
}

absl::StatusOr<CommitRow> CommitIndex::Holding(Sequence sequence) const {
  // The store's end before the recent ones begin, so its answer comes first.
  ASSIGN_OR_RETURN(const std::optional<CommitRow> stored, store_.FindCommit(ledger_, sequence));
  if (stored) return *stored;
  const auto recent = FirstFrom(sequence);
  if (recent != recent_.end()) return *recent;
  return absl::DataLossError(fmt::format("ledger {}: no commit holds event {}", ledger_, sequence));
}

absl::StatusOr<bool> CommitIndex::Has(Sequence sequence, const Digest& digest) const {
  for (auto row = FirstFrom(sequence); row != recent_.end() && row->last_sequence == sequence; ++row) {
    if (row->digest == digest) return true;
  }
  return store_.HasCommit(ledger_, sequence, digest);
}

}  // namespace realise
