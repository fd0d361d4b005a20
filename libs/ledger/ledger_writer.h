// The writer of one ledger: decides, commits, reads back, answers.
//
//   submit -> queue -> decide (state incl. what is under way) -> commit -> log -> read back -> answer
//
// A process that is to write a ledger takes it over with an empty commit.  A writer that reads such a commit
// of another asks whether the ledger is still its own, and resigns if not; if both believe to own it, they
// take turns.
//
// Every answer, acceptance, refusal or duplicate, waits until the state it was decided on has been read back
// as valid. At most kPipelineDepthMax commits are under way.  If one turns out void, or another writer's
// commit came between, all behind it are void: their commands are decided again, in order.  A writer that
// reads another's commit yields.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/base/clock.h"
#include "libs/base/ids.h"
#include "libs/domain/rejection.h"
#include "libs/event_log/event_log.h"
#include "realise/v1/append_service.pb.h"

namespace realise {

class DeciderStore;
class WriterLoop;

// The default of LedgerWriterOptions::pending_bytes_max.
inline constexpr size_t kPendingBytesMax = 64 * 1024 * 1024;

// Of all ledgers of a process together.
inline constexpr size_t kProcessPendingBytesMax = 512 * 1024 * 1024;

// Events of a dry run; a batch that is to be appended holds at most kCommitEventsMax.
inline constexpr int kDryRunEventsMax = 10000;

// What became of a command.
struct AppendOutcome {
  // OK               accepted: `events` and `receipt` are set; in a dry run also `refusals`.
  // INVALID_ARGUMENT, FAILED_PRECONDITION, NOT_FOUND, ALREADY_EXISTS, ABORTED
  //                  refused: `refusals` holds the first (a dry run holds all and is OK).  `receipt` is where
  //                  it was decided.
  // RESOURCE_EXHAUSTED  too much is waiting; send again later.
  //                  `refusals` may also hold CLOCK (FAILED_PRECONDITION), which says nothing of the events.
  // DEADLINE_EXCEEDED   the position of at_least was not reached; nothing was appended.
  // INTERNAL         a defect: what was accepted cannot be applied; nothing was appended.
  // UNAVAILABLE      outcome unknown: the log did not answer, the writer is stopping, or `moved`.  Safe to
  //                  send again.
  // DATA_LOSS        the ledger stopped; the message says what an operator should do.
  absl::Status status;
  google::protobuf::RepeatedPtrField<v1::Appended> events;
  std::vector<v1::Refusal> refusals;
  Receipt receipt;
  // Another process writes the ledger, or is about to; this one decides nothing of it any more.  Send it
  // there.
  bool moved = false;
};

// The status code that a reason goes out with.
[[nodiscard]] absl::StatusCode CodeOf(Reason reason);

struct LedgerWriterOptions {
  std::string ledger;
  // Refuse (CLOCK) when the own clock is further than this behind the ledger's last recorded_at.
  std::chrono::microseconds clock_behind_max = std::chrono::seconds(2);
  // Refuse (CLOCK) when the own clock is further than this from the log's append time, where the log says it.
  std::chrono::microseconds clock_skew_max = std::chrono::minutes(1);
  // Answer UNAVAILABLE when a command could not be read back in this time.
  std::chrono::milliseconds answer_within = std::chrono::seconds(20);
  // Take a commit for lost, and decide again, when it was not read back in this time.
  std::chrono::milliseconds give_up_after = std::chrono::seconds(5);
  // Bytes of commands that are not yet answered; more is refused with RESOURCE_EXHAUSTED.
  size_t pending_bytes_max = kPendingBytesMax;
  // The same, of all writers of the process together, who share this count; null if there is only one.
  std::atomic<size_t>* process_pending_bytes = nullptr;
  // When it is opened, append an empty commit, and answer nothing before that is read back as valid.
  bool take_over = false;
  // Asked, on the writer's thread, when another writer took the ledger over: whether this process is to go on
  // writing it.  If not, the writer resigns.  Must not block; null is always.
  std::function<bool()> still_mine;
  // Called when the ledger is stopped because its log is not what this process read before, in this life or
  // an earlier one; not when it is the store that is wrong.  On the writer's thread, or the one that opens
  // it; must not block.  May be null.
  std::function<void(const absl::Status& why)> log_damaged;
  // The decider store is written to after as many events, and at a clean stop.
  size_t save_every_events = 128 * 1024;
  // It is written to by a thread of its own meanwhile; otherwise by the writer's, which a simulation needs.
  bool save_aside = true;
};

// Since the writer was opened.
struct WriterCounts {
  uint64_t commits = 0;                     // own ones, read back as valid
  uint64_t foreign_commits = 0;             // other writers', valid or void
  uint64_t decided_again = 0;               // decisions that rested on what turned out void
  uint64_t taken_over = 0;                  // other writers' take-overs, and other empty commits
  uint64_t receipt_mismatches = 0;          // receipts in requests that name another history
  uint64_t events = 0;                      // recorded by commands that were answered
  uint64_t duplicates = 0;                  // events of such commands that had been recorded before
  std::map<std::string, uint64_t> refused;  // refused commands, by the reason of the first refusal
  Sequence position = 0;                    // of the last event that was read back
};

// Runs a thread of its own.  Thread-safe.  log, store and clock must outlive it.
class LedgerWriter {
 public:
  // Opens the ledger and reads it to its end before the first decision.
  //   NOT_FOUND            there is no such ledger, or it has no first commit.
  //   FAILED_PRECONDITION, DATA_LOSS  as CommitReader::Open.   DATA_LOSS  also if the store is damaged.
  //   UNAVAILABLE          the log cannot be reached; call again.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<LedgerWriter>> Open(EventLog& log, DeciderStore& store,
                                                                          const Clock& clock,
                                                                          LedgerWriterOptions options);
  // As BeginDrain, and waits for its end.
  ~LedgerWriter();

