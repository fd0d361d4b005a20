// Whether this machine's clock may be trusted to date a commit.
#pragma once

#include <chrono>
#include <optional>

#include "absl/status/status.h"
#include "libs/base/calendar.h"
#include "libs/ledger/command.h"

namespace realise {

// The name that a refusal because of the clock goes out with.  Not a Reason: it says nothing of the event.
inline constexpr std::string_view kClockRefusal = "CLOCK";

// Pure: every time is an argument.  Not thread-safe.
class ClockGuard {
 public:
  struct Limits {
    std::chrono::microseconds behind_max;  // behind the ledger's last recorded_at
    std::chrono::microseconds skew_max;    // from the log's append time
  };
  explicit ClockGuard(const Limits& limits) : limits_(limits) {}

  // A commit of ours, handed over at `sent` and read back at `read`, was taken by the log at `appended_at` by
  // its clock.
  void NoteAppended(Instant appended_at, SteadyTime sent, SteadyTime read);

  // FAILED_PRECONDITION  `now` is too far behind `last_recorded`.
  [[nodiscard]] absl::Status CheckNotBehind(Instant now, Instant last_recorded) const;
  // FAILED_PRECONDITION  `now` is too far from what the log's clock must show at `at`.
  [[nodiscard]] absl::Status CheckSkew(Instant now, SteadyTime at);
  // Whether a commit should be sent at `at` only to learn what the log's clock shows now, because CheckSkew
  // refuses: at once, then after a second, and ever less often, down to once a minute.
  [[nodiscard]] bool TakeProbe(SteadyTime at);

 private:
  static constexpr std::chrono::seconds kProbeWaitMin{1};
  static constexpr std::chrono::seconds kProbeWaitMax{60};

  // What the log's clock showed at a moment between `sent` and `read`.
  struct Seen {
    Instant log_time;
    SteadyTime sent;
    SteadyTime read;
  };

  const Limits limits_;
  std::optional<Seen> seen_;
  SteadyTime probe_from_{};
  std::chrono::seconds probe_wait_ = kProbeWaitMin;
};

}  // namespace realise
