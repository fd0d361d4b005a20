// The messages of one partition for one ledger, on their way through the ledger's writer in the order in
// which they were published.
//
// One batch is under way at a time, so that no later message can be recorded before an earlier one whose fate
// is unknown.  A batch is atomic: if one event of it is refused, those before it are sent again without it,
// then it by itself as the first, and only that refusal is final.  What was not decided is sent again, for
// ever the same, since the ledger knows the ids.
//
// A ledger that does not answer for `give_up_after`, or that stopped, holds up nobody else's messages any
// longer: its messages are rejected (LEDGER_UNAVAILABLE, LEDGER_STOPPED), those that come behind too, but for
// one try every `retry_max`, until it answers.
#pragma once

#include <chrono>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "libs/inbound/cloud_event.h"
#include "libs/inbound/inbound_message.h"
#include "libs/ledger/ledger_writer.h"
#include "realise/v1/inbound.pb.h"

namespace realise {

struct LaneLimits {
  std::chrono::milliseconds give_up_after = std::chrono::minutes(5);
  std::chrono::milliseconds retry_min{50};
  std::chrono::milliseconds retry_max{10'000};
  size_t batch_events_max = 256;
  size_t batch_bytes_max = 256 * 1024;
};

struct LaneEntry {
  InboundMessage message;
  ReadMessage read;  // without a refusal
};

struct SettledEntry {
  LaneEntry entry;
  v1::InboundOutcome outcome;
};

// Pure: time is an argument.  Not thread-safe.
class LedgerLane {
 public:
  using Time = std::chrono::steady_clock::time_point;

  LedgerLane(std::string ledger, const LaneLimits& limits)
      : ledger_(std::move(ledger)), limits_(limits), batch_max_(limits.batch_events_max) {}

  void Add(LaneEntry entry) { waiting_.push_back(std::move(entry)); }

  // What to append now; nothing while that is not answered, while the ledger is given time, or if nothing
  // waits.
  [[nodiscard]] std::optional<v1::AppendRequest> NextBatch(Time now);
  // The answer to the batch: what it settles.
  [[nodiscard]] std::vector<SettledEntry> Answer(const AppendOutcome& outcome, Time now);
  // What is not waited for any longer.
  [[nodiscard]] std::vector<SettledEntry> GiveUp(Time now);

  bool under_way() const { return under_way_ > 0; }
  size_t waiting() const { return waiting_.size(); }
  // Why the ledger does not answer, and since when; OK if it does.
  const absl::Status& failure() const { return failure_; }
  std::optional<Time> failing_since() const { return failing_since_; }
  // Nothing would be lost with this object.
  bool Idle(Time now) const;

 private:
  std::vector<SettledEntry> TakeRecorded(const AppendOutcome& outcome);
  std::vector<SettledEntry> TakeRefused(const AppendOutcome& outcome, size_t index);
  std::vector<SettledEntry> RejectFirst(size_t count, const v1::Refusal& refusal,
                                        const std::string& decided_at);
  void NoteFailure(const absl::Status& status, Time now);
  void NoteAnswer();

  const std::string ledger_;
  const LaneLimits limits_;
  std::deque<LaneEntry> waiting_;  // the first under_way_ of them are with the writer
  size_t under_way_ = 0;
  size_t batch_max_;                // fewer while many are refused
  std::optional<size_t> next_max_;  // of the next batch alone
  absl::Status failure_;
  std::optional<Time> failing_since_;
  Time retry_at_{};
  std::chrono::milliseconds retry_next_{};
  bool refusing_ = false;
};

}  // namespace realise