  LedgerWriter(const LedgerWriter&) = delete;
  LedgerWriter& operator=(const LedgerWriter&) = delete;

  // Hands a command over; `done` is called once, on the writer's thread or on this one, and must not block.
  // Commands submitted one after another by one thread are decided in that order; one that has to wait for
  // its at_least is decided when that is there.
  void Submit(v1::AppendRequest command, std::function<void(AppendOutcome)> done);
  // The same without a copy, of a command that may be a part of something, or on an arena, which the pointer
  // keeps.  The caller leaves it alone from now on.
  void Submit(std::shared_ptr<v1::AppendRequest> command, std::function<void(AppendOutcome)> done);

  // Lets it end: what is under way is answered, as far as it can be read back within answer_within; the rest,
  // and every later command, is UNAVAILABLE, and `moved` if it is released to another process.  Returns at
  // once; Close, having begun, waits for the end.  Behind that it touches neither log nor store.
  void BeginDrain(bool released = false);
  void Close(bool released = false);

  // Another writer took over, and still_mine was false: every command is answered `moved`.
  [[nodiscard]] bool Resigned() const;

  // Appends a flagged commit, the only kind whose time may go back.  Blocks.   UNAVAILABLE  outcome unknown.
  [[nodiscard]] absl::StatusOr<Receipt> CorrectClock();

  // OK; UNAVAILABLE while log or store cannot be reached and is tried again; DATA_LOSS: the ledger stopped.
  [[nodiscard]] absl::Status Health() const;
  [[nodiscard]] WriterCounts Counts() const;

 private:
  explicit LedgerWriter(std::unique_ptr<WriterLoop> loop);

  const std::unique_ptr<WriterLoop> loop_;
  std::mutex closing_;
  std::thread thread_;  // joined under closing_
};

// Creates a ledger: its place in the log, and the first commit with the ledger's id, which is to be random.
// Whoever creates it again with the same id, because they were not told what came of it, is answered as the
// first time.
//   ALREADY_EXISTS  there is one with another first commit.  A place without a first commit (a crash in
//   between) is taken over.  INVALID_ARGUMENT  not an ODS code.
struct CreatedLedger {
  LedgerId ledger_id;
  Receipt receipt;
};
[[nodiscard]] absl::StatusOr<CreatedLedger> CreateLedger(EventLog& log, const Clock& clock,
                                                         const std::string& ledger, bool demonstration,
                                                         const LedgerId& id = RandomLedgerId());

}  // namespace realise
