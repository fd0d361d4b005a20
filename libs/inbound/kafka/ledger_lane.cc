#include "libs/inbound/kafka/ledger_lane.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "libs/inbound/inbound_reason.h"
#include "libs/inbound/outcome.h"
#include "libs/ledger/clock_guard.h"

namespace realise {
namespace {

constexpr std::chrono::minutes kForgetAfter{10};

v1::Refusal Because(std::string_view reason, std::string message) {
  v1::Refusal refusal;
  refusal.set_reason(std::string(reason));
  refusal.set_message(std::move(message));
  return refusal;
}

// The event of a batch that was refused; nothing if the answer says nothing of an event.
std::optional<size_t> RefusedIndex(const AppendOutcome& outcome, size_t batch) {
  if (outcome.status.ok() || outcome.refusals.empty()) return std::nullopt;
  const v1::Refusal& refusal = outcome.refusals.front();
  if (refusal.reason() == kClockRefusal || refusal.event_index() >= batch) return std::nullopt;
  return refusal.event_index();
}

}  // namespace

std::optional<v1::AppendRequest> LedgerLane::NextBatch(Time now) {
  if (under_way_ > 0 || waiting_.empty() || now < retry_at_) return std::nullopt;
  v1::AppendRequest request;
  request.set_ledger(ledger_);
  request.set_registered_sources_only(true);
  const size_t most = std::min({waiting_.size(), batch_max_, next_max_.value_or(batch_max_)});
  size_t bytes = 0;
  for (size_t i = 0; i < most; ++i) {
    const ReadMessage& read = waiting_[i].read;
    bytes += read.event.ByteSizeLong();
    // A stream's version can be checked for the first event of a batch only.
    if (i > 0 && (bytes > limits_.batch_bytes_max || read.expected_version)) break;
    *request.add_events() = read.event;
    if (!read.expected_version) continue;
    *request.add_expected_versions() = *read.expected_version;
    break;
  }
  next_max_.reset();
  under_way_ = static_cast<size_t>(request.events_size());
  return request;
}

std::vector<SettledEntry> LedgerLane::Answer(const AppendOutcome& outcome, Time now) {
  if (outcome.status.ok() && static_cast<size_t>(outcome.events.size()) == under_way_) {
    NoteAnswer();
    return TakeRecorded(outcome);
  }
  if (const auto index = RefusedIndex(outcome, under_way_)) {
    NoteAnswer();
    return TakeRefused(outcome, *index);
  }
  const size_t asked = std::exchange(under_way_, 0);
  if (absl::IsNotFound(outcome.status)) {
    NoteAnswer();
    v1::Refusal refusal =
        Because(kUnknownLedger, fmt::format("There is no ledger {}; an operator creates one", ledger_));
    refusal.set_field("ce_ledger");
    return RejectFirst(asked, refusal, "");
  }
  NoteFailure(
      outcome.status.ok() ? absl::InternalError("an answer that does not fit its batch") : outcome.status,
      now);
  return GiveUp(now);
}

std::vector<SettledEntry> LedgerLane::TakeRecorded(const AppendOutcome& outcome) {
  std::vector<SettledEntry> settled;
  const std::string receipt = outcome.receipt.ToString();
  for (const v1::Appended& event : outcome.events) {
    LaneEntry entry = std::move(waiting_.front());
    waiting_.pop_front();
    v1::InboundOutcome recorded = Recorded(entry.message.place, entry.read, event, receipt);
    settled.push_back({std::move(entry), std::move(recorded)});
  }
  under_way_ = 0;
  batch_max_ = std::min(batch_max_ * 2, limits_.batch_events_max);
  return settled;
}

std::vector<SettledEntry> LedgerLane::TakeRefused(const AppendOutcome& outcome, size_t index) {
  under_way_ = 0;
  if (index > 0) {
    next_max_ = index;
    return {};
  }
  batch_max_ = std::max<size_t>(batch_max_ / 2, 1);
  v1::Refusal refusal = outcome.refusals.front();
  const std::string fact = FactOf(waiting_.front().read.type);
  refusal.set_field(InboundFieldOf(fact, refusal.field()));
  return RejectFirst(1, refusal, outcome.receipt.ledger.empty() ? "" : outcome.receipt.ToString());
}

std::vector<SettledEntry> LedgerLane::RejectFirst(size_t count, const v1::Refusal& refusal,
                                                  const std::string& decided_at) {
  std::vector<SettledEntry> settled;
  for (size_t i = 0; i < count; ++i) {
    LaneEntry entry = std::move(waiting_.front());
    waiting_.pop_front();
    v1::InboundOutcome rejected = Rejected(entry.message.place, entry.read, refusal, decided_at);
    settled.push_back({std::move(entry), std::move(rejected)});
  }
  return settled;
}

std::vector<SettledEntry> LedgerLane::GiveUp(Time now) {
  if (!failing_since_ || under_way_ > 0) return {};
  refusing_ = refusing_ || absl::IsDataLoss(failure_) || now - *failing_since_ >= limits_.give_up_after;
  // When the next try is due, the first of those that wait is it.
  if (!refusing_ || now >= retry_at_) return {};
  const bool stopped = absl::IsDataLoss(failure_);
  return RejectFirst(
      waiting_.size(),
      Because(stopped ? kLedgerStopped : kLedgerUnavailable,
              fmt::format("Ledger {} {}; whether the event is recorded is unknown. An operator sees to "
                          "it, and sends the message again: realise inbound replay",
                          ledger_, stopped ? "stopped" : "did not answer for long")),
      "");
}

void LedgerLane::NoteFailure(const absl::Status& status, Time now) {
  failure_ = status;
  if (!failing_since_) {
    failing_since_ = now;
    retry_next_ = limits_.retry_min;
  }
  if (absl::IsDataLoss(status)) retry_next_ = limits_.retry_max;
  retry_at_ = now + retry_next_;
  retry_next_ = std::min(2 * retry_next_, limits_.retry_max);
}

void LedgerLane::NoteAnswer() {
  failure_ = absl::OkStatus();
  failing_since_.reset();
  retry_at_ = Time();
  refusing_ = false;
}

bool LedgerLane::Idle(Time now) const {
  return waiting_.empty() && (!failing_since_ || now > retry_at_ + kForgetAfter);
}

}  // namespace realise
