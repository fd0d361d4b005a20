// Who writes a ledger, when that changes.
#include "libs/ledger/writer_loop.h"

namespace realise {

bool WriterLoop::Resigned() const {
  const std::lock_guard lock(mutex_);
  return resigned_;
}

bool WriterLoop::Released() const {
  const std::lock_guard lock(mutex_);
  return released_;
}

// What becomes of a command that is not decided any more.
AppendOutcome WriterLoop::Ended() const {
  const std::lock_guard lock(mutex_);
  return EndedLocked();
}

AppendOutcome WriterLoop::EndedLocked() const {
  AppendOutcome outcome;
  if (absl::IsDataLoss(health_)) {
    outcome.status = health_;
  } else if (released_ || resigned_) {
    outcome.moved = true;
    outcome.status = absl::UnavailableError("another process writes this ledger now; send again to it");
  } else {
    outcome.status =
        absl::UnavailableError("the writer is stopping; outcome unknown; send again to any other");
  }
  return outcome;
}

// Sends an empty commit.  Once it is read back as valid, whatever an earlier writer has under way is void;
// everything that is decided hangs on it, so no answer comes before.  It is dated right behind the last
// commit, because a clock that is wrong must not keep a ledger without a writer.
bool WriterLoop::TakeOver(SteadyTime now) {
  if (!MaySend(now)) return false;
  CommitUnderWay commit = NewCommit();
  commit.header.recorded_at = LastRecorded() + std::chrono::microseconds(1);
  commit.sent_empty = true;
  commit.takes_over = true;
  take_over_due_ = false;
  if (Seal(std::move(commit), decider_.Mark(), now)) return true;
  take_over_due_ = true;
  return false;
}

// Another writer's valid commit was read.  One that is empty was sent to take over, or to look at the log's
// clock; asking once too often does no harm.
void WriterLoop::NoteTakenOver(const ReadCommit& commit) {
  if (commit.header.event_count > 0 || (commit.header.flags & kFlagClockCorrection) != 0) return;
  {
    const std::lock_guard lock(mutex_);
    ++counts_.taken_over;
  }
  resign_due_ = resign_due_ || (options_.still_mine && !options_.still_mine());
}

// Nothing more is sent.  What was under way was found void when the other's commit was read, so everything
// waits to be decided, and is told to go there.
void WriterLoop::Resign() {
  resign_due_ = false;
  {
    const std::lock_guard lock(mutex_);
    resigned_ = true;
    health_ = EndedLocked().status;
  }
  RefuseAll(Ended());
  SaveIfDue(true);
}

}  // namespace realise
