// realise_generate: generated ledgers, of any length and as many as asked for, into backup files or into a
// running server.
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "fmt/format.h"
#include "libs/base/ids.h"
#include "libs/base/status_macros.h"
#include "tests/bench/generated_batches.h"
#include "tests/bench/generated_ledger.h"
#include "tests/bench/ledger_plan.h"
#include "tests/bench/load_client.h"
#include "tests/bench/result_table.h"

namespace realise::bench {
namespace {

constexpr const char* kAbout =
    "Generated ledgers: a programme's boards, projects, claims and measurements over five financial years, "
    "the same for the same options, every event one that a server accepts.\n\n"
    "realise_generate --events 1000000 --backup rh5.ledger\n"
    "realise ledger copy RH5 --from file:rh5.ledger --to embedded:DATA/log\n"
    "realise_generate --events 1000000 --append 127.0.0.1:8080\n"
    "realise_generate --events 10000000 --ledgers 200 --backup FOLDER";

struct Options {
  uint64_t events = 100'000;
  uint64_t seed = kSeed;
  int ledgers = 1;
  std::string ledger = "RH5";
  std::string backup;
  std::string append;
};

absl::StatusOr<uint64_t> WriteBackUp(const Options& options, const PlannedLedger& ledger) {
  const std::string path =
      options.ledgers == 1 ? options.backup : fmt::format("{}/{}.ledger", options.backup, ledger.code);
  ASSIGN_OR_RETURN(const LedgerSize size, BackUpGenerated(path, ledger.code, ledger.events, ledger.seed));
  return size.events;
}

absl::StatusOr<uint64_t> Append(const Options& options, const PlannedLedger& ledger) {
  LoadClient client(options.append);
  RETURN_IF_ERROR(client.Create(ledger.code));
  RETURN_IF_ERROR(client.AppendAll(GeneratedBatches(ledger.code, ledger.events, ledger.seed)).status());
  return ledger.events;
}

absl::Status Generate(const Options& options) {
  std::vector<PlannedLedger> plan = {
      {.code = options.ledger, .events = options.events, .seed = options.seed}};
  if (options.ledgers > 1) {
    plan = PlanLedgers(options.seed, options.events, options.ledgers);
    if (!options.backup.empty()) std::filesystem::create_directories(options.backup);
  }
  const Stopwatch all;
  for (const PlannedLedger& ledger : plan) {
    const Stopwatch watch;
    ASSIGN_OR_RETURN(const uint64_t events,
                     options.append.empty() ? WriteBackUp(options, ledger) : Append(options, ledger));
    fmt::print("{} {} events in {}\n", ledger.code, ShowCount(events), ShowTime(watch.seconds()));
  }
  fmt::print("{} events in {}: {}\n", ShowCount(options.events), ShowTime(all.seconds()),
             ShowRate(static_cast<double>(options.events) / all.seconds()));
  return absl::OkStatus();
}

int Main(int argc, char** argv) {
  Options options;
  CLI::App app(kAbout, "realise_generate");
  app.add_option("--events", options.events, "Events of all ledgers together")
      ->check(CLI::Range(1, 1'000'000'000))
      ->capture_default_str();
  app.add_option("--seed", options.seed, "Another seed, another history")->capture_default_str();
  app.add_option(
         "--ledgers", options.ledgers,
         "How many, of very different size: of 200 the largest has a quarter of the events, most a few "
         "in ten thousand; their codes are those of trusts, RXX")
      ->check(CLI::Range(1, kPlannedLedgersMax))
      ->capture_default_str();
  app.add_option("--ledger", options.ledger, "The code of a single ledger")
      ->check([](const std::string& code) { return IsLedgerCode(code) ? "" : "not an ODS code"; })
      ->capture_default_str();
  CLI::App& where = *app.add_option_group("where", "Where to");
  where.add_option("--backup", options.backup,
                   "A file that `realise ledger copy` restores; with several ledgers a folder, with a file "
                   "CODE.ledger for each. A file that is there is left alone, and an error");
  where.add_option("--append", options.append,
                   "HOST:PORT of a running server: creates the ledgers and appends to them in bulk");
  where.require_option(1);
  CLI11_PARSE(app, argc, argv);
  if (const absl::Status status = Generate(options); !status.ok()) {
    fmt::print(stderr, "realise_generate: {}\n", status.ToString());
    return 1;
  }
  return 0;
}

}  // namespace
}  // namespace realise::bench

int main(int argc, char** argv) { return realise::bench::Main(argc, argv); }
