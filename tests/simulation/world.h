// What the parts of one run share.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "fmt/format.h"
#include "libs/ledger/decider_store.h"
#include "rocksdb/env.h"
#include "tests/simulation/chance.h"
#include "tests/simulation/simulated_log.h"
#include "tests/simulation/simulated_time.h"

namespace realise::simulation {

// What a run is: the kind of faults, and how many.  Drawn from its seed.
struct Plan {
  uint64_t seed = 0;
  std::string ledger;
  int processes = 2;
  int publishers = 3;
  int publisher_steps = 2;  // in each step
  int steps = 600;          // until the faults end
  int faults_of_1000 = 20;  // at each step
  bool truncates = false;   // the log is cut
  bool contention = false;  // two writers, one of them with work without end, and no faults
  int newcomer_far = 1;     // what the newcomer sends takes so many times as long
  bool take_over = true;
  bool two_believe = false;  // to write the ledger, for ever
  NetworkOdds odds;
};
[[nodiscard]] Plan PlanOf(uint64_t seed);
// Of so many seeds in a row one has its log cut, the first, and the next is a race of two without faults.
inline constexpr uint64_t kKinds = 10;

// Decider stores in memory.  To open one takes longer than a run, so runs share them, each under a ledger
// code of its own.
class StorePool {
 public:
  StorePool();
  // REQUIRES: index < kStores.
  DeciderStore& store(size_t index) { return *stores_[index].store; }

  static constexpr size_t kStores = 8;

 private:
  struct Kept {
    std::unique_ptr<rocksdb::Env> env;
    std::unique_ptr<DeciderStore> store;
  };
  std::vector<Kept> stores_;
};

struct World {
  World(const Plan& of, StorePool& pool, bool told)
      : plan(of), chance(of.seed), log(of.ledger, time, chance, faults), stores(pool), tell(told) {}

  // A line of the run's story.
  template <typename... Args>
  void Tell(fmt::format_string<Args...> format, Args&&... args) {
    if (!tell) return;
    story.push_back(fmt::format("{:>9.3f} ms  {}", static_cast<double>(time.SinceStart().count()) / 1000.0,
                                fmt::format(format, std::forward<Args>(args)...)));
  }
  void Anomaly(const std::string& what) {
    Tell("ANOMALY: {}", what);
    if (anomalies.size() < 5) anomalies.push_back(what);
  }

  const Plan plan;
  SimulatedTime time;
  Chance chance;
  Faults faults;
  SimulatedLog log;
  StorePool& stores;
  size_t stores_used = 0;
  std::vector<bool> believes;  // of each process: that it is to write the ledger
  bool tell;
  std::vector<std::string> story;
  std::vector<std::string> anomalies;
};

}  // namespace realise::simulation
