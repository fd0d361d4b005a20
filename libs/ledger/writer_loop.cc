#include "libs/ledger/writer_loop.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <utility>

#include "libs/base/status_macros.h"

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

absl::Status Stopping() { return absl::UnavailableError("the writer is stopping; send again to any other"); }

}  // namespace

LedgerWriter::Loop::Loop(EventLog& log, DeciderStore& store, const Clock& clock, LedgerWriterOptions options)
    : log_(log),
      clock_(clock),
      options_(std::move(options)),
      decider_(options_.ledger, log, store, pipeline_),
      clock_guard_({options_.clock_behind_max, options_.clock_skew_max}),
      turn_(SeedOf(writer_)),
      save_from_(options_.save_every_events) {}

LedgerWriter::Loop::~Loop() {
  BeginDrain();
  if (thread_.joinable()) thread_.join();
}

void LedgerWriter::Loop::BeginDrain() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  commands_came_.notify_one();
}

absl::Status LedgerWriter::Loop::Start() {
  ASSIGN_OR_RETURN(const std::optional<internal::v1::LogPlace> place, decider_.Load());
  ASSIGN_OR_RETURN(reader_, CommitReader::Open(log_, options_.ledger, place));
  RETURN_IF_ERROR(CatchUp());
  if (!reader_->head()) {
    return absl::NotFoundError(fmt::format("ledger {} has no first commit; create it", options_.ledger));
  }
  ASSIGN_OR_RETURN(appender_, log_.OpenAppender(options_.ledger));
  anchors_checked_ = std::chrono::steady_clock::now();
  thread_ = std::thread([this] { Run(); });
  return absl::OkStatus();
}

// A writer that comes to a ledger appends no empty commit to take it over: with its first own commit it takes
// the same link of the chain, and a commit for nothing at every start would only make work for all readers.
absl::Status LedgerWriter::Loop::CatchUp() {
  while (true) {
    ASSIGN_OR_RETURN(const bool caught_up, reader_->CaughtUp());
    if (caught_up) return absl::OkStatus();
    ASSIGN_OR_RETURN(const std::vector<ReadCommit> commits, reader_->Read(kReadWaitMax, kReadBytesMax));
    for (const ReadCommit& commit : commits) {
      if (commit.verdict == Verdict::kValid) RETURN_IF_ERROR(decider_.Evolve(commit));
    }
    if (decider_.unsaved_events() < save_from_) continue;
    RETURN_IF_ERROR(reader_->CheckAnchors());
    RETURN_IF_ERROR(decider_.Save(reader_->place()));
  }
}

void LedgerWriter::Loop::Submit(std::unique_ptr<Command> command) {
  command->answer_by = std::chrono::steady_clock::now() + options_.answer_within;
  command->bytes = command->request.ByteSizeLong() + kCommandOverheadBytes;
  absl::Status refused;
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) {
      refused = Stopping();
    } else if (absl::IsDataLoss(health_)) {
      refused = health_;
    } else if (pending_bytes_ + command->bytes > options_.pending_bytes_max ||
               ProcessIsFull(command->bytes)) {
      refused = absl::ResourceExhaustedError("too much is waiting for an answer; send again later");
    } else {
      pending_bytes_ += command->bytes;
      if (options_.process_pending_bytes != nullptr) *options_.process_pending_bytes += command->bytes;
      queue_.push_back(std::move(command));
    }
  }
  if (refused.ok()) {
    commands_came_.notify_one();
    return;
  }
  AppendOutcome outcome;
  outcome.status = std::move(refused);
  std::exchange(command->done, nullptr)(std::move(outcome));
}

// Two writers that look at the same moment may pass the limit by one command each.
bool LedgerWriter::Loop::ProcessIsFull(size_t bytes) const {
  return options_.process_pending_bytes != nullptr &&
         *options_.process_pending_bytes + bytes > kProcessPendingBytesMax;
}

absl::Status LedgerWriter::Loop::Health() const {
  const std::lock_guard lock(mutex_);
  return health_;
}

WriterCounts LedgerWriter::Loop::Counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

void LedgerWriter::Loop::SetHealth(absl::Status status) {
  const std::lock_guard lock(mutex_);
  health_ = std::move(status);
}

void LedgerWriter::Loop::Run() {
  while (true) {
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) break;
    }
    RunOnce();
  }
  Drain();
}

