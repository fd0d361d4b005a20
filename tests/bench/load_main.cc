// realise_load: a real `realise serve` under load: memory, restart, queries, single and bulk appends, on the
// embedded log and, if REALISE_KAFKA_BROKERS names brokers, on Kafka; each beside a floor measured in the
// same run.
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <utility>

#include "CLI/CLI.hpp"
#include "fmt/format.h"
#include "libs/base/status_macros.h"
#include "libs/event_log/kafka/kafka_event_log.h"
#include "libs/event_log/rocksdb/rocksdb_event_log.h"
#include "tests/bench/disk_floor.h"
#include "tests/bench/generated_batches.h"
#include "tests/bench/generated_ledger.h"
#include "tests/bench/kafka_floor.h"
#include "tests/bench/ledger_plan.h"
#include "tests/bench/load_client.h"
#include "tests/bench/load_steps.h"
#include "tests/bench/many_ledgers.h"
#include "tests/bench/result_table.h"
#include "tests/support/server_process.h"

namespace realise::bench {
namespace {

constexpr const char* kAsked = "RH5";
constexpr const char* kBulk = "RBD";
constexpr const char* kSingle = "RNZ";
// Of one stored claim in a commit of its own, about.
constexpr size_t kClaimBytes = 350;
// Of a bulk append, made before they are sent.
constexpr uint64_t kPreparedEvents = 1'000'000;

struct Options {
  uint64_t events = 100'000;
  uint64_t bulk_events = 100'000;
  int calls = 2000;
  int ledgers = 0;
  std::string program = REALISE_PROGRAM;
  std::string folder;
};

struct BulkTimes {
  double appended = 0;  // seconds until the last batch was acknowledged
  double folded = 0;    // and until a query saw it
  double server = 0;    // of CPU until then
};

class Load {
 public:
  Load(Options options, std::string folder) : options_(std::move(options)), folder_(std::move(folder)) {}

  absl::Status Embedded();
  absl::Status Many();
  absl::Status Kafka(const std::string& brokers);
  absl::Status ManyOnKafka(const std::string& brokers);
  const Rows& rows() const { return rows_; }

 private:
  absl::StatusOr<std::unique_ptr<ServerProcess>> Serve(const std::string& data,
                                                       std::vector<std::string> log = {}) const {
    std::vector<std::string> arguments = {"--data", folder_ + "/" + data};
    arguments.insert(arguments.end(), log.begin(), log.end());
    return ServerProcess::Start(options_.program, arguments);
  }
  absl::Status Generate();
  absl::StatusOr<std::unique_ptr<ServerProcess>> MeasureStarts();
  absl::StatusOr<BulkTimes> MeasureBulk(const ServerProcess& server, const std::string& ledger) const;
  absl::StatusOr<std::vector<std::string>> CommitsOf(const std::string& ledger) const;
  // Without what opens and serves the log.
  ManyLedgers ManyOn(const std::string& log, uint64_t empty_mib) const {
    ManyLedgers many;
    many.ledgers = options_.ledgers;
    many.events = options_.events;
    many.calls = options_.calls;
    many.log = log;
    many.empty_mib = empty_mib;
    return many;
  }
  // Tells this run's ledgers from those that others left on the same brokers.
  static std::string Run() { return fmt::format("{:06}", getpid() % 1'000'000); }
  std::string BulkSize() const {
    return fmt::format("{} events, in batches of {}", ShowCount(options_.bulk_events), kEventsPerCommit);
  }
  std::string BulkRate(double seconds) const {
    return ShowRate(static_cast<double>(options_.bulk_events) / seconds);
  }
  std::string BulkRates(const BulkTimes& bulk) const {
    return fmt::format("{}; folded {}; {:.1f} us of the server's CPU an event", BulkRate(bulk.appended),
                       BulkRate(bulk.folded), bulk.server * 1e6 / static_cast<double>(options_.bulk_events));
  }

