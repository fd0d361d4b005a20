// What one writer does, step by step: takes commands, decides, sends commits, reads them back, answers.
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "libs/event_log/commit_reader.h"
#include "libs/event_log/event_log.h"
#include "libs/ledger/clock_guard.h"
#include "libs/ledger/command.h"
#include "libs/ledger/decider.h"
#include "libs/ledger/ledger_writer.h"
#include "libs/ledger/passing_time.h"
#include "libs/ledger/pipeline.h"
#include "libs/ledger/send_turn.h"

namespace realise {

// At most about as much of the log is held in memory by one read.
inline constexpr size_t kReadBytesMax = 4 * 1024 * 1024;

// Steps are taken by one thread: LedgerWriter's, or a simulation's.  The other functions are thread-safe.
// log, store, clock and time must outlive it.
class WriterLoop {
 public:
  WriterLoop(EventLog& log, DeciderStore& store, const Clock& clock, const PassingTime& time,
             const WriterId& writer, LedgerWriterOptions options);

  WriterLoop(const WriterLoop&) = delete;
  WriterLoop& operator=(const WriterLoop&) = delete;

  // Reads the ledger to its end.  Before the first step.   Errors as LedgerWriter::Open.
  [[nodiscard]] absl::Status Open();
  // Does what is to be done now, having waited a little if that is nothing.  False once it ended, because
  // it was told to drain and that is done.
  bool Step();

  void Submit(std::unique_ptr<Command> command);
  // As LedgerWriter::BeginDrain; released: another process is to write.
  void BeginDrain(bool released);
  bool Resigned() const;
  absl::Status Health() const;
  WriterCounts Counts() const;
  const LedgerWriterOptions& options() const { return options_; }

 private:
  // Why nothing can be sent or read for a while.
  struct Pause {
    SteadyTime until{};
    std::chrono::milliseconds next{10};  // how long the next one is
  };

  absl::Status OpenAtEnd();
  absl::Status OpenReader(const std::optional<internal::v1::LogPlace>& place);
  absl::Status CatchUp();
  void RunOnce();
  void DrainOnce(SteadyTime now);
  void FinishDrain();

  // Commands.
  void WaitForCommands(SteadyTime until);
  void TakeCommands();
  void Expire(SteadyTime now);
  void ExpireIn(std::deque<std::unique_ptr<Command>>& commands, SteadyTime now);
  void Unpark();
  void Answer(Command& command, AppendOutcome outcome);
  void NotePosition();
  void CountLocked(const Command& command, const AppendOutcome& outcome);
  void AnswerHeld(std::vector<HeldAnswer>& held, const Receipt& carrier);
  void RefuseAll(const AppendOutcome& outcome);
  AppendOutcome Ended() const;
  AppendOutcome EndedLocked() const;

  // Deciding and sending (send.cc).
  bool MaySend(SteadyTime now) const;
  void Send(SteadyTime now);
  CommitUnderWay NewCommit() const;
  void Fill(CommitUnderWay& commit, SteadyTime now);
  bool Fits(const CommitUnderWay& commit, const Command& command) const;
  void HoldForLast(std::vector<HeldAnswer>& held);
  bool Park(std::unique_ptr<Command>& command);
  bool AwaitsAtLeast(Command& command);
  absl::Status Date(CommitUnderWay& commit, const Command& command, SteadyTime now);
  bool ProbeLogClock(CommitUnderWay& commit, SteadyTime now);
  bool ReopenAppender();
  void DecideOne(std::unique_ptr<Command> command, CommitUnderWay& commit);
  void FlagClockCorrection(std::unique_ptr<Command> command, CommitUnderWay& commit);
  bool Seal(CommitUnderWay commit, JournalMark before, SteadyTime now);
  Instant LastRecorded() const;

  // Who writes (taking_over.cc).
  bool TakeOver(SteadyTime now);
  bool Released() const;
  void NoteTakenOver(const ReadCommit& commit);
  void Resign();

  // Reading back (read_back.cc).
  void ReadBack(std::chrono::milliseconds wait_max);
  absl::Status TakeIn(const ReadCommit& commit, SteadyTime now);
  void ConfirmFirst(const ReadCommit& commit, SteadyTime now);
  void NoteDelivery(SteadyTime now);
  void Resync();
  void GiveUpAll();
  void Redo(CommitUnderWay& commit);
  void CheckAnchors();
  void SaveIfDue(bool stopping);
  void NoteSaved(const absl::Status& saved);

  void PauseFor(const absl::Status& why);
  void PauseOrStop(const absl::Status& why);
  void Stop(const absl::Status& why);
  void TellIfDamaged(const absl::Status& why) const;
  std::optional<AppendOutcome> WhyNotTaken(size_t bytes) const;
  bool ProcessIsFull(size_t bytes) const;
  void SetHealth(absl::Status status);
  Receipt ConfirmedReceipt() const;
  std::chrono::milliseconds ReadWait(SteadyTime now) const;

  EventLog& log_;
  const Clock& clock_;
  const PassingTime& time_;
  const WriterId writer_;
  const LedgerWriterOptions options_;

  // Of whoever steps, after Open.
  Pipeline pipeline_;
  Decider decider_;
  ClockGuard clock_guard_;
  SendTurn turn_;
  std::unique_ptr<CommitReader> reader_;
  std::deque<ReadCommit> read_;  // and not taken in yet, because the store could not be asked
  std::unique_ptr<LogAppender> appender_;
  std::deque<std::unique_ptr<Command>> todo_;    // in the order in which they have to be decided
  std::deque<std::unique_ptr<Command>> parked_;  // wait for their at_least
  Pause pause_;
  bool resyncing_ = false;        // the log may have lost something: read to its end, then decide again
  bool reopen_appender_ = false;  // before the next send
  bool log_full_ = false;         // until something was read back
  bool anchors_due_ = false;      // a caller's receipt was not ours
  bool take_over_due_;            // an empty commit is to be sent before anything else
  SteadyTime anchors_checked_{};
  size_t save_from_;  // as many unsaved events are written to the store
  bool save_failed_ = false;
  bool resign_due_ = false;                // once everything that was read is taken in
  std::optional<SteadyTime> drain_until_;  // once it drains
  absl::Status stopped_;                   // why for good; OK while it goes on

  mutable std::mutex mutex_;
  std::condition_variable commands_came_;
  // Guarded by mutex_.
  std::vector<std::unique_ptr<Command>> queue_;
  size_t pending_bytes_ = 0;
  bool stopping_ = false;
  bool released_ = false;  // it stops because another process is to write
  bool resigned_ = false;  // another process writes
  absl::Status health_;
  WriterCounts counts_;
};

}  // namespace realise
