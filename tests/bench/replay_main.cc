// realise_bench: how fast a ledger in the embedded log is folded into the views, beside parsing its commits
// and beside ingesting its rows; from Kafka too if REALISE_KAFKA_BROKERS names brokers, beside bare
// librdkafka.  Google Benchmark runs and times each; the table is printed behind its own lines.
#include <sched.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <utility>

#include "CLI/CLI.hpp"
#include "benchmark/benchmark.h"
#include "fmt/format.h"
#include "libs/base/status_macros.h"
#include "libs/event_log/commit.h"
#include "libs/event_log/commit_reader.h"
#include "libs/event_log/copy/ledger_copy.h"
#include "libs/event_log/kafka/kafka_event_log.h"
#include "libs/event_log/rocksdb/rocksdb_event_log.h"
#include "libs/postings/postings.h"
#include "libs/projection/projection.h"
#include "libs/view_store/view_store.h"
#include "realise/v1/commit.pb.h"
#include "tests/bench/background_work.h"
#include "tests/bench/generated_history.h"
#include "tests/bench/generated_ledger.h"
#include "tests/bench/kafka_floor.h"
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
  bool one_core = false;
  std::string folder;
  std::string brokers;
};

// What the runs measured, by name: each repetition.
using Measured = std::map<std::string, std::vector<Spent>>;

class ReplayBench {
 public:
  ReplayBench(const Options& options, std::string folder) : options_(options), folder_(std::move(folder)) {}

  ~ReplayBench() {
    if (kafka_ == nullptr) return;
    kafka_.reset();
    // A topic that stays is no harm: its name is of this run alone.
    static_cast<void>(DeleteTopics(options_.brokers, {TopicPrefix() + kLedger}));
  }
  ReplayBench(const ReplayBench&) = delete;
  ReplayBench& operator=(const ReplayBench&) = delete;

  absl::Status Prepare() {
    ASSIGN_OR_RETURN(log_, RocksDbEventLog::Open({.path = folder_ + "/log", .env = nullptr}));
    ASSIGN_OR_RETURN(size_, RecordGenerated(*log_, kLedger, options_.events));
    return absl::OkStatus();
  }

  // Copies the ledger to Kafka, into a topic of its own.
  absl::Status PrepareKafka();

  // Each returns what that took which it is named after, and nothing around it.
  absl::StatusOr<Spent> Parse();
  absl::StatusOr<Spent> Replay() { return ReplayOf(*log_, "quiet"); }
  absl::StatusOr<Spent> ReplayKafka() { return ReplayOf(*kafka_, "quiet_kafka"); }
  absl::StatusOr<Spent> ConsumeKafka();
  absl::StatusOr<Spent> Reopen();
  absl::StatusOr<Spent> Ingest();

  void Run(const std::string& name, absl::StatusOr<Spent> (ReplayBench::*measure)());
  void PrintTable() const;
  const absl::Status& failed() const { return failed_; }

 private:
  // Adds what it took until all was quiet under that name.
  absl::StatusOr<Spent> ReplayOf(EventLog& log, const std::string& quiet);
  std::string TopicPrefix() const { return fmt::format("realise.bench.{:06}.", getpid() % 1'000'000); }
  // Of wall and CPU, each by itself.
  Spent Median(const std::string& name) const;
  ResultRow Row(const std::string& what, const std::string& name) const;

  const Options options_;
  const std::string folder_;
  std::unique_ptr<RocksDbEventLog> log_;
  std::unique_ptr<KafkaEventLog> kafka_;
  LedgerSize size_;
  uint64_t rows_ = 0;
  size_t board_cells_ = 0;
  Measured measured_;
  absl::Status failed_;
};

absl::StatusOr<Spent> ReplayBench::Parse() {
  Spent spent;
  v1::CommitBody body;
  bool parsed = true;
  RETURN_IF_ERROR(ForEachRecord(*log_, kLedger, [&](std::string_view stored) {
    const SpentWatch watch;
    const auto commit = DecodeCommit(stored);
    parsed =
        parsed && commit && body.ParseFromArray(commit->body.data(), static_cast<int>(commit->body.size()));
    benchmark::DoNotOptimize(body);
    spent += watch.spent();
  }));
  return parsed ? absl::StatusOr<Spent>(spent) : absl::InternalError("a generated commit does not decode");
}

absl::Status ReplayBench::PrepareKafka() {
  KafkaEventLogOptions options;
  options.brokers = options_.brokers;
  options.topic_prefix = TopicPrefix();
  ASSIGN_OR_RETURN(kafka_, KafkaEventLog::Open(options));
  ASSIGN_OR_RETURN(const auto reader, CommitReader::Open(*log_, kLedger, std::nullopt));
  return CopyLedger(ValidCommitsOf(*reader), *kafka_, kLedger).status();
}

