#include "libs/ledger/clock_guard.h"

#include <fmt/format.h>

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

absl::Status ClockGuard::CheckSkew(Instant now, SteadyTime at) const {
  if (!seen_) return absl::OkStatus();
  const Instant log_earliest = seen_->log_time + duration_cast<microseconds>(at - seen_->read);
  const Instant log_latest = seen_->log_time + duration_cast<microseconds>(at - seen_->sent);
  if (now + limits_.skew_max >= log_earliest && now <= log_latest + limits_.skew_max) return absl::OkStatus();
  return absl::FailedPreconditionError(
      fmt::format("CLOCK: this machine says {}, but the log's clock {}.  Set whichever is wrong, then start "
                  "this writer again: it knows the log's clock from its last commit only.",
                  FormatInstant(now), FormatInstant(log_earliest)));
}

}  // namespace realise
