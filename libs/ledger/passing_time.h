// Time that only passes, for waiting and never for recording, and the waiting itself; so that a simulation
// can run a writer without a thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>

namespace realise {

using SteadyTime = std::chrono::steady_clock::time_point;

// Thread-safe.
class PassingTime {
 public:
  virtual ~PassingTime() = default;
  virtual SteadyTime Now() const = 0;
  // Waits on `signal` until `woken` is true, or until `until`; SteadyTime::max() is for ever.  May return
  // early.
  virtual void Wait(std::condition_variable& signal, std::unique_lock<std::mutex>& lock, SteadyTime until,
                    const std::function<bool()>& woken) const = 0;
};

// The machine's.
class MachineTime : public PassingTime {
 public:
  SteadyTime Now() const override;
  void Wait(std::condition_variable& signal, std::unique_lock<std::mutex>& lock, SteadyTime until,
            const std::function<bool()>& woken) const override;
};

}  // namespace realise