absl::StatusOr<Spent> ReplayBench::ConsumeKafka() {
  const SpentWatch watch;
  RETURN_IF_ERROR(ConsumeAll(options_.brokers, TopicPrefix() + kLedger, size_.commits + 1).status());
  return watch.spent();
}

absl::StatusOr<Spent> ReplayBench::ReplayOf(EventLog& log, const std::string& quiet) {
  std::filesystem::remove_all(folder_ + "/views");
  BackgroundWorkEnv env;
  ProjectionOptions options;
  options.path = folder_ + "/views";
  options.env = &env;
  ASSIGN_OR_RETURN(const auto projection, Projection::Open(log, options));
  const SpentWatch watch;
  RETURN_IF_ERROR(projection->RunOnce());
  const Spent caught_up = watch.spent();
  env.WaitUntilQuiet();
  measured_[quiet].push_back(watch.spent());
  ASSIGN_OR_RETURN(const auto source, projection->Snapshot(kLedger));
  if (source->Latest().sequence != size_.events) return absl::InternalError("the fold did not reach the end");
  ASSIGN_OR_RETURN(const Cells cells, source->BalancesAt(SavingsAccount(kPlainBoard), size_.events));
  board_cells_ = cells.size();
  return caught_up;
}

absl::StatusOr<Spent> ReplayBench::Reopen() {
  ProjectionOptions options;
  options.path = folder_ + "/views";
  const SpentWatch watch;
  ASSIGN_OR_RETURN(const auto projection, Projection::Open(*log_, options));
  RETURN_IF_ERROR(projection->RunOnce());
  return watch.spent();
}

absl::StatusOr<Spent> ReplayBench::Ingest() {
  std::filesystem::remove_all(folder_ + "/floor");
  ASSIGN_OR_RETURN(const auto views, ViewStore::Open({.path = folder_ + "/views", .env = nullptr}));
  ASSIGN_OR_RETURN(const auto floor, ViewStore::Open({.path = folder_ + "/floor", .env = nullptr}));
  const auto snapshot = views->Snapshot();
  Spent spent;
  rows_ = 0;
  snapshot->Seek("");
  while (snapshot->On("")) {
    ViewRows rows;
    for (; snapshot->On("") && rows.size() < kRowsPerFile; snapshot->Next())
      rows.Put(snapshot->key(), snapshot->value());
    rows_ += rows.size();
    const SpentWatch watch;
    RETURN_IF_ERROR(floor->Ingest(rows));
    spent += watch.spent();
  }
  RETURN_IF_ERROR(snapshot->status());
  return spent;
}

void ReplayBench::Run(const std::string& name, absl::StatusOr<Spent> (ReplayBench::*measure)()) {
  benchmark::RegisterBenchmark(name.c_str(),
                               [this, name, measure](benchmark::State& state) {
                                 for (auto _ : state) {
                                   const auto spent = failed_.ok() ? (this->*measure)() : failed_;
                                   if (!spent.ok()) {
                                     failed_ = spent.status();
                                     state.SkipWithError(failed_.ToString().c_str());
                                     return;
                                   }
                                   state.SetIterationTime(spent->wall);
                                   measured_[name].push_back(*spent);
                                 }
                                 state.SetItemsProcessed(static_cast<int64_t>(size_.events));
                               })
      ->UseManualTime()
      ->Iterations(1)
      ->Repetitions(options_.repetitions)
      ->Unit(benchmark::kMillisecond);
}

Spent ReplayBench::Median(const std::string& name) const {
  std::vector<double> wall;
  std::vector<double> cpu;
  for (const Spent& spent : measured_.at(name)) {
    wall.push_back(spent.wall);
    cpu.push_back(spent.cpu);
  }
  return {.wall = Percentile(wall, 50), .cpu = Percentile(cpu, 50)};
}

ResultRow ReplayBench::Row(const std::string& what, const std::string& name) const {
  const auto events = static_cast<double>(size_.events);
  const Spent spent = Median(name);
  const Spent parse = Median("parse");
  const Spent ingest = Median("ingest");
  Spent floor = parse;
  floor += ingest;
  return {
      .what = what,
      .size = fmt::format("{} events, {} bytes each, in commits of {}", ShowCount(size_.events),
                          size_.bytes / size_.events, kEventsPerCommit),
      .measured =
          fmt::format("{}; {} per CPU second", ShowRate(events / spent.wall), ShowRate(events / spent.cpu)),
      .floor =
          fmt::format("{}; {}: parse {} (CPU {}) + ingest {} sorted rows {} (CPU {})",
                      ShowRate(events / floor.wall), ShowRate(events / floor.cpu), ShowTime(parse.wall),
                      ShowTime(parse.cpu), ShowCount(rows_), ShowTime(ingest.wall), ShowTime(ingest.cpu)),
      .ratio = fmt::format("{}; CPU {}", ShowRatio(floor.wall, spent.wall), ShowRatio(floor.cpu, spent.cpu))};
}

