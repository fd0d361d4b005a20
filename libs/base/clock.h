// The time of day, given to whoever needs it, so that tests and simulations can set it.
#pragma once

#include <atomic>

#include "libs/base/calendar.h"

namespace realise {

// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant Now() const = 0;
};

// The machine's clock; may jump when it is set.
class SystemClock : public Clock {
 public:
  Instant Now() const override;
};

// A clock that moves only when told.
class ManualClock : public Clock {
 public:
  explicit ManualClock(Instant now) : now_(now) {}
  Instant Now() const override { return now_.load(); }
  void Set(Instant now) { now_.store(now); }
  void Advance(std::chrono::microseconds by) { now_.store(now_.load() + by); }

 private:
  std::atomic<Instant> now_;
};

}  // namespace realise
