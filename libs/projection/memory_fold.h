// The accounts of one ledger, folded from its commits in memory, without any view store: how an audit works
// figures out for itself.
#pragma once

#include <memory>

#include "absl/status/status.h"
#include "libs/event_log/commit_reader.h"
#include "libs/projection/figure_source.h"

namespace realise {

// Takes commits one after another and answers for any position up to the last.  Not thread-safe.
class MemoryFold : public FigureSource {
 public:
  MemoryFold(std::string ledger, uint32_t fold_version);
  ~MemoryFold() override;

  // Folds the next commit, checking the chain on the way.
  //   DATA_LOSS  it is not the valid next commit, or cannot be applied; the message says at which position
  //   and why.
  [[nodiscard]] absl::Status Add(std::string_view stored);

  const std::string& ledger() const override;
  bool demonstration() const override;
  uint32_t fold_version() const override;
  CommitEnd Latest() const override;
  absl::StatusOr<CommitEnd> CommitAtTime(Instant time) const override;
  absl::StatusOr<CommitEnd> CommitEndingAt(Sequence sequence) const override;
  absl::StatusOr<std::vector<CommitEnd>> CommitsEndingAt(Sequence sequence) const override;
  absl::StatusOr<CommitEnd> CommitHolding(Sequence sequence) const override;
  absl::StatusOr<Cells> BalancesAt(const std::string& account, Sequence sequence) const override;
  absl::Status GivePostings(const std::string& account, Sequence from, Sequence up_to,
                            PostingsSink take) const override;
  absl::StatusOr<SharedMarks> MarksOf(const AskedCells& asked, Sequence sequence) const override;
  absl::StatusOr<std::vector<FactEvent>> FactsUpTo(Sequence sequence) const override;
  absl::StatusOr<SharedStructure> StructureAt(Sequence sequence) const override;

 private:
  class Accounts;
  std::unique_ptr<Accounts> accounts_;
};

}  // namespace realise
