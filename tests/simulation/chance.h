// The one source of randomness of a run.
#pragma once

#include <chrono>
#include <cstdint>
#include <random>

namespace realise::simulation {

// The same draws for the same seed on every machine.  Not thread-safe.
class Chance {
 public:
  explicit Chance(uint64_t seed) : random_(seed) {}

  // 0 to below - 1.
  uint64_t Below(uint64_t below) { return random_() % below; }
  int Between(int least, int most) {
    return least + static_cast<int>(Below(static_cast<uint64_t>(most) - static_cast<uint64_t>(least) + 1));
  }
  bool OutOfHundred(int times) { return Below(100) < static_cast<uint64_t>(times); }
  bool OutOfThousand(int times) { return Below(1000) < static_cast<uint64_t>(times); }
  std::chrono::microseconds Micros(int least, int most) {
    return std::chrono::microseconds(Between(least, most));
  }

 private:
  std::mt19937_64 random_;
};

}  // namespace realise::simulation
