#include "libs/ledger/writer_loop.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <utility>

#include "libs/base/status_macros.h"
#include "libs/event_log/commit_scan.h"

namespace realise {
namespace {

using std::chrono::milliseconds;

// How long a writer with nothing to do waits before it looks for other writers' commits.
constexpr milliseconds kIdleMax{25};
constexpr milliseconds kReadWaitMax{20};
constexpr milliseconds kPauseMax{1000};
constexpr std::chrono::seconds kAnchorsEvery{1};

// What a command takes beside its bytes on the wire, about.
constexpr size_t kCommandOverheadBytes = 256;

uint64_t SeedOf(const WriterId& writer) {
  uint64_t seed = 0;
  std::memcpy(&seed, writer.bytes.data(), sizeof(seed));
  return seed;
}

}  // namespace

WriterLoop::WriterLoop(EventLog& log, DeciderStore& store, const Clock& clock, const PassingTime& time,
                       const WriterId& writer, LedgerWriterOptions options)
    : log_(log),
      clock_(clock),
      time_(time),
      writer_(writer),
      options_(std::move(options)),
      decider_(options_.ledger, log, store, pipeline_),
      clock_guard_({options_.clock_behind_max, options_.clock_skew_max}),
      turn_(SeedOf(writer_)),
      take_over_due_(options_.take_over),
      save_from_(options_.save_every_events) {}

void WriterLoop::BeginDrain(bool released) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    stopping_ = true;
    released_ = released;
  }
  commands_came_.notify_one();
}

absl::Status WriterLoop::Open() {
  absl::Status opened = OpenAtEnd();
  TellIfDamaged(opened);
  return opened;
}

absl::Status WriterLoop::OpenAtEnd() {
  ASSIGN_OR_RETURN(const std::optional<internal::v1::LogPlace> place, decider_.Load());
  RETURN_IF_ERROR(OpenReader(place));
  RETURN_IF_ERROR(CatchUp());
  if (!reader_->head()) {
    return absl::NotFoundError(fmt::format("ledger {} has no first commit; create it", options_.ledger));
  }
  ASSIGN_OR_RETURN(appender_, log_.OpenAppender(options_.ledger));
  anchors_checked_ = time_.Now();
  NotePosition();
  return absl::OkStatus();
}

// A store that was brought from elsewhere, or outlived a ledger that was made anew, is no witness here.
absl::Status WriterLoop::OpenReader(const std::optional<internal::v1::LogPlace>& place) {
  auto reader = CommitReader::Open(log_, options_.ledger, place);
  if (reader.ok()) {
    reader_ = *std::move(reader);
    return absl::OkStatus();
  }
  if (!place || !IsLogDamage(reader.status())) return reader.status();
  bool same = true;
  RETURN_IF_ERROR(ScanCommits(log_, options_.ledger, [&](const ReadCommit& first) -> absl::StatusOr<Scan> {
    same = first.header.ledger_id.view() == place->ledger_id();
    return Scan::kStop;
  }));
  if (same) return reader.status();
  return absl::DataLossError(fmt::format(
      "ledger {}: the decider store is of another ledger of that code, made elsewhere or before.  "
      "If the one in the log is right, delete the store and start again: the log holds all.",
      options_.ledger));
}

absl::Status WriterLoop::CatchUp() {
  while (true) {
    ASSIGN_OR_RETURN(const bool caught_up, reader_->CaughtUp());
    if (caught_up) return absl::OkStatus();
    ASSIGN_OR_RETURN(const std::vector<ReadCommit> commits, reader_->Read(kReadWaitMax, kReadBytesMax));
    for (const ReadCommit& commit : commits) {
      if (commit.verdict != Verdict::kValid) continue;
      RETURN_IF_ERROR(decider_.Prepare(commit));
      RETURN_IF_ERROR(decider_.Evolve(commit));
    }
    if (decider_.unsaved_events() < save_from_) continue;
    RETURN_IF_ERROR(reader_->CheckAnchors());
    RETURN_IF_ERROR(decider_.Save(reader_->place()));
  }
}

void WriterLoop::Submit(std::unique_ptr<Command> command) {
  command->answer_by = time_.Now() + options_.answer_within;
  command->bytes += kCommandOverheadBytes;
  std::unique_lock lock(mutex_);
  if (std::optional<AppendOutcome> refused = WhyNotTaken(command->bytes)) {
    lock.unlock();
    return std::exchange(command->done, nullptr)(*std::move(refused));
  }
  pending_bytes_ += command->bytes;
  if (options_.process_pending_bytes != nullptr) *options_.process_pending_bytes += command->bytes;
  queue_.push_back(std::move(command));
  lock.unlock();
  commands_came_.notify_one();
}

