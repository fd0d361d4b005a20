// realise_bench: how fast a ledger in the embedded log is folded into the views, beside parsing its commits
// and beside ingesting its rows.  Google Benchmark runs and times each; the table is printed behind its own
// lines.
#include <filesystem>
#include <map>
#include <memory>
#include <utility>

#include "CLI/CLI.hpp"
#include "benchmark/benchmark.h"
#include "fmt/format.h"
#include "libs/base/status_macros.h"
#include "libs/event_log/commit.h"
#include "libs/event_log/rocksdb/rocksdb_event_log.h"
#include "libs/postings/postings.h"
#include "libs/projection/projection.h"
#include "libs/view_store/view_store.h"
#include "realise/v1/commit.pb.h"
#include "tests/bench/background_work.h"
#include "tests/bench/generated_history.h"
#include "tests/bench/generated_ledger.h"
#include "tests/bench/result_table.h"
#include "tests/support/server_process.h"

namespace realise::bench {
namespace {

constexpr const char* kLedger = "RH5";
// As many as one chunk of catching up has, about.
constexpr size_t kRowsPerFile = 400'000;

struct Options {
  uint64_t events = 100'000;
  int repetitions = 3;
  std::string folder;
};

// What the runs measured, by name: seconds of each repetition.
using Measured = std::map<std::string, std::vector<double>>;

class ReplayBench {
 public:
  ReplayBench(const Options& options, std::string folder) : options_(options), folder_(std::move(folder)) {}

  absl::Status Prepare() {
    ASSIGN_OR_RETURN(log_, RocksDbEventLog::Open({.path = folder_ + "/log", .env = nullptr}));
    ASSIGN_OR_RETURN(size_, RecordGenerated(*log_, kLedger, options_.events));
    return absl::OkStatus();
  }

  // Each returns the seconds of what it is named after, and nothing around it.
  absl::StatusOr<double> Parse();
  absl::StatusOr<double> Replay();
  absl::StatusOr<double> Reopen();
  absl::StatusOr<double> Ingest();

  void Run(const std::string& name, absl::StatusOr<double> (ReplayBench::*measure)());
  void PrintTable() const;
  const absl::Status& failed() const { return failed_; }

 private:
  double Median(const std::string& name) const { return Percentile(measured_.at(name), 50); }
  std::string Rate(const std::string& name) const {
    return ShowRate(static_cast<double>(size_.events) / Median(name));
  }

