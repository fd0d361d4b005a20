// A ledger that a projection follows: its fold, the thread that runs it, and what is known of it from
// outside.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "libs/event_log/event_log.h"
#include "libs/projection/ledger_fold.h"
#include "libs/projection/view_figure_source.h"
#include "realise/v1/ledger_service.pb.h"

namespace realise {

// Tells threads to end.  Thread-safe.
class StopSignal {
 public:
  void Raise();
  bool Raised();
  // Returns whether it is raised, waiting up to `wait_max` for it.
  bool WaitFor(std::chrono::milliseconds wait_max);

 private:
  std::mutex mutex_;
  std::condition_variable raised_changed_;
  bool raised_ = false;
};

// Start or FoldToEnd, not both; all else is thread-safe.  Log, store and signal must outlive it.
class FollowedLedger {
 public:
  FollowedLedger(EventLog& log, ViewStore& store, LedgerFoldOptions options,
                 std::chrono::milliseconds look_again, StopSignal& stop);
  ~FollowedLedger() { Join(); }

  const std::string& code() const { return code_; }
  LedgerNumber number() const { return keys_.ledger; }

  // Folds on a thread of its own until the signal is raised; a second call does nothing.
  void Start();
  void Join();

  // Folds what is in the log now.   UNAVAILABLE, DATA_LOSS  as LedgerFold::Step.
  [[nodiscard]] absl::Status FoldToEnd();

  // What the store answers from, before anything was folded here.
  void SetFolded(const ViewFigureSource& source);

  // As Projection, of the sequence alone.
  [[nodiscard]] absl::Status WaitFor(Sequence sequence, std::chrono::milliseconds wait_max);
  // Waits until all commits that end at `sequence` are folded: something behind them is, or all that was in
  // the log at a moment during this call.   DEADLINE_EXCEEDED, DATA_LOSS  as Projection::WaitFor.
  [[nodiscard]] absl::Status WaitForAllEndingAt(Sequence sequence, std::chrono::milliseconds wait_max);
  v1::LedgerStatus Status() const;

  // Whether it was caught up with once since it is followed, or stopped: what it can answer, it answers.
  bool Settled() const;

 private:
  void Run();
  void Gather();
  absl::Status StepOnce(std::chrono::milliseconds wait_max, bool& at_end);
  absl::Status LookAround();
  uint64_t LooksAsked() const;
  void Publish(const absl::Status& status);
  template <typename There>
  bool AwaitLocked(std::unique_lock<std::mutex>& lock, std::chrono::milliseconds wait_max, There there);
  absl::Status StoppedLocked() const;
  v1::FoldState StateOf(const absl::Status& status) const;

  const std::string code_;
  const ViewKeyspace keys_;
  const std::chrono::milliseconds look_again_;
  StopSignal& stop_;

  // Used by the thread that folds, alone.
  LedgerFold fold_;
  std::chrono::steady_clock::time_point looked_;
  bool caught_up_ = false;
  std::chrono::steady_clock::time_point read_;  // when the log had something
  uint64_t looks_served_ = 0;                   // of looks_asked_

  std::thread thread_;  // started by the thread that finds ledgers, alone

  mutable std::mutex mutex_;
  std::condition_variable progress_;
  std::condition_variable wanted_;
  // Below: guarded by mutex_.
  v1::FoldState state_ = v1::FOLD_STATE_CATCHING_UP;
  absl::Status status_;  // why it stopped, or waits
  std::string advice_;
  std::optional<Sequence> unfit_;  // the event that it stopped before
  bool settled_ = false;
  uint16_t answering_ = 0;
  std::optional<CommitEnd> answered_;  // how far the version that answers goes
  std::optional<CommitEnd> folded_;    // how far this version goes
  uint64_t void_commits_ = 0;
  int waiting_ = 0;  // callers
  // Callers that asked for a look at the end of the log, and how many of them one was made for that found
  // everything folded.
  uint64_t looks_asked_ = 0;
  uint64_t looks_answered_ = 0;
};

}  // namespace realise
