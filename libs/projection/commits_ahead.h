// Reads and parses a ledger's commits, while the ones before them are folded if that is wanted: on a second
// core then.
#pragma once

#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/base/side_thread.h"
#include "libs/event_log/commit_reader.h"
#include "libs/event_log/event_log.h"
#include "realise/v1/commit.pb.h"

namespace realise {

// Messages to parse commits into, again and again: their texts keep their memory, which makes parsing
// twice as fast.  Not thread-safe.
class ParsedBodies {
 public:
  // All are to be parsed into again; now and then they are made anew, so that a long text does not keep
  // its memory for ever.
  void Begin();
  // Another one.  It lives until Begin or the end of this.
  v1::CommitBody& Next();

 private:
  std::vector<std::unique_ptr<v1::CommitBody>> bodies_;
  size_t used_ = 0;
  int begun_ = 0;
};

// Commits that were read at once.
struct CommitBatch {
  std::vector<ReadCommit> commits;
  size_t bytes = 0;  // of them
  // Of each commit, in `parsed`; null if it is void, or does not decode.
  std::vector<const v1::CommitBody*> bodies;
  ParsedBodies parsed;
  internal::v1::LogPlace place;  // behind them
};

// Not thread-safe; the log must outlive it.
class CommitsAhead {
 public:
  // As CommitReader::Open.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<CommitsAhead>> Open(
      EventLog& log, const std::string& ledger, const std::optional<internal::v1::LogPlace>& place);
  // The next commits, as CommitReader::Read, valid until the next call or LetGo; if they have at least half
  // of `bytes_max`, and `ahead`, it goes on to read as many behind them, which the next call returns.
  [[nodiscard]] absl::StatusOr<const CommitBatch*> Read(std::chrono::milliseconds wait_max, size_t bytes_max,
                                                        bool ahead);

  // Frees what Read returned, and the thread, if nobody is going to read on soon.  Waits for what is being
  // read.
  void LetGo();

  // As CommitReader's, of what was read, returned or not.  They wait for what is being read.
  [[nodiscard]] absl::Status CheckAnchors();
  // Whether everything that was in the log at a moment during this call has been returned by Read.
  [[nodiscard]] absl::StatusOr<bool> CaughtUp();

  // Where to go on: behind everything that Read returned.
  const internal::v1::LogPlace& place() const { return place_; }

 private:
  explicit CommitsAhead(std::unique_ptr<CommitReader> reader);
  // In place of a batch that nobody needs any more.
  absl::StatusOr<CommitBatch> ReadNow(std::chrono::milliseconds wait_max, size_t bytes_max,
                                      CommitBatch batch);
  void ReadAhead(size_t bytes_max, CommitBatch spent);
  void Await();

  const std::unique_ptr<CommitReader> reader_;  // of the thread that reads ahead, while it does
  std::future<absl::StatusOr<CommitBatch>> reading_;
  std::optional<absl::StatusOr<CommitBatch>> read_;  // and not yet returned
  CommitBatch returned_;
  internal::v1::LogPlace place_;
  SideThread side_;  // that reads ahead; the last, for it uses the others
};

}  // namespace realise