void ReplayBench::PrintTable() const {
  const std::string_view cores = options_.one_core ? ", on one core" : "";
  std::vector<ResultRow> rows = {Row(fmt::format("replay until caught up, embedded log{}", cores), "replay"),
                                 Row(fmt::format("replay until compaction is quiet{}", cores), "quiet")};
  if (!options_.one_core) {
    const Spent reopen = Median("reopen");
    ResultRow opened = Row("the projection opened again, all folded", "reopen");
    opened.measured = fmt::format("{} (CPU {})", ShowTime(reopen.wall), ShowTime(reopen.cpu));
    opened.floor = opened.ratio = "-";
    rows.push_back(opened);
  }
  if (kafka_ != nullptr) {
    const Spent consume = Median("consume_kafka");
    const Spent replay = Median("replay_kafka");
    ResultRow row = Row("replay until caught up, Kafka", "replay_kafka");
    row.floor = fmt::format("{}: its commits by bare librdkafka, {} (CPU {})",
                            ShowRate(static_cast<double>(size_.events) / consume.wall),
                            ShowTime(consume.wall), ShowTime(consume.cpu));
    row.ratio = ShowRatio(consume.wall, replay.wall);
    rows.push_back(row);
  }
  bench::PrintTable(rows);
  fmt::print("\nRepetitions: {}; medians. The savings account of {} has {} cells.\n", options_.repetitions,
             kPlainBoard, board_cells_);
}

// Keeps this thread, and those that it starts, on the first core that it may run on.
absl::Status StayOnOneCore() {
  cpu_set_t cores;
  if (sched_getaffinity(0, sizeof(cores), &cores) != 0)
    return absl::ErrnoToStatus(errno, "sched_getaffinity");
  int first = 0;
  while (!CPU_ISSET(first, &cores)) ++first;
  CPU_ZERO(&cores);
  CPU_SET(first, &cores);
  if (sched_setaffinity(0, sizeof(cores), &cores) != 0)
    return absl::ErrnoToStatus(errno, "sched_setaffinity");
  return absl::OkStatus();
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
  app.add_flag("--one-core", options.one_core,
               "Only the replay of the embedded log and its floors, with all threads on one core");
  app.add_option("--folder", options.folder, "Where to write; a temporary folder unless given");
  CLI11_PARSE(app, argc, argv);
  const char* brokers = std::getenv("REALISE_KAFKA_BROKERS");
  if (brokers != nullptr && !options.one_core) options.brokers = brokers;
  const TemporaryFolder temporary;
  if (!options.folder.empty()) std::filesystem::create_directories(options.folder);
  ReplayBench bench(options, options.folder.empty() ? temporary.path() : options.folder);
  absl::Status prepared = options.one_core ? StayOnOneCore() : absl::OkStatus();
  if (prepared.ok()) prepared = bench.Prepare();
  if (prepared.ok() && !options.brokers.empty()) prepared = bench.PrepareKafka();
  if (!prepared.ok()) {
    fmt::print(stderr, "realise_bench: {}\n", prepared.ToString());
    return 1;
  }
  bench.Run("parse", &ReplayBench::Parse);
  bench.Run("replay", &ReplayBench::Replay);
  if (!options.one_core) bench.Run("reopen", &ReplayBench::Reopen);
  bench.Run("ingest", &ReplayBench::Ingest);
  if (!options.brokers.empty()) {
    bench.Run("consume_kafka", &ReplayBench::ConsumeKafka);
    bench.Run("replay_kafka", &ReplayBench::ReplayKafka);
  }
  int no_arguments = 1;
  benchmark::Initialize(&no_arguments, argv);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  if (!bench.failed().ok()) return 1;
  fmt::print("\n");
  bench.PrintTable();
  if (options.brokers.empty() && !options.one_core)
    fmt::print("Kafka was not measured: REALISE_KAFKA_BROKERS is not set.\n");
  return 0;
}

}  // namespace
}  // namespace realise::bench

int main(int argc, char** argv) { return realise::bench::Main(argc, argv); }
