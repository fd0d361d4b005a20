// The projection: reads ledgers from the log, folds them, keeps the result in a view store, and answers from
// it.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/base/ids.h"
#include "libs/event_log/event_log.h"
#include "libs/projection/figure_source.h"
#include "libs/projection/view_digest.h"
#include "realise/v1/ledger_service.pb.h"

namespace rocksdb {
class Env;
}

namespace realise {

// Raise it whenever the rows that a log folds into change.  The new version builds beside the old one, from
// the first commit, and takes over when it has caught up; until then the old one answers.
inline constexpr uint32_t kFoldVersion = 5;

struct ProjectionOptions {
  std::string path;             // of the view store's database
  rocksdb::Env* env = nullptr;  // the default one if null; must outlive the projection
  uint32_t fold_version = kFoldVersion;
  // Behind by more than this many bytes of commits, sorted files are ingested; otherwise write batches.
  size_t catch_up_bytes = 8 * 1024 * 1024;
  // A chunk of catching up: bytes of commits folded before they are ingested.
  size_t chunk_bytes = 64 * 1024 * 1024;
  // Commits are read so many bytes at a time; while a chunk has room for more, the next are read and parsed
  // on another thread meanwhile.
  size_t read_bytes = 1024 * 1024;
  // How many ledgers may hold more than half a megabyte of a chunk at the same time; the others wait in turn.
  int large_chunks_max = 2;
  // How often the list of ledgers is looked at again, and anchors are checked.
  std::chrono::milliseconds look_again = std::chrono::seconds(1);
};

// Runs threads of its own once Start was called; RunOnce does the same work by hand, for tests.
// Thread-safe.  The log must outlive it.
class Projection {
 public:
  //   DATA_LOSS    the view store is damaged: delete it, it is rebuilt from the log.
  //   UNAVAILABLE  it cannot be opened (another process has it).
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<Projection>> Open(EventLog& log,
                                                                        ProjectionOptions options);
  ~Projection();

  Projection(const Projection&) = delete;
  Projection& operator=(const Projection&) = delete;

  // Folds in the background until the projection is destroyed.
  void Start();

  // Folds what is in the log now, of every ledger, and returns.  Not together with Start.
  [[nodiscard]] absl::Status RunOnce();

  // A snapshot of a ledger to answer from; it must not outlive the projection.
  //   NOT_FOUND    no such ledger, or nothing of it is folded yet.
  [[nodiscard]] absl::StatusOr<std::unique_ptr<FigureSource>> Snapshot(const std::string& ledger) const;

  // Digests of what answers for a ledger now, to compare replicas.   NOT_FOUND  as Snapshot; else as those of
  // view_digest.h.
  [[nodiscard]] absl::StatusOr<ViewDigest> DigestOf(const std::string& ledger, const ViewDigestScope& scope,
                                                    const GoesOn& goes_on) const;
  [[nodiscard]] absl::StatusOr<std::vector<AccountDigest>> AccountDigestsOf(const std::string& ledger,
                                                                            const AccountDigestScope& scope,
                                                                            const GoesOn& goes_on) const;

  // Waits until the commit that holds a position is folded, or the commit that a receipt names; of a ledger
  // that was only just created too.
  //   DEADLINE_EXCEEDED    it was not within `wait_max`; the message says how far the fold got.
  //   DATA_LOSS            the ledger's fold stopped before it; the message says where and what to do.
  //   FAILED_PRECONDITION  "RECEIPT_MISMATCH ...": this history has no such commit there; or as
  //                        EventLog::CheckLedger.
  //   NOT_FOUND            the log has no such ledger.   UNAVAILABLE  as EventLog::CheckLedger.
  [[nodiscard]] absl::Status WaitFor(const Receipt& receipt, std::chrono::milliseconds wait_max) const;

  // Whether every ledger of the log was caught up with once since this was opened, or has stopped: before, a
  // fleet had better ask another replica.  Once true it stays so.
  [[nodiscard]] bool Ready() const;

  // One row for each ledger, or for those named.
  [[nodiscard]] std::vector<v1::LedgerStatus> Status(const std::vector<std::string>& ledgers) const;

  // Every row of the store, as key and value in hexadecimal, in order; for comparing two folds byte for byte.
  [[nodiscard]] absl::StatusOr<std::vector<std::string>> DumpRows() const;

 private:
  class Impl;
  explicit Projection(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace realise
