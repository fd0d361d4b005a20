#include "tests/simulation/world.h"

#include <algorithm>
#include <cstdlib>

namespace realise::simulation {
namespace {

std::string LedgerOf(uint64_t seed) {
  std::string code = "S";
  for (int i = 0; i < 9; ++i, seed /= 36) code += "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[seed % 36];
  return code;
}

}  // namespace

Plan PlanOf(uint64_t seed) {
  Plan plan;
  plan.seed = seed;
  plan.ledger = LedgerOf(seed);
  plan.truncates = seed % kKinds == 0;
  plan.contention = seed % kKinds == 1;
  Chance chance(~seed);
  if (plan.contention) {
    plan.processes = 2;
    plan.publishers = 41;
    plan.publisher_steps = 6;
    plan.steps = 4000;
    plan.faults_of_1000 = 0;
    plan.two_believe = true;
    plan.odds.latency_us_max = 2000;
    plan.newcomer_far = 1 << chance.Below(3);
    plan.odds.same_latency = true;
    return plan;
  }
  plan.processes = chance.Between(2, 3);
  plan.publishers = chance.Between(2, 12);
  plan.steps = chance.Between(300, 900);
  plan.faults_of_1000 = chance.Between(2, 40);
  plan.take_over = chance.OutOfHundred(80);
  plan.two_believe = chance.OutOfHundred(30);
  // Some runs are calm in one way or another: too many faults at once hide what one of them does.
  const auto draw = [&](int most) { return chance.OutOfHundred(50) ? chance.Between(1, most) : 0; };
  plan.odds = {.lost = draw(80),
               .refused = draw(60),
               .ack_lost = draw(60),
               .doubled = draw(80),
               .delayed = draw(100),
               .reads_fail = draw(40),
               .lag = draw(200),
               .latency_us_max = chance.Between(400, 5000)};
  return plan;
}

StorePool::StorePool() {
  for (size_t i = 0; i < kStores; ++i) {
    Kept& kept = stores_.emplace_back();
    kept.env.reset(rocksdb::NewMemEnv(rocksdb::Env::Default()));
    auto store = DeciderStore::Open({"/decider", kept.env.get()});
    if (!store.ok()) std::abort();
    kept.store = *std::move(store);
  }
}

}  // namespace realise::simulation
