// Time in a simulation: passes when it is told to, and never while somebody waits.
#pragma once

#include <condition_variable>
#include <mutex>

#include "libs/base/clock.h"
#include "libs/ledger/passing_time.h"

namespace realise::simulation {

class SimulatedTime : public PassingTime {
 public:
  SteadyTime Now() const override { return now_; }
  void Wait(std::condition_variable& /*signal*/, std::unique_lock<std::mutex>& /*lock*/, SteadyTime /*until*/,
            const std::function<bool()>& /*woken*/) const override {}

  void Advance(std::chrono::microseconds by) { now_ += by; }
  std::chrono::microseconds SinceStart() const {
    return std::chrono::duration_cast<std::chrono::microseconds>(now_ - kStart);
  }

 private:
  static constexpr SteadyTime kStart{std::chrono::hours(1)};
  SteadyTime now_ = kStart;
};

// A machine's clock of the day, which may be wrong.
class SimulatedClock : public Clock {
 public:
  explicit SimulatedClock(const SimulatedTime& time) : time_(time) {}

  Instant Now() const override { return kMorning + time_.SinceStart() + ahead_; }
  void SetAhead(std::chrono::microseconds by) { ahead_ = by; }
  std::chrono::microseconds ahead() const { return ahead_; }

 private:
  static constexpr Instant kMorning{std::chrono::seconds(1'750'000'000)};
  const SimulatedTime& time_;
  std::chrono::microseconds ahead_{0};
};

}  // namespace realise::simulation
