// One run: processes, publishers, a log and the network between them, in one thread, everything drawn from
// one seed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/simulation/world.h"

namespace realise::simulation {

struct RunReport {
  std::vector<std::string> anomalies;  // what must not be; at most a few
  std::vector<std::string> story;      // if it was asked for
  Faults faults;                       // injected, and what followed, by name
  bool truncated = false;
  // Of a run whose log was cut: a reader went on with another history than the log holds, and nothing told
  // it.  Readers cannot always know (libs/event_log/README.md), so it is no anomaly but is counted.
  bool parted = false;
  bool stopped = false;  // at least one reader noticed that the log was cut
  Digest history;        // of the last valid commit, for comparing runs
  uint64_t events = 0;
  uint64_t commits = 0;
  uint64_t void_records = 0;
  uint64_t answers = 0;
  uint64_t decided_again = 0;
  uint64_t taken_over = 0;
  int steps = 0;
  int newcomer_waited_most = 0;  // steps until a newcomer was answered, in a race
};

// The same for the same seed.
[[nodiscard]] RunReport RunSeed(uint64_t seed, StorePool& stores, bool tell);

}  // namespace realise::simulation
