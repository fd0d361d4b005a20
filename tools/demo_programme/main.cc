// realise_demo_programme: writes the demonstration's ledgers, one JSONL file each, for `realise append`.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "tools/demo_programme/programme.h"

namespace realise::demo {
namespace {

struct Options {
  uint64_t seed = 7;
  std::string out;
  std::string data = "tests/data";
};

int Fail(std::string_view message) {
  fmt::print(stderr, "realise_demo_programme: {}\n", message);
  return 1;
}

int Write(const Options& options) {
  LedgerFilter ledgers;
  for (const TrustPlan& trust : Trusts()) ledgers.emplace(trust.ledger);
  const absl::StatusOr<Measurements> measurements = LoadMeasurements(options.data, ledgers);
  if (!measurements.ok()) return Fail(measurements.status().ToString());
  std::error_code error;
  std::filesystem::create_directories(options.out, error);
  for (const TrustPlan& trust : Trusts()) {
    const auto found = measurements->find(trust.ledger);
    if (found == measurements->end())
      return Fail(fmt::format("{} holds nothing of {}", options.data, trust.ledger));
    const std::string path = fmt::format("{}/{}.jsonl", options.out, trust.ledger);
    std::ofstream file(path, std::ios::binary);
    int events = 0;
    for (const v1::AppendRequest& request : MakeProgramme(trust, found->second, options.seed)) {
      file << ToJsonLine(request) << '\n';
      events += request.events_size();
    }
    if (!file.flush()) return Fail(fmt::format("{} cannot be written", path));
    fmt::print(stderr, "{}: {} events\n", path, events);
  }
  return 0;
}

int Run(int argc, char** argv) {
  CLI::App app(
      "Writes the demonstration's made-up programme around real measurements, one JSONL file a ledger.");
  Options options;
  app.add_option("--seed", options.seed, "The same seed writes the same bytes")->capture_default_str();
  app.add_option("--out", options.out, "Folder to write to")->required();
  app.add_option("--data", options.data, "Folder of the published files")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  return Write(options);
}

}  // namespace
}  // namespace realise::demo

int main(int argc, char** argv) { return realise::demo::Run(argc, argv); }
