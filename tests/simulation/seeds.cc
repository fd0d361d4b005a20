#include "tests/simulation/seeds.h"

#include <algorithm>
#include <memory>

namespace realise::simulation {
namespace {

// Stores in memory grow with every run that used them.
constexpr uint64_t kRunsPerPool = 500;

void Add(const RunReport& run, SeedsReport& report) {
  ++report.runs;
  report.failed += run.anomalies.empty() ? 0 : 1;
  report.cut += run.truncated ? 1 : 0;
  report.noticed += run.truncated && run.stopped ? 1 : 0;
  report.parted += run.parted ? 1 : 0;
  for (const auto& [fault, times] : run.faults) report.faults[fault] += times;
  report.work["steps"] += static_cast<uint64_t>(run.steps);
  report.work["requests answered"] += run.answers;
  report.work["events recorded"] += run.events;
  report.work["commits"] += run.commits;
  report.work["void records"] += run.void_records;
  report.work["decided again"] += run.decided_again;
  report.work["take-overs read"] += run.taken_over;
  uint64_t& waited = report.work["newcomer waited, steps"];
  waited = std::max(waited, static_cast<uint64_t>(run.newcomer_waited_most));
}

}  // namespace

SeedsReport RunSeeds(uint64_t from, uint64_t count, uint64_t stride,
                     const std::function<void(uint64_t seed, const RunReport&)>& failed) {
  SeedsReport report;
  std::unique_ptr<StorePool> stores;
  for (uint64_t i = 0; i < count; ++i) {
    if (i % kRunsPerPool == 0) stores = std::make_unique<StorePool>();
    const uint64_t seed = from + i * stride;
    const RunReport run = RunSeed(seed, *stores, /*tell=*/false);
    Add(run, report);
    if (!run.anomalies.empty()) failed(seed, run);
  }
  return report;
}

std::string ToText(const SeedsReport& report) {
  std::string text = fmt::format("{} runs, {} with an anomaly\n", report.runs, report.failed);
  for (const Faults* table : {&report.faults, &report.work}) {
    for (const auto& [what, times] : *table) text += fmt::format("  {:<28}{:>12}\n", what, times);
  }
  return text +
         fmt::format("logs cut: {} runs, {} in which a reader noticed, {} in which one parted unseen\n",
                     report.cut, report.noticed, report.parted);
}

std::string ReplayCommand(uint64_t seed) {
  return fmt::format(".build/dev/tests/simulation/realise_simulation --seed {}", seed);
}

}  // namespace realise::simulation
