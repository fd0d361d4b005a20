// Runs seeds, as many as one likes; or one of them again, with its story.
#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>

#include "fmt/format.h"
#include "tests/simulation/seeds.h"

namespace realise::simulation {
namespace {

int Replay(uint64_t seed) {
  StorePool stores;
  const RunReport run = RunSeed(seed, stores, /*tell=*/true);
  for (const std::string& line : run.story) fmt::print("{}\n", line);
  fmt::print("seed {}: {} steps, {} events, history {}\n", seed, run.steps, run.events,
             ToHex(run.history.view()));
  for (const std::string& anomaly : run.anomalies) fmt::print("ANOMALY: {}\n", anomaly);
  return run.anomalies.empty() ? 0 : 1;
}

int RunMany(uint64_t from, uint64_t count, uint64_t stride) {
  const auto begin = std::chrono::steady_clock::now();
  const SeedsReport report = RunSeeds(from, count, stride, [](uint64_t seed, const RunReport& run) {
    fmt::print("seed {} failed: {}\n  again: {}\n", seed, run.anomalies.front(), ReplayCommand(seed));
  });
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  fmt::print("{}{:.0f} runs a second\n", ToText(report), static_cast<double>(count) / seconds);
  return report.failed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace realise::simulation

int main(int argc, char** argv) {
  CLI::App app(
      "Takes the writer, the reader and the fold through faults, in one thread, each run from a seed");
  uint64_t count = 1000;
  uint64_t from = 1;
  uint64_t stride = 1;
  uint64_t seed = 0;
  app.add_option("--seeds", count, "how many runs")->check(CLI::PositiveNumber);
  app.add_option("--from", from, "the first seed");
  app.add_option("--every", stride, "how far apart; 10 for runs of one kind")->check(CLI::PositiveNumber);
  CLI::Option* const one = app.add_option("--seed", seed, "one run, and its story");
  CLI11_PARSE(app, argc, argv);
  return one->count() > 0 ? realise::simulation::Replay(seed)
                          : realise::simulation::RunMany(from, count, stride);
}
