// The fold of one ledger: commits in, rows of the view store out.
//
//   log -> CommitReader -> events -> postings, state, facts -> a chunk of rows -> one write batch, or one
//   sorted file
//
// Everything that a chunk of commits changed, and the place in the log up to which it goes, is written whole
// or not at all.  Which rows come out depends on the log alone: not on where chunks end, nor on how they are
// written.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/event_log/commit_reader.h"
#include "libs/event_log/event_log.h"
#include "libs/projection/chunk_permits.h"
#include "libs/projection/chunk_rows.h"
#include "libs/projection/commits_ahead.h"
#include "libs/projection/figure_source.h"
#include "libs/view_store/view_keys.h"
#include "libs/view_store/view_store.h"
#include "realise/v1/commit.pb.h"

namespace realise {

// A chunk of no more than this needs no permit: what a ledger that is caught up reads at a time.
inline constexpr size_t kUnpermittedBytes = 512 * 1024;

struct LedgerFoldOptions {
  std::string ledger;
  ViewKeyspace keys;
  // A chunk of more bytes of commits than this is ingested as a sorted file, another is written as a batch.
  size_t catch_up_bytes = 0;
  // A chunk ends when it has this many bytes of commits.
  size_t chunk_bytes = 0;
  // Commits are read so many bytes at a time; as many more meanwhile, if the chunk has room for them.
  size_t read_bytes = 1024 * 1024;
  // More cells, or claims, than this are not kept in memory from chunk to chunk.
  size_t cells_max = 4'000'000;
  size_t claims_max = 100'000;
  // A larger chunk waits for one of these; unlimited if null.  They must outlive the fold.
  ChunkPermits* permits = nullptr;
};

// What a call that failed could not use.
enum class FoldTrouble { kNone, kLog, kStore };

struct FoldStep {
  bool read = false;      // the log had something
  bool ingested = false;  // as a sorted file: more than a little
};

// Not thread-safe; log and store must outlive it.
class LedgerFold {
 public:
  LedgerFold(EventLog& log, ViewStore& store, LedgerFoldOptions options);
  ~LedgerFold();

  LedgerFold(const LedgerFold&) = delete;
  LedgerFold& operator=(const LedgerFold&) = delete;

  // Reads and folds one chunk, waiting up to `wait_max` for its first commit, and writes it; a large one may
  // still be being written at the end, and is awaited, and reported, by a later call.
  //   UNAVAILABLE  the log or the store cannot be used now, trouble() says which; call again.  Nothing is
  //                lost; after trouble with the log what was folded stays in memory.
  //   DATA_LOSS    the fold stopped, and every later call says so: the message says where and why. Everything
  //                up to there is written and answers.
  // Advice() says what an operator should do.
  [[nodiscard]] absl::StatusOr<FoldStep> Step(std::chrono::milliseconds wait_max);

  // Waits for what is still being written.   Errors as Step.
  [[nodiscard]] absl::Status AwaitWritten();

  // Checks that the log is still what was read before.   Errors as Step.
  [[nodiscard]] absl::Status CheckAnchors();

  // Whether everything that was in the log at a moment during this call has been folded.   Errors as Step.
  [[nodiscard]] absl::StatusOr<bool> CaughtUp();

  // Lets go of memory that the store has too, and that is read again when it is needed: for a ledger to which
  // nothing comes at the moment.
  void Rest();
  // Claims and cells in memory.
  size_t kept() const;

  // Makes this fold version the one that answers, and deletes the rows of the one that did, in one write.  It
  // stops instead if the log no longer holds what that one had folded.   Errors as Step.
  [[nodiscard]] absl::Status TakeOver();

  // Below: what is written.  Before the first Step that succeeded: nothing.
  // The fold version that answers; 0 if none.
  uint16_t answering() const { return answering_; }
  const std::optional<CommitEnd>& folded() const { return folded_; }
  uint64_t void_commits() const { return void_commits_; }
  // Of the last call: what failed, if anything did, and what an operator should do about it.
  FoldTrouble trouble() const { return trouble_; }
  const std::string& Advice() const { return advice_; }
  // The event that the fold stopped before, because it cannot be applied.
  const std::optional<Sequence>& unfit() const { return unfit_; }

 private:
  // What was folded: at the end of the rows in the store, and of the chunk at hand.
  struct Memory;
  // One that is being written.
  struct ChunkUnderWay;
  // The first commit that cannot be applied.
  struct Misfit {
    Address address = 0;
    Sequence sequence = 0;
    std::string what;
  };

  absl::Status Load();
  absl::Status LoadMemory();
  absl::Status LoadRows(ViewSnapshot& snapshot, Memory& memory);
  absl::StatusOr<FoldStep> FoldChunk(std::chrono::milliseconds wait_max);
  absl::StatusOr<FoldStep> StopAtMisfit(const internal::v1::LogPlace& place);
  absl::Status Fold(const ReadCommit& commit, const v1::CommitBody* body);
  absl::Status FoldEvents(const ReadCommit& commit, const v1::CommitBody* body);
  absl::StatusOr<size_t> FetchClaims(const CommitBatch& batch, size_t begin);
  absl::Status AddPosted();
  void AddCommitRows(const ReadCommit& commit);
  absl::StatusOr<ChunkPermits::Permit> TakePermit();
  absl::StatusOr<FoldStep> Write(const internal::v1::LogPlace& place, ChunkPermits::Permit permit);
  void Written(const ChunkUnderWay& chunk);
  ChunkRows TakeRows(const internal::v1::LogPlace& place);
  absl::Status Unfit(const ReadCommit& commit, Sequence sequence, std::string_view type,
                     std::string_view why);

  absl::Status FromLog(const absl::Status& status);
  absl::Status FromStore(const absl::Status& status);
  absl::Status CheckHeldByLog(const ViewKeyspace& old);
  absl::Status Stop(const std::string& what, std::string advice);

  EventLog& log_;
  ViewStore& store_;
  const LedgerFoldOptions options_;
  std::unique_ptr<Memory> memory_;  // none before it is loaded
  bool reload_ = false;             // what is in memory cannot be gone on from
  std::optional<Misfit> misfit_;
  std::optional<Sequence> unfit_;
  absl::Status stopped_;
  FoldTrouble trouble_ = FoldTrouble::kNone;
  std::string advice_;
  uint16_t answering_ = 0;
  std::optional<CommitEnd> folded_;
  uint64_t void_commits_ = 0;
};

}  // namespace realise
