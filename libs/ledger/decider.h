// What a writer knows of its ledger, and its decisions: the state up to the last commit read back, and on top
// of it what the commits under way would change.
#pragma once

#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/base/side_thread.h"
#include "libs/domain/ledger_state.h"
#include "libs/event_log/commit_reader.h"
#include "libs/event_log/event_log.h"
#include "libs/ledger/command.h"
#include "libs/ledger/commit_index.h"
#include "libs/ledger/decider_store.h"
#include "libs/ledger/event_ids.h"
#include "libs/ledger/pipeline.h"
#include "realise/v1/commit.pb.h"

namespace realise {

// Not thread-safe.  log, store and pipeline must outlive it.
class Decider {
 public:
  Decider(std::string ledger, EventLog& log, DeciderStore& store, const Pipeline& pipeline);

  // Takes up what the store keeps; the place up to which that is, or nothing.   DATA_LOSS, UNAVAILABLE  as
  // the store.
  [[nodiscard]] absl::StatusOr<std::optional<internal::v1::LogPlace>> Load();

  // A valid commit was read that is not the pipeline's first: takes from the store what it is about, and
  // changes nothing yet.   UNAVAILABLE  call again.   DATA_LOSS  stop the ledger.
  [[nodiscard]] absl::Status Prepare(const ReadCommit& commit);
  // REQUIRES: the commit is prepared, and nothing is under way.
  //   DATA_LOSS  it cannot be applied: another program wrote it, or there is a defect.  Stop the ledger.
  [[nodiscard]] absl::Status Evolve(const ReadCommit& commit);
  // The pipeline's first commit was read back as valid.
  void Confirm(const CommitUnderWay& first, Address address);
  // The ids of a commit that is given up are free again.
  void FreeIds(const CommitUnderWay& commit);
  // Takes back what commits given up changed.  `mark` is the state's before the first of them.
  void RollBackTo(JournalMark mark) { state_.RollBackTo(mark); }
  JournalMark confirmed_mark() const { return confirmed_mark_; }
  JournalMark Mark() const { return state_.Mark(); }

  // Decides a command on everything up to here.  If it is accepted, its events are in `commit` and in the
  // state; if not, or if it is a dry run, nothing changed.   `outcome.status` as in AppendOutcome;
  // UNAVAILABLE also if the log or the store could not say whether an event is a duplicate.  DATA_LOSS: stop
  // the ledger.
  [[nodiscard]] AppendOutcome Decide(Command& command, bool demonstration, CommitUnderWay& commit);

  // The last event read back.
  Sequence confirmed_sequence() const { return confirmed_sequence_; }
  // Whether a commit that was read back ends there and has this digest.   UNAVAILABLE  the store cannot say.
  [[nodiscard]] absl::StatusOr<bool> HasCommit(Sequence sequence, const Digest& digest) const {
    return index_.Has(sequence, digest);
  }
  // Receipts that named another history.
  uint64_t receipt_mismatches() const { return receipt_mismatches_; }

  // Events that are not in the store yet.
  size_t unsaved_events() const { return ids_.recent_count(); }
  // Writes to the store what was read back up to `place`: begun on a thread of its own, and ended here, which
  // waits for it.  It goes on deciding meanwhile.   REQUIRES of Begin: none is under way; of End: one is.
  //   UNAVAILABLE  try again later; nothing is lost.   DATA_LOSS  stop the ledger.
  void BeginSave(const internal::v1::LogPlace& place);
  [[nodiscard]] absl::Status EndSave();
  bool saving() const { return save_.has_value(); }
  bool SaveDone() const;
  // Both in one.  REQUIRES: none is under way.
  [[nodiscard]] absl::Status Save(const internal::v1::LogPlace& place);

 private:
  // The attempt to decide one command.
  struct Attempt {
    Command& command;
    CommitUnderWay& commit;
    bool demonstration;
    size_t events_before;  // of the commit
    std::vector<EventRejection> rejections;
    AppendOutcome outcome;

    bool dry() const { return command.request->dry_run(); }
    // Goes on to look for more reasons.
    bool GoesOn() const { return outcome.status.ok() && (dry() || rejections.empty()); }
    bool Undecidable(size_t index) const {
      return !command.undecidable.empty() && command.undecidable[index];
    }
  };
  // An event that was recorded before.
  struct Known {
    const v1::Event* event = nullptr;
    Receipt receipt;  // of the commit that holds it; no digest if that is the one being made
  };

  // What is being written to the store.
  struct SaveUnderWay {
    std::unique_ptr<DeciderStore::Chunk> chunk;  // of the thread that writes it, until it is done
    Sequence last = 0;
    size_t commits = 0;
    std::future<absl::Status> done;
  };

  absl::Status MatchIds(Attempt& attempt);
  absl::Status MatchKnown(Attempt& attempt, size_t index, Sequence sequence);
  absl::StatusOr<Known> FindKnown(const Attempt& attempt, Sequence sequence);
  absl::StatusOr<Known> FindRecorded(Sequence sequence);
  // Puts the claims that a command is about into the state if they are in the store and not in memory, and
  // fills `found_`.
  absl::Status FetchClaims(const v1::AppendRequest& request);
  absl::Status FetchRows(const std::vector<std::string>& rows);
  void CheckVersions(Attempt& attempt);
  absl::Status CheckReceipt(Attempt& attempt);
  void CheckSimulatedTime(Attempt& attempt);
  absl::Status DecideEvents(Attempt& attempt);
  void Finish(Attempt& attempt, JournalMark mark);
  void FreeEvents(CommitUnderWay& commit, size_t from);

  const std::string ledger_;
  EventLog& log_;
  DeciderStore& store_;
  const Pipeline& pipeline_;

  LedgerState state_;
  EventIds ids_;
  CommitIndex index_;
  JournalMark confirmed_mark_ = 0;
  Sequence confirmed_sequence_ = 0;
  uint64_t receipt_mismatches_ = 0;

  // Of each event of the command at hand; valid until claims are let go of or anything is rolled back.
  std::vector<LedgerState::FoundAhead> found_;

  // Rows that were taken from the state and could not be written yet.
  StateRows unsaved_rows_;

  std::optional<SaveUnderWay> save_;
  SideThread side_;  // that saves it; behind it, for it uses it

  v1::CommitBody read_body_;  // of the commit that is prepared
  // The commit that was read again last, since duplicates come in rows.
  std::optional<CommitRow> again_row_;
  Sequence again_first_ = 0;
  v1::CommitBody again_body_;
};

}  // namespace realise