  const Options options_;
  const std::string folder_;
  LedgerSize size_;
  uint64_t empty_mib_ = 0;
  uint64_t empty_kafka_mib_ = 0;
  std::vector<std::string> commits_;  // of the bulk append on the embedded log
  Rows rows_;
};

absl::Status Load::Generate() {
  std::filesystem::create_directories(folder_ + "/embedded");
  ASSIGN_OR_RETURN(const auto log,
                   RocksDbEventLog::Open({.path = folder_ + "/embedded/log", .env = nullptr}));
  ASSIGN_OR_RETURN(size_, RecordGenerated(*log, kAsked, options_.events));
  return absl::OkStatus();
}

// A server with nothing to fold; with a ledger that it folds; and started again with all of it folded.
absl::StatusOr<std::unique_ptr<ServerProcess>> Load::MeasureStarts() {
  ASSIGN_OR_RETURN(auto server, Serve("empty"));
  RETURN_IF_ERROR(LoadClient(server->address()).Check());
  empty_mib_ = ResidentMiB(server->pid());
  server->Terminate();
  const Stopwatch first;
  ASSIGN_OR_RETURN(server, Serve("embedded"));
  RETURN_IF_ERROR(LoadClient(server->address()).WaitUntilFolded(kAsked, size_.last.ToString()));
  const double folding = first.seconds();
  const uint64_t folded = ResidentMiB(server->pid());
  server->Terminate();
  const Stopwatch again;
  ASSIGN_OR_RETURN(server, Serve("embedded"));
  const double serves = again.seconds();
  RETURN_IF_ERROR(LoadClient(server->address()).WaitUntilFolded(kAsked, size_.last.ToString()));
  const double answers = again.seconds();
  const std::string size = fmt::format("{} events", ShowCount(size_.events));
  rows_.push_back({"server: memory, all folded", size, fmt::format("{} MiB", folded),
                   fmt::format("nothing folded {} MiB", empty_mib_),
                   ShowRatio(static_cast<double>(folded), static_cast<double>(empty_mib_))});
  rows_.push_back({"server: start to first answer, all to fold", size, ShowTime(folding), "-", "-"});
  rows_.push_back({"server: start to first answer, all folded", size,
                   fmt::format("{} (listens after {})", ShowTime(answers), ShowTime(serves)), "-", "-"});
  return server;
}

absl::StatusOr<BulkTimes> Load::MeasureBulk(const ServerProcess& server, const std::string& ledger) const {
  LoadClient client(server.address());
  RETURN_IF_ERROR(client.Create(ledger));
  const BatchSource generated = GeneratedBatches(ledger, options_.bulk_events);
  BulkTimes times;
  // However many they are, not all of them are in memory at once: each part is folded before the next is
  // made, and that time is not counted; what the server does in it is.
  const double before = ProcessorSeconds(server.pid());
  for (uint64_t begun = 0; begun < options_.bulk_events; begun += kPreparedEvents) {
    const BatchSource batches = PreparedBatches(generated, kPreparedEvents);
    ASSIGN_OR_RETURN(const double appended, client.AppendAll(batches));
    const Stopwatch folding;
    RETURN_IF_ERROR(client.WaitUntilFolded(ledger, client.last_receipt()));
    times.appended += appended;
    times.folded += appended + folding.seconds();
  }
  times.server = ProcessorSeconds(server.pid()) - before;
  return times;
}

absl::StatusOr<std::vector<std::string>> Load::CommitsOf(const std::string& ledger) const {
  ASSIGN_OR_RETURN(const auto log,
                   RocksDbEventLog::Open({.path = folder_ + "/embedded/log", .env = nullptr}));
  std::vector<std::string> commits;
  RETURN_IF_ERROR(
      ForEachRecord(*log, ledger, [&](std::string_view stored) { commits.emplace_back(stored); }));
  return commits;
}

absl::Status Load::Embedded() {
  RETURN_IF_ERROR(Generate());
  ASSIGN_OR_RETURN(const auto server, MeasureStarts());
  RETURN_IF_ERROR(MeasureQueries(server->address(), size_, options_.calls, rows_));
  const uint64_t asked = ResidentMiB(server->pid());
  rows_.push_back({"server: memory, restarted and asked", fmt::format("{} events", ShowCount(size_.events)),
                   fmt::format("{} MiB", asked), fmt::format("nothing folded {} MiB", empty_mib_),
                   ShowRatio(static_cast<double>(asked), static_cast<double>(empty_mib_))});

  ASSIGN_OR_RETURN(const auto disk, DiskFloor::Open(folder_ + "/floor"));
  const DurableFloor durable{"embedded log", "synced put", [&](int callers, int each) {
                               const std::string value(kClaimBytes, 'x');
                               return TimeCalls(callers, each, [&](int caller, int number) {
                                 return disk->Put(fmt::format("{}-{}-{}", callers, caller, number), value);
                               });
                             }};
  RETURN_IF_ERROR(MeasureAppends(server->address(), kSingle, options_.calls, durable, rows_));

  ASSIGN_OR_RETURN(const BulkTimes bulk, MeasureBulk(*server, kBulk));
  server->Terminate();
  ASSIGN_OR_RETURN(commits_, CommitsOf(kBulk));
  ASSIGN_OR_RETURN(const double floor, disk->PutAll(commits_));
  rows_.push_back(
      {"bulk append over gRPC, decided, embedded log", BulkSize(), BulkRates(bulk),
       fmt::format("{}: its {} commits, one synced put each", BulkRate(floor), ShowCount(commits_.size())),
       ShowRatio(floor, bulk.appended)});
  return absl::OkStatus();
}

absl::Status Load::Many() {
  if (options_.ledgers == 0) return absl::OkStatus();
  const std::string data = folder_ + "/many";
  std::filesystem::create_directories(data);
  ManyLedgers many = ManyOn("embedded log", empty_mib_);
  many.open_log = [&] { return RocksDbEventLog::Open({.path = data + "/log", .env = nullptr}); };
  many.serve = [this] { return Serve("many"); };
  return MeasureManyLedgers(many, rows_);
}

absl::Status Load::ManyOnKafka(const std::string& brokers) {
  if (options_.ledgers == 0) return absl::OkStatus();
  const auto open_log = [&] { return KafkaEventLog::Open({.brokers = brokers}); };
  ManyLedgers many = ManyOn("Kafka", empty_kafka_mib_);
  many.run = Run();
  many.open_log = open_log;
  many.serve = [&] { return Serve("many-kafka", {"--log", "kafka", "--brokers", brokers}); };
  absl::Status measured = MeasureManyLedgers(many, rows_);
  ASSIGN_OR_RETURN(const auto log, open_log());
  ASSIGN_OR_RETURN(const std::vector<std::string> ledgers, log->ListLedgers());
  std::vector<std::string> topics;
  for (const std::string& ledger : ledgers) {
    if (ledger.ends_with(many.run)) topics.push_back("realise.ledger." + ledger);
  }
  RETURN_IF_ERROR(DeleteTopics(brokers, topics));
  return measured;
}

absl::Status Load::Kafka(const std::string& brokers) {
  const std::string bulk_ledger = "BU" + Run();
  const std::string single_ledger = "SI" + Run();
  ASSIGN_OR_RETURN(const auto floor, KafkaFloor::Open(brokers, "FL" + Run()));
  ASSIGN_OR_RETURN(const auto server, Serve("kafka", {"--log", "kafka", "--brokers", brokers}));
  RETURN_IF_ERROR(LoadClient(server->address()).Check());
  empty_kafka_mib_ = ResidentMiB(server->pid());
  const DurableFloor durable{"Kafka", "acks=all produce, 1 caller,", [&](int /*callers*/, int each) {
                               const std::string value(kClaimBytes, 'x');
                               return TimeCalls(1, each, [&](int, int) { return floor->ProduceOne(value); });
                             }};
  RETURN_IF_ERROR(MeasureAppends(server->address(), single_ledger, options_.calls, durable, rows_));
  ASSIGN_OR_RETURN(const BulkTimes bulk, MeasureBulk(*server, bulk_ledger));
  server->Terminate();
  ASSIGN_OR_RETURN(const double bare, floor->ProduceAndReadBack(commits_));
  rows_.push_back({"bulk append over gRPC, decided, Kafka, read back", BulkSize(), BulkRates(bulk),
                   fmt::format("{}: its {} commits by bare librdkafka, read back", BulkRate(bare),
                               ShowCount(commits_.size())),
                   ShowRatio(bare, bulk.appended)});
  return DeleteTopics(brokers, {"realise.ledger." + bulk_ledger, "realise.ledger." + single_ledger});
}

int Main(int argc, char** argv) {
  Options options;
  CLI::App app("A real server under load, beside floors measured in the same run.", "realise_load");
  app.add_option("--events", options.events, "Events of the ledger that is folded and asked")
      ->check(CLI::Range(1000, 100'000'000))
      ->capture_default_str();
  app.add_option("--bulk-events", options.bulk_events, "Events appended in bulk")
      ->check(CLI::Range(1000, 100'000'000))
      ->capture_default_str();
  app.add_option("--calls", options.calls, "Calls of each kind whose time is taken")
      ->check(CLI::Range(20, 1'000'000))
      ->capture_default_str();
  app.add_option("--ledgers", options.ledgers,
                 "Ledgers of very different size in one server, of --events together; 0: not measured")
      ->check(CLI::Range(0, kPlannedLedgersMax))
      ->capture_default_str();
  app.add_option("--program", options.program, "The `realise` to measure");
  app.add_option("--folder", options.folder, "Where to write; a temporary folder unless given");
  CLI11_PARSE(app, argc, argv);
  const TemporaryFolder temporary;
  if (!options.folder.empty()) std::filesystem::create_directories(options.folder);
  Load load(options, options.folder.empty() ? temporary.path() : options.folder);
  absl::Status status = load.Embedded();
  if (status.ok()) status = load.Many();
  const char* brokers = std::getenv("REALISE_KAFKA_BROKERS");
  if (status.ok() && brokers != nullptr) status = load.Kafka(brokers);
  if (status.ok() && brokers != nullptr) status = load.ManyOnKafka(brokers);
  PrintTable(load.rows());
  if (brokers == nullptr) fmt::print("\nKafka was not measured: REALISE_KAFKA_BROKERS is not set.\n");
  if (status.ok()) return 0;
  fmt::print(stderr, "realise_load: {}\n", status.ToString());
  return 1;
}

}  // namespace
}  // namespace realise::bench

int main(int argc, char** argv) { return realise::bench::Main(argc, argv); }
