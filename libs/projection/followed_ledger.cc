#include "libs/projection/followed_ledger.h"

#include <algorithm>
#include <utility>

#include "fmt/format.h"
#include "libs/base/status_macros.h"

namespace realise {
namespace {

// How long a thread may be deaf to the signal that ends it.
constexpr std::chrono::milliseconds kReadWaitMax{100};

// What comes to a ledger that was caught up with is folded this long after the last time, or at once if
// somebody waits for it.  Each time takes about as much CPU as an append does, on Kafka a question to the
// broker, too.
constexpr std::chrono::milliseconds kFoldAgainAfter{5};

constexpr std::chrono::milliseconds kBackOffMin{10};
constexpr std::chrono::milliseconds kBackOffMax{1000};

std::string ReceiptOf(const std::string& ledger, const CommitEnd& end) {
  return Receipt{.ledger = ledger, .sequence = end.sequence, .digest = end.digest}.ToString();
}

}  // namespace

void StopSignal::Raise() {
  const std::lock_guard lock(mutex_);
  raised_ = true;
  raised_changed_.notify_all();
}

bool StopSignal::Raised() {
  const std::lock_guard lock(mutex_);
  return raised_;
}

bool StopSignal::WaitFor(std::chrono::milliseconds wait_max) {
  std::unique_lock lock(mutex_);
  return raised_changed_.wait_for(lock, wait_max, [this] { return raised_; });
}

FollowedLedger::FollowedLedger(EventLog& log, ViewStore& store, LedgerFoldOptions options,
                               std::chrono::milliseconds look_again, StopSignal& stop)
    : code_(options.ledger),
      keys_(options.keys),
      look_again_(look_again),
      stop_(stop),
      fold_(log, store, std::move(options)) {}

void FollowedLedger::Start() {
  if (!thread_.joinable()) thread_ = std::thread([this] { Run(); });
}

void FollowedLedger::Join() {
  if (thread_.joinable()) thread_.join();
}

void FollowedLedger::Run() {
  std::chrono::milliseconds back_off = kBackOffMin;
  bool at_end = false;
  while (!stop_.Raised()) {
    const absl::Status status = StepOnce(std::min(kReadWaitMax, look_again_), at_end);
    if (absl::IsDataLoss(status)) return;
    if (status.ok()) {
      back_off = kBackOffMin;
      if (caught_up_) Gather();
      continue;
    }
    if (stop_.WaitFor(back_off)) return;
    back_off = std::min(back_off * 2, kBackOffMax);
  }
}

void FollowedLedger::Gather() {
  const auto until = read_ + kFoldAgainAfter;
  if (std::chrono::steady_clock::now() >= until) return;
  std::unique_lock lock(mutex_);
  wanted_.wait_until(lock, until, [this] { return waiting_ > 0; });
}

absl::Status FollowedLedger::FoldToEnd() {
  bool at_end = false;
  caught_up_ = false;
  RETURN_IF_ERROR(StepOnce(std::chrono::milliseconds(0), at_end));
  while (!at_end) RETURN_IF_ERROR(StepOnce(kReadWaitMax, at_end));
  return absl::OkStatus();
}

absl::Status FollowedLedger::StepOnce(std::chrono::milliseconds wait_max, bool& at_end) {
  at_end = false;
  const auto step = fold_.Step(wait_max);
  absl::Status status = step.status();
  if (step.ok() && step->ingested) caught_up_ = false;
  const auto now = std::chrono::steady_clock::now();
  if (step.ok() && step->read) read_ = now;
  // A ledger's first commit is answered from as soon as it is folded, not at the next look.
  const bool takes_over = step.ok() && fold_.folded() && fold_.answering() != keys_.version;
  const uint64_t asked = LooksAsked();
  const bool look = !caught_up_ || takes_over || asked != looks_served_ || now - looked_ >= look_again_;
  if (step.ok() && look) {
    looked_ = now;
    status = LookAround();
    at_end = status.ok() && caught_up_;
    if (at_end) looks_served_ = asked;
  }
  // What is in the log when it is read again is another question.
  if (!status.ok()) caught_up_ = false;
  Publish(status);
  return status;
}

uint64_t FollowedLedger::LooksAsked() const {
  const std::lock_guard lock(mutex_);
  return looks_asked_;
}

absl::Status FollowedLedger::LookAround() {
  RETURN_IF_ERROR(fold_.CheckAnchors());
  ASSIGN_OR_RETURN(caught_up_, fold_.CaughtUp());
  if (caught_up_ && fold_.folded() && fold_.answering() != keys_.version) return fold_.TakeOver();
  if (caught_up_ && looked_ - read_ >= look_again_) fold_.Rest();
  return absl::OkStatus();
}

void FollowedLedger::SetFolded(const ViewFigureSource& source) {
  const std::lock_guard lock(mutex_);
  answering_ = static_cast<uint16_t>(source.fold_version());
  answered_ = source.Latest();
  void_commits_ = source.void_commits();
}

v1::FoldState FollowedLedger::StateOf(const absl::Status& status) const {
  if (absl::IsDataLoss(status)) return v1::FOLD_STATE_STOPPED;
  if (status.ok()) return caught_up_ ? v1::FOLD_STATE_CAUGHT_UP : v1::FOLD_STATE_CATCHING_UP;
  return fold_.trouble() == FoldTrouble::kStore ? v1::FOLD_STATE_STORE_FAILING
                                                : v1::FOLD_STATE_LOG_UNREACHABLE;
}

void FollowedLedger::Publish(const absl::Status& status) {
  const std::lock_guard lock(mutex_);
  status_ = status;
  state_ = StateOf(status);
  advice_ = status.ok() ? "" : fold_.Advice();
  unfit_ = fold_.unfit();
  settled_ = settled_ || state_ == v1::FOLD_STATE_CAUGHT_UP || state_ == v1::FOLD_STATE_STOPPED;
  folded_ = fold_.folded();
  void_commits_ = fold_.void_commits();
  if (fold_.answering() == keys_.version) {
    answering_ = keys_.version;
    answered_ = folded_;
  }
  looks_answered_ = looks_served_;
  progress_.notify_all();
}

absl::Status FollowedLedger::StoppedLocked() const {
  return absl::DataLossError(fmt::format("{}. {}", std::string(status_.message()), advice_));
}

// False if it is not there, because the time is over or the fold stopped.
template <typename There>
bool FollowedLedger::AwaitLocked(std::unique_lock<std::mutex>& lock, std::chrono::milliseconds wait_max,
                                 There there) {
  if (there()) return true;
  ++waiting_;
  wanted_.notify_one();
  progress_.wait_for(lock, wait_max, [&] { return there() || absl::IsDataLoss(status_); });
  --waiting_;
  return there();
}

absl::Status FollowedLedger::WaitFor(Sequence sequence, std::chrono::milliseconds wait_max) {
  std::unique_lock lock(mutex_);
  const auto there = [&] { return answered_ && answered_->sequence >= sequence; };
  if (AwaitLocked(lock, wait_max, there)) return absl::OkStatus();
  if (absl::IsDataLoss(status_)) return StoppedLocked();
  return absl::DeadlineExceededError(answered_
                                         ? fmt::format("ledger {} is folded up to {}@{}, not yet up to {}",
                                                       code_, code_, answered_->sequence, sequence)
                                         : fmt::format("nothing of ledger {} is folded yet", code_));
}

absl::Status FollowedLedger::WaitForAllEndingAt(Sequence sequence, std::chrono::milliseconds wait_max) {
  std::unique_lock lock(mutex_);
  const uint64_t asked = ++looks_asked_;
  const auto there = [&] {
    return (answered_ && answered_->sequence > sequence) || looks_answered_ >= asked;
  };
  if (AwaitLocked(lock, wait_max, there)) return absl::OkStatus();
  if (absl::IsDataLoss(status_)) return StoppedLocked();
  return absl::DeadlineExceededError(fmt::format(
      "ledger {} is folded up to {}@{}, but not yet everything that ends there", code_, code_, sequence));
}

bool FollowedLedger::Settled() const {
  const std::lock_guard lock(mutex_);
  return settled_;
}

v1::LedgerStatus FollowedLedger::Status() const {
  const std::lock_guard lock(mutex_);
  v1::LedgerStatus row;
  row.set_ledger(code_);
  row.set_fold_state(state_);
  if (answered_) {
    row.set_folded(ReceiptOf(code_, *answered_));
    row.set_folded_recorded_at(FormatInstant(answered_->recorded_at));
  }
  row.set_fold_version(answering_);
  if (answering_ != 0 && answering_ != keys_.version) {
    row.set_building_fold_version(keys_.version);
    row.set_building_sequence(folded_ ? folded_->sequence : 0);
  }
  row.set_message(std::string(status_.message()));
  row.set_advice(advice_);
  row.set_void_commits(void_commits_);
  row.set_stopped_before(unfit_.value_or(0));
  return row;
}

}  // namespace realise