// Why a command of so many bytes is not taken; nothing if it is.   REQUIRES: mutex_ is held.
std::optional<AppendOutcome> WriterLoop::WhyNotTaken(size_t bytes) const {
  if (stopping_ || resigned_ || absl::IsDataLoss(health_)) return EndedLocked();
  if (pending_bytes_ + bytes <= options_.pending_bytes_max && !ProcessIsFull(bytes)) return std::nullopt;
  AppendOutcome outcome;
  outcome.status = absl::ResourceExhaustedError("too much is waiting for an answer; send again later");
  return outcome;
}

// Two writers that look at the same moment may pass the limit by one command each.
bool WriterLoop::ProcessIsFull(size_t bytes) const {
  return options_.process_pending_bytes != nullptr &&
         *options_.process_pending_bytes + bytes > kProcessPendingBytesMax;
}

absl::Status WriterLoop::Health() const {
  const std::lock_guard lock(mutex_);
  return health_;
}

WriterCounts WriterLoop::Counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

void WriterLoop::SetHealth(absl::Status status) {
  const std::lock_guard lock(mutex_);
  health_ = std::move(status);
}

bool WriterLoop::Step() {
  bool stopping = false;
  {
    const std::lock_guard lock(mutex_);
    stopping = stopping_;
  }
  if (!stopping) {
    RunOnce();
    return true;
  }
  const SteadyTime now = time_.Now();
  if (!drain_until_) {
    drain_until_ = now + options_.answer_within;
    TakeCommands();
    // What was not decided yet stays undecided.
    for (auto* commands : {&todo_, &parked_}) {
      for (const std::unique_ptr<Command>& command : *commands) Answer(*command, Ended());
      commands->clear();
    }
  }
  if (stopped_.ok() && !pipeline_.empty() && now < *drain_until_) {
    DrainOnce(now);
    return true;
  }
  FinishDrain();
  return false;
}

void WriterLoop::RunOnce() {
  SteadyTime now = time_.Now();
  if (!stopped_.ok() || Resigned()) {
    WaitForCommands(SteadyTime::max());
    TakeCommands();
    RefuseAll(Ended());
    return;
  }
  if (now < pause_.until) {
    WaitForCommands(std::min(pause_.until, now + kIdleMax));
  } else if (!pipeline_.empty() || !todo_.empty() || !parked_.empty()) {
    ReadBack(ReadWait(now));
  } else {
    WaitForCommands(now + kIdleMax);
    // Decided on an older state, a commit would only turn out void.
    ReadBack(milliseconds(0));
  }
  TakeCommands();
  now = time_.Now();
  Expire(now);
  // Whoever hands a command over while it ends is told at once too.
  if (!stopped_.ok() || Resigned()) return RefuseAll(Ended());
  // What was read and is not taken in yet comes before anything that is decided.
  if (now < pause_.until || !read_.empty()) return;
  NoteDelivery(now);
  if (resyncing_) Resync();
  if (anchors_due_ || now - anchors_checked_ >= kAnchorsEvery) CheckAnchors();
  if (!stopped_.ok()) return;
  SaveIfDue(false);
  if (!stopped_.ok()) return;
  Unpark();
  Send(now);
}

std::chrono::milliseconds WriterLoop::ReadWait(SteadyTime now) const {
  if (!todo_.empty() && MaySend(now)) return milliseconds(0);
  const SteadyTime may_send = turn_.MaySendFrom();
  if (todo_.empty() || may_send <= now) return kReadWaitMax;
  return std::min(kReadWaitMax, std::chrono::ceil<milliseconds>(may_send - now));
}

void WriterLoop::WaitForCommands(SteadyTime until) {
  std::unique_lock lock(mutex_);
  time_.Wait(commands_came_, lock, until, [this] { return stopping_ || !queue_.empty(); });
}

void WriterLoop::TakeCommands() {
  std::vector<std::unique_ptr<Command>> taken;
  {
    const std::lock_guard lock(mutex_);
    taken.swap(queue_);
  }
  std::move(taken.begin(), taken.end(), std::back_inserter(todo_));
}

