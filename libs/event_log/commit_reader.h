// Reads a ledger's commits in order, judges each by the one rule, and keeps watch over what it read before.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "libs/base/ids.h"
#include "libs/event_log/commit.h"
#include "libs/event_log/commit_chain.h"
#include "libs/event_log/event_log.h"
#include "realise/internal/v1/state.pb.h"

namespace realise {

// How many commits a writer has under way at most.  More void commits than this that are chained to each
// other mean that their writer reads another history.
inline constexpr int kPipelineDepthMax = 16;

// One record of the log, judged.
struct ReadCommit {
  Verdict verdict = Verdict::kUndecodable;
  Address address = 0;
  std::optional<Instant> appended_at;
  Digest digest;
  CommitHeader header;  // default if undecodable
  std::string stored;

  std::string_view body() const { return std::string_view(stored).substr(kCommitHeaderBytes); }
};

// Whether a status says that the log is not what a reader read before, or what it kept of that: an anchor
// differs or is gone, or void commits are chained to each other.  Other DATA_LOSS is of a store, or of a
// program.
[[nodiscard]] bool IsLogDamage(const absl::Status& status);

// CommitReader is what every consumer of a ledger reads through: writer, projection, audit.
//
// Anchors: it remembers address and digest of the last valid commit and of the last record, reads both again
// when it is opened, after an error, whenever CheckAnchors is called, once per run of void commits, and
// before it takes in what comes behind a void one; with them the last records of the last few Reads.  If one
// differs or is gone, the log was truncated, recreated or swapped underneath, and every later call returns
// DATA_LOSS. Not thread-safe; the log must outlive it.
class CommitReader {
 public:
  // Opens a ledger from its beginning, or behind `place`, whose anchors are checked.
  //   NOT_FOUND            there is no such ledger.
  //   FAILED_PRECONDITION  its place is unsafe (EventLog::CheckLedger).
  //   DATA_LOSS            an anchor differs or is gone.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<CommitReader>> Open(
      EventLog& log, const std::string& ledger, const std::optional<internal::v1::LogPlace>& place);

  // Returns the next records, valid and void, in order; empty if none came within `wait_max`.
  //   UNAVAILABLE  call again.
  //   DATA_LOSS    stop this ledger: the log is not what it was.  The message says what an operator should
  //   do.
  [[nodiscard]] absl::StatusOr<std::vector<ReadCommit>> Read(std::chrono::milliseconds wait_max,
                                                             size_t bytes_max);

  // Reads both anchors again, and those of the last call, which they replace.  Call it every second, and
  // before a stored place is replaced.   DATA_LOSS  as Read.
  [[nodiscard]] absl::Status CheckAnchors();

  // Whether everything that was in the log at a moment during this call has been returned by Read.
  [[nodiscard]] absl::StatusOr<bool> CaughtUp();

  // As LogReader::End, and the address behind everything that Read returned.
  [[nodiscard]] absl::StatusOr<Address> End();
  Address next_address() const { return reader_->next_address(); }

  // The end of the valid history; nothing before the first commit.
  const std::optional<ChainHead>& head() const { return chain_.head(); }
  // Where to go on: behind everything that Read returned.  Empty ledger_id before the first valid commit.
  const internal::v1::LogPlace& place() const { return place_; }

 private:
  CommitReader(EventLog& log, std::string ledger) : log_(log), ledger_(std::move(ledger)) {}

  absl::Status LookBack();
  void Advance(const ReadCommit& commit);
  absl::Status NoteVoid(const ReadCommit& commit);
  absl::Status CheckAnchor(const internal::v1::LogAnchor& anchor, const absl::StatusOr<LogRecord>& record);
  absl::Status Stop(std::string what);

  EventLog& log_;
  const std::string ledger_;
  std::unique_ptr<LogReader> reader_;
  CommitChain chain_;
  internal::v1::LogPlace place_;
  // As it was when its anchors were last found unchanged.  They are read once more when newer ones have taken
  // their place: a commit that came late may be valid behind them although the log changed underneath.
  internal::v1::LogPlace checked_;
  // The last records of the last few Reads since then, without the last Read.
  std::deque<internal::v1::LogAnchor> behind_;
  absl::Status stopped_;
  // The last void commits, and how many void ones are chained to each other up to each.  Valid ones between
  // do not break such a chain, nor does another writer's.
  struct VoidCommit {
    Digest digest;
    int depth = 1;
  };
  std::deque<VoidCommit> void_commits_;
  // The last valid ones: a void commit that is one of them was doubled on its way, and says nothing of its
  // writer.
  std::deque<Digest> valid_commits_;
  bool in_void_run_ = false;
  bool anchors_due_ = false;  // to be read again before anything else is
};

}  // namespace realise
