// Ledgers of very different size in one process: their codes, sizes and seeds.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace realise::bench {

struct PlannedLedger {
  std::string code;
  uint64_t events = 0;
  uint64_t seed = 0;  // of its history
};

// As many as there are codes like those of trusts: R and two letters.
inline constexpr int kPlannedLedgersMax = 26 * 26;

// The largest first; their sizes follow a power law: of 200 ledgers the first has a quarter of all events, a
// hundred have one in a thousand or less.  They add up to `events`.  The same for the same arguments.
// REQUIRES: 1 to kPlannedLedgersMax ledgers.
[[nodiscard]] std::vector<PlannedLedger> PlanLedgers(uint64_t seed, uint64_t events, int ledgers);

}  // namespace realise::bench