void LedgerWriter::Loop::RunOnce() {
  SteadyTime now = std::chrono::steady_clock::now();
  if (!stopped_.ok()) {
    WaitForCommands(SteadyTime::max());
    TakeCommands();
    RefuseAll(stopped_);
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
  now = std::chrono::steady_clock::now();
  Expire(now);
  if (now < pause_.until || !stopped_.ok()) return;
  NoteDelivery(now);
  if (resyncing_) Resync();
  if (anchors_due_ || now - anchors_checked_ >= kAnchorsEvery) CheckAnchors();
  if (!stopped_.ok()) return;
  SaveIfDue(false);
  Unpark();
  Send(now);
}

std::chrono::milliseconds LedgerWriter::Loop::ReadWait(SteadyTime now) const {
  if (!todo_.empty() && MaySend(now)) return milliseconds(0);
  const SteadyTime may_send = turn_.MaySendFrom();
  if (todo_.empty() || may_send <= now) return kReadWaitMax;
  return std::min(kReadWaitMax, std::chrono::ceil<milliseconds>(may_send - now));
}

void LedgerWriter::Loop::WaitForCommands(SteadyTime until) {
  std::unique_lock lock(mutex_);
  const auto woken = [this] { return stopping_ || !queue_.empty(); };
  if (until == SteadyTime::max()) {
    commands_came_.wait(lock, woken);
  } else {
    commands_came_.wait_until(lock, until, woken);
  }
}

void LedgerWriter::Loop::TakeCommands() {
  std::vector<std::unique_ptr<Command>> taken;
  {
    const std::lock_guard lock(mutex_);
    taken.swap(queue_);
  }
  std::move(taken.begin(), taken.end(), std::back_inserter(todo_));
}

void LedgerWriter::Loop::Expire(SteadyTime now) {
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

void LedgerWriter::Loop::ExpireIn(std::deque<std::unique_ptr<Command>>& commands, SteadyTime now) {
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

void LedgerWriter::Loop::Unpark() {
  for (auto at = parked_.begin(); at != parked_.end();) {
    if (AwaitsAtLeast(**at)) {
      ++at;
      continue;
    }
    todo_.push_back(std::move(*at));
    at = parked_.erase(at);
  }
}

void LedgerWriter::Loop::Answer(Command& command, AppendOutcome outcome) {
  if (!command.done) return;
  {
    const std::lock_guard lock(mutex_);
    pending_bytes_ -= command.bytes;
    if (options_.process_pending_bytes != nullptr) *options_.process_pending_bytes -= command.bytes;
  }
  std::exchange(command.done, nullptr)(std::move(outcome));
}

void LedgerWriter::Loop::AnswerHeld(std::vector<HeldAnswer>& held, const Receipt& carrier) {
  for (HeldAnswer& answer : held) {
    if (!answer.outcome.receipt.digest) answer.outcome.receipt = carrier;
    Answer(*answer.command, std::move(answer.outcome));
  }
}

void LedgerWriter::Loop::RefuseAll(const absl::Status& status) {
  const auto refuse = [&](Command& command) {
    AppendOutcome outcome;
    outcome.status = status;
    Answer(command, std::move(outcome));
  };
  for (CommitUnderWay& commit : pipeline_.commits()) {
    for (HeldAnswer& held : commit.held) refuse(*held.command);
  }
  for (auto* commands : {&todo_, &parked_}) {
    for (const std::unique_ptr<Command>& command : *commands) refuse(*command);
    commands->clear();
  }
}

// Reads back what is under way, and answers it; what was not decided yet stays undecided.
void LedgerWriter::Loop::Drain() {
  draining_ = true;
  const SteadyTime until = std::chrono::steady_clock::now() + options_.answer_within;
  TakeCommands();
  for (auto* commands : {&todo_, &parked_}) {
    for (const std::unique_ptr<Command>& command : *commands) {
      AppendOutcome outcome;
      outcome.status = Stopping();
      Answer(*command, std::move(outcome));
    }
    commands->clear();
  }
  while (stopped_.ok() && !pipeline_.empty() && std::chrono::steady_clock::now() < until) {
    const SteadyTime now = std::chrono::steady_clock::now();
    if (now < pause_.until) {
      std::unique_lock lock(mutex_);
      commands_came_.wait_until(lock, std::min(pause_.until, until), [] { return false; });
      continue;
    }
    ReadBack(kReadWaitMax);
    NoteDelivery(now);
    if (resyncing_) Resync();
  }
  RefuseAll(stopped_.ok() ? Stopping() : stopped_);
  if (!stopped_.ok()) return;
  GiveUpAll();
  SaveIfDue(true);
}

void LedgerWriter::Loop::PauseFor(const absl::Status& why) {
  pause_.until = std::chrono::steady_clock::now() + pause_.next;
  pause_.next = std::min(2 * pause_.next, kPauseMax);
  SetHealth(absl::UnavailableError(std::string(why.message())));
}

void LedgerWriter::Loop::Stop(const absl::Status& why) {
  stopped_ = absl::DataLossError(std::string(why.message()));
  SetHealth(stopped_);
  RefuseAll(stopped_);
  pipeline_.commits().clear();
}

Receipt LedgerWriter::Loop::ConfirmedReceipt() const {
  return {options_.ledger, decider_.confirmed_sequence(), reader_->head()->digest};
}

}  // namespace realise
