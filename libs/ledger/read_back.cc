// Reading back: what the log really holds, and what follows for what is under way.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "libs/base/sabotage.h"
#include "libs/base/status_macros.h"
#include "libs/ledger/writer_loop.h"

namespace realise {
namespace {

// While the store is written to, as many times more than are to be written next may come, and no more: a
// store that is too slow holds the writer back, not the memory.
constexpr size_t kSavesBehindMax = 4;

}  // namespace

void WriterLoop::ReadBack(std::chrono::milliseconds wait_max) {
  if (read_.empty()) {
    auto commits = reader_->Read(wait_max, kReadBytesMax);
    if (!commits.ok()) return PauseOrStop(commits.status());
    read_.assign(std::make_move_iterator(commits->begin()), std::make_move_iterator(commits->end()));
  }
  const SteadyTime now = time_.Now();
  const bool some = !read_.empty();
  while (!read_.empty()) {
    const absl::Status taken = TakeIn(read_.front(), now);
    if (!taken.ok()) return PauseOrStop(taken);
    read_.pop_front();
  }
  if (some) NotePosition();
  if (pause_.next != Pause().next && appender_ != nullptr && !reopen_appender_) {
    pause_.next = Pause().next;
    SetHealth(absl::OkStatus());
  }
  if (resign_due_) Resign();
}

void WriterLoop::PauseOrStop(const absl::Status& why) {
  if (absl::IsUnavailable(why)) return PauseFor(why);
  Stop(why);
}

// Changes nothing if it fails.
absl::Status WriterLoop::TakeIn(const ReadCommit& commit, SteadyTime now) {
  const auto& under_way = pipeline_.commits();
  const bool valid = commit.verdict == Verdict::kValid;
  const bool confirms = valid && !under_way.empty() && under_way.front().digest == commit.digest;
  if (valid && !confirms) RETURN_IF_ERROR(decider_.Prepare(commit));
  const bool foreign = commit.verdict != Verdict::kUndecodable && commit.header.writer != writer_;
  if (foreign) {
    turn_.NoteForeign(valid, now);
    const std::lock_guard lock(mutex_);
    ++counts_.foreign_commits;
  } else {
    turn_.NoteOwn(commit.digest, valid, now);
  }
  if (confirms) {
    ConfirmFirst(commit, now);
    return absl::OkStatus();
  }
  if (valid) {
    // Another writer's, or one of ours that was given up and came late: it took the link that the first one
    // under way names, so all of them are void.
    GiveUpAll();
    RETURN_IF_ERROR(decider_.Evolve(commit));
    if (foreign) NoteTakenOver(commit);
    return absl::OkStatus();
  }
  const bool ours_under_way =
      std::any_of(under_way.begin(), under_way.end(),
                  [&](const CommitUnderWay& sent) { return sent.digest == commit.digest; });
  // One in the middle is void because one before it was lost; those behind it are void as well.
  if (ours_under_way) GiveUpAll();
  return absl::OkStatus();
}

void WriterLoop::ConfirmFirst(const ReadCommit& commit, SteadyTime now) {
  CommitUnderWay first = std::move(pipeline_.commits().front());
  pipeline_.commits().pop_front();
  log_full_ = false;
  decider_.Confirm(first, commit.address);
  turn_.NoteRoundTrip(now - first.sent_at);
  if (commit.appended_at) clock_guard_.NoteAppended(*commit.appended_at, first.sent_at, now);
  {
    const std::lock_guard lock(mutex_);
    ++counts_.commits;
  }
  AnswerHeld(first.held, {options_.ledger, first.header.LastSequence(), first.digest});
}

// A record that was lost without a word is noticed by the time it takes.
void WriterLoop::NoteDelivery(SteadyTime now) {
  if (pipeline_.empty() || resyncing_) return;
  if (const absl::Status failure = appender_->TakeFailure(); !failure.ok()) {
    resyncing_ = true;
    reopen_appender_ = true;
    PauseFor(failure);
  } else if (now - pipeline_.commits().front().sent_at >= options_.give_up_after) {
    resyncing_ = true;
  }
}

void WriterLoop::Resync() {
  const auto caught_up = reader_->CaughtUp();
  if (!caught_up.ok()) return PauseOrStop(caught_up.status());
  if (*caught_up) GiveUpAll();
}

void WriterLoop::GiveUpAll() {
  resyncing_ = false;
  log_full_ = false;
  if (pipeline_.empty()) return;
  decider_.RollBackTo(decider_.confirmed_mark());
  auto& commits = pipeline_.commits();
  uint64_t decided_again = 0;
  while (!commits.empty()) {
    decider_.FreeIds(commits.back());
    take_over_due_ = take_over_due_ || commits.back().takes_over;
    decided_again += commits.back().held.size();
    Redo(commits.back());
    commits.pop_back();
  }
  const std::lock_guard lock(mutex_);
  counts_.decided_again += decided_again;
}

// Puts a commit's commands back to the front, in their order.
void WriterLoop::Redo(CommitUnderWay& commit) {
  for (auto held = commit.held.rbegin(); held != commit.held.rend(); ++held) {
    if (!held->command->done) continue;
    if (Sabotaged("refusal_behind_log") && !held->outcome.refusals.empty()) {
      held->outcome.receipt = ConfirmedReceipt();
      Answer(*held->command, std::move(held->outcome));
    } else if (drain_until_) {
      Answer(*held->command, Ended());
    } else {
      todo_.push_front(std::move(held->command));
    }
  }
}

void WriterLoop::CheckAnchors() {
  anchors_due_ = false;
  anchors_checked_ = time_.Now();
  const absl::Status checked = reader_->CheckAnchors();
  if (absl::IsDataLoss(checked)) return Stop(checked);
  if (!checked.ok()) PauseFor(checked);
}

// Begins to write to the store what is unsaved, if it is so much, and ends it later; all at once when it
// stops.
void WriterLoop::SaveIfDue(bool stopping) {
  const size_t unsaved_max = save_from_ + (kSavesBehindMax - 1) * options_.save_every_events;
  const bool wait = stopping || !options_.save_aside || decider_.unsaved_events() >= unsaved_max;
  if (decider_.saving()) {
    if (!wait && !decider_.SaveDone()) return;
    NoteSaved(decider_.EndSave());
    if (!stopped_.ok()) return;
  }
  if (decider_.unsaved_events() < save_from_ && !stopping) return;
  // The place would be behind what was taken in.
  if (!read_.empty()) return;
  // Without the log the anchors cannot be read, and a process that ends must not wait for it once more.  One
  // that goes on looks: what it remembers may be all that shows the next writer that the log is not what it
  // was.
  if (stopping && time_.Now() < pause_.until && !Released()) return;
  CheckAnchors();
  if (!stopped_.ok() || time_.Now() < pause_.until) return;
  decider_.BeginSave(reader_->place());
  if (stopping || !options_.save_aside) NoteSaved(decider_.EndSave());
}

void WriterLoop::NoteSaved(const absl::Status& saved) {
  if (saved.ok()) {
    save_from_ = options_.save_every_events;
    if (std::exchange(save_failed_, false)) SetHealth(absl::OkStatus());
    return;
  }
  if (absl::IsDataLoss(saved)) return Stop(saved);
  // What is unsaved stays in memory, and the log holds it all.
  save_from_ = decider_.unsaved_events() + options_.save_every_events;
  save_failed_ = true;
  SetHealth(saved);
}

}  // namespace realise