  const Options options_;
  const std::string folder_;
  std::unique_ptr<RocksDbEventLog> log_;
  LedgerSize size_;
  uint64_t rows_ = 0;
  size_t board_cells_ = 0;
  Measured measured_;
  absl::Status failed_;
};

absl::StatusOr<double> ReplayBench::Parse() {
  double seconds = 0;
  v1::CommitBody body;
  bool parsed = true;
  RETURN_IF_ERROR(ForEachRecord(*log_, kLedger, [&](std::string_view stored) {
    const Stopwatch watch;
    const auto commit = DecodeCommit(stored);
    parsed =
        parsed && commit && body.ParseFromArray(commit->body.data(), static_cast<int>(commit->body.size()));
    benchmark::DoNotOptimize(body);
    seconds += watch.seconds();
  }));
  return parsed ? absl::StatusOr<double>(seconds) : absl::InternalError("a generated commit does not decode");
}

absl::StatusOr<double> ReplayBench::Replay() {
  std::filesystem::remove_all(folder_ + "/views");
  BackgroundWorkEnv env;
  ProjectionOptions options;
  options.path = folder_ + "/views";
  options.env = &env;
  ASSIGN_OR_RETURN(const auto projection, Projection::Open(*log_, options));
  const Stopwatch watch;
  RETURN_IF_ERROR(projection->RunOnce());
  const double caught_up = watch.seconds();
  env.WaitUntilQuiet();
  measured_["quiet"].push_back(watch.seconds());
  ASSIGN_OR_RETURN(const auto source, projection->Snapshot(kLedger));
  if (source->Latest().sequence != size_.events) return absl::InternalError("the fold did not reach the end");
  ASSIGN_OR_RETURN(const Cells cells, source->BalancesAt(SavingsAccount(kPlainBoard), size_.events));
  board_cells_ = cells.size();
  return caught_up;
}

absl::StatusOr<double> ReplayBench::Reopen() {
  ProjectionOptions options;
  options.path = folder_ + "/views";
  const Stopwatch watch;
  ASSIGN_OR_RETURN(const auto projection, Projection::Open(*log_, options));
  RETURN_IF_ERROR(projection->RunOnce());
  return watch.seconds();
}

absl::StatusOr<double> ReplayBench::Ingest() {
  std::filesystem::remove_all(folder_ + "/floor");
  ASSIGN_OR_RETURN(const auto views, ViewStore::Open({.path = folder_ + "/views", .env = nullptr}));
  ASSIGN_OR_RETURN(const auto floor, ViewStore::Open({.path = folder_ + "/floor", .env = nullptr}));
  const auto snapshot = views->Snapshot();
  double seconds = 0;
  rows_ = 0;
  snapshot->Seek("");
  while (snapshot->On("")) {
    ViewRows rows;
    for (; snapshot->On("") && rows.size() < kRowsPerFile; snapshot->Next())
      rows.Put(snapshot->key(), snapshot->value());
    rows_ += rows.size();
    const Stopwatch watch;
    RETURN_IF_ERROR(floor->Ingest(rows));
    seconds += watch.seconds();
  }
  RETURN_IF_ERROR(snapshot->status());
  return seconds;
}

void ReplayBench::Run(const std::string& name, absl::StatusOr<double> (ReplayBench::*measure)()) {
  benchmark::RegisterBenchmark(name.c_str(),
                               [this, name, measure](benchmark::State& state) {
                                 for (auto _ : state) {
                                   const auto seconds = failed_.ok() ? (this->*measure)() : failed_;
                                   if (!seconds.ok()) {
                                     failed_ = seconds.status();
                                     state.SkipWithError(failed_.ToString().c_str());
                                     return;
                                   }
                                   state.SetIterationTime(*seconds);
                                   measured_[name].push_back(*seconds);
                                 }
                                 state.SetItemsProcessed(static_cast<int64_t>(size_.events));
                               })
      ->UseManualTime()
      ->Iterations(1)
      ->Repetitions(options_.repetitions)
      ->Unit(benchmark::kMillisecond);
}

void ReplayBench::PrintTable() const {
  const std::string size = fmt::format("{} events, {} bytes each, in commits of {}", ShowCount(size_.events),
                                       size_.bytes / size_.events, kEventsPerCommit);
  const double both = Median("parse") + Median("ingest");
  const std::string floor = fmt::format(
      "{}: parse {} + ingest {} sorted rows {}", ShowRate(static_cast<double>(size_.events) / both),
      ShowTime(Median("parse")), ShowCount(rows_), ShowTime(Median("ingest")));
  bench::PrintTable(
      {{"replay until caught up, embedded log", size, Rate("replay"), floor,
        ShowRatio(both, Median("replay"))},
       {"replay until compaction is quiet", size, Rate("quiet"), floor, ShowRatio(both, Median("quiet"))},
       {"the projection opened again, all folded", size, ShowTime(Median("reopen")), "-", "-"}});
  fmt::print("\n{} repetitions, medians. The savings account of {} has {} cells.\n", options_.repetitions,
             kPlainBoard, board_cells_);
}

int Main(int argc, char** argv) {
  Options options;
  CLI::App app("How fast a ledger is folded, beside floors measured in the same run.", "realise_bench");
  app.add_option("--events", options.events, "Events of the generated ledger")
      ->check(CLI::Range(1000, 100'000'000))
      ->capture_default_str();
  app.add_option("--repetitions", options.repetitions, "Runs of each measurement; medians are shown")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  app.add_option("--folder", options.folder, "Where to write; a temporary folder unless given");
  CLI11_PARSE(app, argc, argv);
  const TemporaryFolder temporary;
  ReplayBench bench(options, options.folder.empty() ? temporary.path() : options.folder);
  if (const absl::Status prepared = bench.Prepare(); !prepared.ok()) {
    fmt::print(stderr, "realise_bench: {}\n", prepared.ToString());
    return 1;
  }
  bench.Run("parse", &ReplayBench::Parse);
  bench.Run("replay", &ReplayBench::Replay);
  bench.Run("reopen", &ReplayBench::Reopen);
  bench.Run("ingest", &ReplayBench::Ingest);
  int no_arguments = 1;
  benchmark::Initialize(&no_arguments, argv);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  if (!bench.failed().ok()) return 1;
  fmt::print("\n");
  bench.PrintTable();
  return 0;
}

}  // namespace
}  // namespace realise::bench

int main(int argc, char** argv) { return realise::bench::Main(argc, argv); }
