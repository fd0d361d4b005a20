// FigureSource over a snapshot of the view store.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "libs/projection/balance_cache.h"
#include "libs/projection/figure_source.h"
#include "libs/projection/place_cache.h"
#include "libs/projection/recent_values.h"
#include "libs/projection/structure_cache.h"
#include "libs/view_store/view_keys.h"
#include "libs/view_store/view_rows.h"
#include "libs/view_store/view_store.h"

namespace realise {

// All commits of a ledger that end at sequences from one up to another, in the order of the log.
struct CommitsRead {
  Sequence from = 0;
  Sequence up_to = 0;
  std::vector<CommitEnd> ends;
};
// Shared by the cache, which may let go of them, with the question that is being answered from them.
using SharedCommits = std::shared_ptr<const CommitsRead>;

// What the questions to one view store share.  Thread-safe.
struct FigureCaches {
  StructureCache structures;
  BalanceCache balances;
  // Those that end before the latest sequence, by the table they stand in.
  RecentValues<SharedCommits> commits{4 * 1024 * 1024};
  // Of each figure those that reach furthest, by the fold that the postings are of and the figure's name.
  RecentValues<SharedMarks> contributions{16 * 1024 * 1024};
  PlaceCache places{};
};

// Not thread-safe; must not outlive the store.
class ViewFigureSource : public FigureSource {
 public:
  // Takes a snapshot of what answers for a ledger now.
  //   NOT_FOUND               nothing of it is folded yet.
  //   UNAVAILABLE, DATA_LOSS  as ViewStore::Open; of its other functions too.
  // Store and caches must outlive it.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<ViewFigureSource>> Open(const ViewStore& store,
                                                                              FigureCaches& caches,
                                                                              const std::string& ledger,
                                                                              LedgerNumber number);

  const std::string& ledger() const override { return ledger_; }
  bool demonstration() const override { return place_.demonstration; }
  uint32_t fold_version() const override { return keys_.version; }
  CommitEnd Latest() const override { return place_.latest; }
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

  // The rows themselves, for digests of them.  The one cursor is this source's too.
  ViewSnapshot& rows() const { return *snapshot_; }
  const ViewKeyspace& keys() const { return keys_; }
  // Void commits passed over up to here.
  uint64_t void_commits() const { return place_.void_commits; }

 private:
  ViewFigureSource(std::string ledger, std::unique_ptr<ViewSnapshot> snapshot, FigureCaches& caches)
      : ledger_(std::move(ledger)), snapshot_(std::move(snapshot)), caches_(caches) {}

  // Those that end at `sequence`, and others.
  absl::StatusOr<SharedCommits> CommitsAround(Sequence sequence) const;
  // From `from` up to `up_to`, or less far if they are many.
  absl::StatusOr<SharedCommits> ReadCommits(Sequence from, Sequence up_to) const;
  // The commit that the cursor stands on.
  absl::StatusOr<CommitEnd> CommitHere(ViewCommitRow* row = nullptr) const;
  // The facts behind `after` and up to `sequence`.
  absl::StatusOr<FactsRead> ReadFacts(Sequence after, Sequence sequence) const;
  // One that tells the balances behind `sequence`.   REQUIRES: `sequence` is not behind the latest.
  absl::StatusOr<SharedHistory> HistoryAt(const std::string& account, Sequence sequence) const;
  // Nothing if the account does not exist.
  absl::StatusOr<std::optional<ViewAccountRow>> FindAccount(const std::string& account) const;

  const std::string ledger_;
  const std::unique_ptr<ViewSnapshot> snapshot_;
  FigureCaches& caches_;
  ViewKeyspace keys_;
  FoldedPlace place_;
};

}  // namespace realise