void WriterLoop::Expire(SteadyTime now) {
  for (CommitUnderWay& commit : pipeline_.commits()) {
    for (HeldAnswer& held : commit.held) {
      if (!held.command->done) continue;
      if (held.command->answer_by > now) return ExpireIn(parked_, now);
      AppendOutcome outcome;
      outcome.status =
          absl::UnavailableError("not read back from the log in time: outcome unknown; send again");
      Answer(*held.command, std::move(outcome));
    }
  }
  ExpireIn(todo_, now);
  ExpireIn(parked_, now);
}

void WriterLoop::ExpireIn(std::deque<std::unique_ptr<Command>>& commands, SteadyTime now) {
  while (!commands.empty() && commands.front()->answer_by <= now) {
    const std::unique_ptr<Command> command = std::move(commands.front());
    commands.pop_front();
    AppendOutcome outcome;
    outcome.status = &commands == &parked_
                         ? absl::DeadlineExceededError("the position of at_least was not reached in time")
                         : absl::UnavailableError("not decided in time; send again");
    Answer(*command, std::move(outcome));
  }
}

void WriterLoop::Unpark() {
  for (auto at = parked_.begin(); at != parked_.end();) {
    if (AwaitsAtLeast(**at)) {
      ++at;
      continue;
    }
    todo_.push_back(std::move(*at));
    at = parked_.erase(at);
  }
}

void WriterLoop::Answer(Command& command, AppendOutcome outcome) {
  if (!command.done) return;
  {
    const std::lock_guard lock(mutex_);
    pending_bytes_ -= command.bytes;
    if (options_.process_pending_bytes != nullptr) *options_.process_pending_bytes -= command.bytes;
    CountLocked(command, outcome);
  }
  std::exchange(command.done, nullptr)(std::move(outcome));
}

void WriterLoop::CountLocked(const Command& command, const AppendOutcome& outcome) {
  if (command.request->dry_run()) return;
  if (!outcome.refusals.empty()) ++counts_.refused[outcome.refusals.front().reason()];
  for (const v1::Appended& event : outcome.events) {
    ++(event.already_recorded() ? counts_.duplicates : counts_.events);
  }
}

// Of the thread that reads back, which alone moves it.
void WriterLoop::NotePosition() {
  const std::lock_guard lock(mutex_);
  counts_.position = decider_.confirmed_sequence();
}

void WriterLoop::AnswerHeld(std::vector<HeldAnswer>& held, const Receipt& carrier) {
  for (HeldAnswer& answer : held) {
    if (!answer.outcome.receipt.digest) answer.outcome.receipt = carrier;
    Answer(*answer.command, std::move(answer.outcome));
  }
}

void WriterLoop::RefuseAll(const AppendOutcome& outcome) {
  for (CommitUnderWay& commit : pipeline_.commits()) {
    for (HeldAnswer& held : commit.held) Answer(*held.command, outcome);
  }
  for (auto* commands : {&todo_, &parked_}) {
    for (const std::unique_ptr<Command>& command : *commands) Answer(*command, outcome);
    commands->clear();
  }
}

// Reads back what is under way, and answers it.
void WriterLoop::DrainOnce(SteadyTime now) {
  if (now < pause_.until) {
    std::unique_lock lock(mutex_);
    time_.Wait(commands_came_, lock, std::min(pause_.until, *drain_until_), [] { return false; });
    return;
  }
  ReadBack(kReadWaitMax);
  if (!read_.empty()) return;
  NoteDelivery(now);
  if (resyncing_) Resync();
}

void WriterLoop::FinishDrain() {
  RefuseAll(Ended());
  if (!stopped_.ok()) return;
  GiveUpAll();
  SaveIfDue(true);
}

void WriterLoop::PauseFor(const absl::Status& why) {
  pause_.until = time_.Now() + pause_.next;
  pause_.next = std::min(2 * pause_.next, kPauseMax);
  SetHealth(absl::UnavailableError(std::string(why.message())));
}

void WriterLoop::Stop(const absl::Status& why) {
  stopped_ = IsLogDamage(why) ? why : absl::DataLossError(std::string(why.message()));
  SetHealth(stopped_);
  TellIfDamaged(stopped_);
  RefuseAll(Ended());
  pipeline_.commits().clear();
  // Nobody ends it any more.
  if (decider_.saving()) decider_.EndSave().IgnoreError();
}

void WriterLoop::TellIfDamaged(const absl::Status& why) const {
  if (IsLogDamage(why) && options_.log_damaged) options_.log_damaged(why);
}

Receipt WriterLoop::ConfirmedReceipt() const {
  return {options_.ledger, decider_.confirmed_sequence(), reader_->head()->digest};
}

}  // namespace realise
