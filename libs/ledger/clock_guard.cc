#include "libs/ledger/clock_guard.h"

#include <fmt/format.h>

#include <algorithm>

namespace realise {

using std::chrono::duration_cast;
using std::chrono::microseconds;

void ClockGuard::NoteAppended(Instant appended_at, SteadyTime sent, SteadyTime read) {
  seen_ = {appended_at, sent, read};
}

absl::Status ClockGuard::CheckNotBehind(Instant now, Instant last_recorded) const {
  if (now + limits_.behind_max >= last_recorded) return absl::OkStatus();
  return absl::FailedPreconditionError(fmt::format(
      "CLOCK: this machine says {}, but the ledger's last commit was recorded at {}.  Set the clock right; "
      "if the ledger was dated by a clock that ran ahead, correct its clock.",
      FormatInstant(now), FormatInstant(last_recorded)));
}

absl::Status ClockGuard::CheckSkew(Instant now, SteadyTime at) {
  if (!seen_) return absl::OkStatus();
  const Instant log_earliest = seen_->log_time + duration_cast<microseconds>(at - seen_->read);
  const Instant log_latest = seen_->log_time + duration_cast<microseconds>(at - seen_->sent);
  if (now + limits_.skew_max >= log_earliest && now <= log_latest + limits_.skew_max) {
    probe_wait_ = kProbeWaitMin;
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(
      fmt::format("CLOCK: this machine says {}, but the log's clock {}.  Set whichever is wrong, and send "
                  "again: the log's clock is asked anew, at least once a minute while commands come.",
                  FormatInstant(now), FormatInstant(log_earliest)));
}

bool ClockGuard::TakeProbe(SteadyTime at) {
  if (at < probe_from_) return false;
  probe_from_ = at + probe_wait_;
  probe_wait_ = std::min(2 * probe_wait_, kProbeWaitMax);
  return true;
}

}  // namespace realise
