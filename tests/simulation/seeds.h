// Many runs, and what they came to.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "tests/simulation/simulation.h"

namespace realise::simulation {

struct SeedsReport {
  uint64_t runs = 0;
  uint64_t failed = 0;
  uint64_t cut = 0;      // runs whose log was cut
  uint64_t noticed = 0;  // of those: a reader stopped
  uint64_t parted = 0;   // of those: a reader went on with another history, unseen
  Faults faults;
  Faults work;  // what was done, by name
};

// Runs `count` seeds from `from` on, `stride` apart; `failed` is told each seed that has an anomaly, with its
// report.
[[nodiscard]] SeedsReport RunSeeds(uint64_t from, uint64_t count, uint64_t stride,
                                   const std::function<void(uint64_t seed, const RunReport&)>& failed);

// As a table.
[[nodiscard]] std::string ToText(const SeedsReport& report);

// How to run a seed again.
[[nodiscard]] std::string ReplayCommand(uint64_t seed);

}  // namespace realise::simulation
