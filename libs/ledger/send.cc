// Deciding and sending: commands in, commits out.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "libs/base/sabotage.h"
#include "libs/base/sha256.h"
#include "libs/base/status_macros.h"
#include "libs/ledger/writer_loop.h"

namespace realise {
namespace {

AppendOutcome RefusedByClock(const absl::Status& status) {
  AppendOutcome outcome;
  outcome.status = status;
  v1::Refusal& refusal = outcome.refusals.emplace_back();
  refusal.set_reason(std::string(kClockRefusal));
  refusal.set_message(std::string(status.message()));
  return outcome;
}

bool AllKnown(const AppendOutcome& outcome) {
  return outcome.status.ok() && !outcome.events.empty() &&
         std::all_of(outcome.events.begin(), outcome.events.end(),
                     [](const v1::Appended& event) { return event.already_recorded(); });
}

// An answer that is right at its position, and need not be behind the next event.
bool RestsOnItsPlace(const HeldAnswer& held) {
  return !held.outcome.receipt.digest && (!held.outcome.refusals.empty() || held.command->request->dry_run());
}

}  // namespace

bool WriterLoop::MaySend(SteadyTime now) const {
  return pipeline_.commits().size() < static_cast<size_t>(kPipelineDepthMax) && !resyncing_ && !log_full_ &&
         now >= pause_.until && now >= turn_.MaySendFrom();
}

void WriterLoop::Send(SteadyTime now) {
  if (reopen_appender_ && !ReopenAppender()) return;
  if (take_over_due_ && !TakeOver(now)) return;
  while (!todo_.empty() && stopped_.ok() && MaySend(now)) {
    CommitUnderWay commit = NewCommit();
    const JournalMark before = decider_.Mark();
    Fill(commit, now);
    if (!Seal(std::move(commit), before, now)) return;
  }
}

// Even when nothing is to be sent, so that Health does not go on telling of what is over.
bool WriterLoop::ReopenAppender() {
  auto appender = log_.OpenAppender(options_.ledger);
  if (!appender.ok()) {
    PauseFor(appender.status());
    return false;
  }
  appender_ = *std::move(appender);
  reopen_appender_ = false;
  return true;
}

CommitUnderWay WriterLoop::NewCommit() const {
  const ChainHead& head = *reader_->head();
  CommitUnderWay commit;
  commit.header.ledger_id = head.ledger_id;
  commit.header.writer = writer_;
  commit.header.previous = pipeline_.empty() ? head.digest : pipeline_.commits().back().digest;
  commit.header.first_sequence =
      pipeline_.empty() ? head.next_sequence : pipeline_.commits().back().next_sequence();
  return commit;
}

Instant WriterLoop::LastRecorded() const {
  return pipeline_.empty() ? reader_->head()->recorded_at : pipeline_.commits().back().header.recorded_at;
}

// Takes commands in order, as many as fit.
void WriterLoop::Fill(CommitUnderWay& commit, SteadyTime now) {
  const bool demonstration = reader_->head()->demonstration;
  while (!todo_.empty() && stopped_.ok()) {
    std::unique_ptr<Command>& next = todo_.front();
    if (!next->done || Park(next)) {
      todo_.pop_front();
      continue;
    }
    if (!commit.events.empty()) {
      if (next->corrects_clock || !Fits(commit, *next)) return;
      if (demonstration && next->simulated_time != commit.simulated_time) return;
    } else if (const absl::Status dated = Date(commit, *next, now); !dated.ok()) {
      commit.held.push_back({std::move(next), RefusedByClock(dated)});
      todo_.pop_front();
      if (ProbeLogClock(commit, now)) return;
      continue;
    }
    std::unique_ptr<Command> command = std::move(next);
    todo_.pop_front();
    if (command->corrects_clock) return FlagClockCorrection(std::move(command), commit);
    DecideOne(std::move(command), commit);
    if (commit.held.empty() || !RestsOnItsPlace(commit.held.back())) continue;
    // It names the end of a commit, so no event may come between: either this commit ends here, or, if there
    // is nothing in it yet, the one before is named.
    if (!commit.events.empty()) return;
    HoldForLast(commit.held);
  }
}

// Hands answers to the last commit under way; gives them if there is none.
void WriterLoop::HoldForLast(std::vector<HeldAnswer>& held) {
  if (pipeline_.empty()) {
    AnswerHeld(held, ConfirmedReceipt());
  } else {
    std::vector<HeldAnswer>& last = pipeline_.commits().back().held;
    std::move(held.begin(), held.end(), std::back_inserter(last));
  }
  held.clear();
}

bool WriterLoop::Fits(const CommitUnderWay& commit, const Command& command) const {
  return commit.events.size() + command.keys.size() <= kCommitEventsMax &&
         commit.body_bytes_max + command.body_bytes_max <= kCommitBodyBytesMax;
}

// Sets a command aside whose at_least is not there yet.
bool WriterLoop::Park(std::unique_ptr<Command>& command) {
  if (!command->at_least || !AwaitsAtLeast(*command)) return false;
  parked_.push_back(std::move(command));
  return true;
}

bool WriterLoop::AwaitsAtLeast(Command& command) {
  const Receipt& at_least = *command.at_least;
  const Sequence confirmed = decider_.confirmed_sequence();
  if (at_least.sequence != confirmed) return at_least.sequence > confirmed;
  if (!at_least.digest) return false;
  // Commits without events end where the commit before them does, so the one that is named may still come.
  const auto found = decider_.HasCommit(confirmed, *at_least.digest);
  if (!found.ok() || *found) return false;
  if (!command.read_to) {
    const auto end = reader_->End();
    if (!end.ok()) {
      PauseFor(end.status());
      return true;
    }
    command.read_to = *end;
  }
  return reader_->next_address() < *command.read_to;
}

// Gives a commit without events the time that its first command asks for.
absl::Status WriterLoop::Date(CommitUnderWay& commit, const Command& command, SteadyTime now) {
  const Instant wall = clock_.Now();
  const Instant last = LastRecorded();
  const Instant earliest = last + std::chrono::microseconds(1);
  if (reader_->head()->demonstration && !command.corrects_clock) {
    commit.simulated_time = command.simulated_time;
    commit.header.recorded_at = std::max(command.simulated_time.value_or(wall), earliest);
    return absl::OkStatus();
  }
  if (!reader_->head()->demonstration) RETURN_IF_ERROR(clock_guard_.CheckSkew(wall, now));
  if (command.corrects_clock) {
    commit.header.recorded_at = wall;
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(clock_guard_.CheckNotBehind(wall, last));
  commit.header.recorded_at = std::max(wall, earliest);
  return absl::OkStatus();
}

// A command was refused by the clock.  If that was because of the log's clock, which is known from the own
// commits only, sends an empty one now and then: otherwise a log's clock that was set right would never be
// seen.
bool WriterLoop::ProbeLogClock(CommitUnderWay& commit, SteadyTime now) {
  if (clock_guard_.CheckSkew(clock_.Now(), now).ok() || !clock_guard_.TakeProbe(now)) return false;
  commit.header.recorded_at = LastRecorded() + std::chrono::microseconds(1);
  commit.sent_empty = true;
  return true;
}

void WriterLoop::DecideOne(std::unique_ptr<Command> command, CommitUnderWay& commit) {
  const uint64_t mismatches = decider_.receipt_mismatches();
  const size_t events_before = commit.events.size();
  AppendOutcome outcome = decider_.Decide(*command, reader_->head()->demonstration, commit);
  if (decider_.receipt_mismatches() != mismatches) {
    anchors_due_ = true;
    const std::lock_guard lock(mutex_);
    counts_.receipt_mismatches = decider_.receipt_mismatches();
  }
  if (absl::IsDataLoss(outcome.status)) {
    const absl::Status why = outcome.status;
    commit.held.push_back({std::move(command), std::move(outcome)});
    return Stop(why);
  }
  if (commit.events.size() > events_before) commit.body_bytes_max += command->body_bytes_max;
  if (Sabotaged("answer_unread_duplicate") && AllKnown(outcome)) {
    if (!outcome.receipt.digest) outcome.receipt = ConfirmedReceipt();
    return Answer(*command, std::move(outcome));
  }
  commit.held.push_back({std::move(command), std::move(outcome)});
}

void WriterLoop::FlagClockCorrection(std::unique_ptr<Command> command, CommitUnderWay& commit) {
  commit.header.flags |= kFlagClockCorrection;
  commit.held.push_back({std::move(command), AppendOutcome()});
}

// Sends the commit, or hands its answers to the last one under way if it has no events.  False if nothing
// more can be sent for now.
bool WriterLoop::Seal(CommitUnderWay commit, JournalMark before, SteadyTime now) {
  if (!stopped_.ok()) {
    for (HeldAnswer& held : commit.held) {
      AppendOutcome outcome;
      outcome.status = stopped_;
      Answer(*held.command, std::move(outcome));
    }
    return false;
  }
  if (commit.events.empty() && !commit.corrects_clock() && !commit.sent_empty) {
    HoldForLast(commit.held);
    return true;
  }
  commit.header.event_count = static_cast<uint32_t>(commit.events.size());
  std::string stored = EncodeCommit(commit.header, commit.body);
  commit.digest = Sha256(stored);
  commit.body = std::string();
  commit.state_mark = decider_.Mark();
  commit.sent_at = now;
  const absl::Status appended = appender_->Append(std::move(stored));
  if (appended.ok()) {
    turn_.NoteSent(commit.digest, now);
    if (Sabotaged("answer_before_read_back")) {
      AnswerHeld(commit.held, {options_.ledger, commit.header.LastSequence(), commit.digest});
    }
    pipeline_.commits().push_back(std::move(commit));
    return true;
  }
  decider_.FreeIds(commit);
  decider_.RollBackTo(before);
  Redo(commit);
  if (absl::IsResourceExhausted(appended) && !pipeline_.empty()) {
    log_full_ = true;
    return false;
  }
  if (!absl::IsResourceExhausted(appended)) {
    reopen_appender_ = true;
    resyncing_ = !pipeline_.empty();
  }
  PauseFor(appended);
  return false;
}

}  // namespace realise
