#include "libs/ledger/passing_time.h"

namespace realise {

SteadyTime MachineTime::Now() const { return std::chrono::steady_clock::now(); }

void MachineTime::Wait(std::condition_variable& signal, std::unique_lock<std::mutex>& lock, SteadyTime until,
                       const std::function<bool()>& woken) const {
  if (until == SteadyTime::max()) {
    signal.wait(lock, woken);
  } else {
    signal.wait_until(lock, until, woken);
  }
}

}  // namespace realise
