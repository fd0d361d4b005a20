// realise_peer_postgresql: the same ledger, folded to the same balances, in PostgreSQL.  README.md beside
// this says how.
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "CLI/CLI.hpp"
#include "fmt/format.h"
#include "libs/base/status_macros.h"
#include "tests/bench/generated_history.h"
#include "tests/bench/peers/postgresql/append.h"
#include "tests/bench/peers/postgresql/balance_tables.h"
#include "tests/bench/peers/postgresql/event_table.h"
#include "tests/bench/peers/postgresql/single_append.h"
#include "tests/bench/result_table.h"

namespace realise::peers {
namespace {

struct Options {
  std::string mode;
  std::string backup;
  Database database;
  int connections = 1;
  BatchLimits limits;
  uint64_t events = UINT64_MAX;
  uint64_t calls = 5000;
  std::optional<uint64_t> as_at;
  std::string board = bench::kPlainBoard;
  std::string out;
};

// Nothing of `single` is left behind; what `append` made stays.
constexpr char kSingleSchema[] = "realise_single";
constexpr uint64_t kEventsBeforeSingles = 100'000;

double Microseconds(const std::vector<double>& seconds, double percent) {
  return bench::Percentile(seconds, percent) * 1e6;
}

absl::StatusOr<uint64_t> AppendUpTo(LedgerEvents& events, uint64_t count, BatchAppender& appender) {
  uint64_t appended = 0;
  for (; appended < count; ++appended) {
    ASSIGN_OR_RETURN(const auto event, events.Next());
    if (!event) break;
    RETURN_IF_ERROR(appender.Append(*event));
  }
  RETURN_IF_ERROR(appender.Finish());
  return appended;
}

absl::Status Append(const Options& options) {
  ASSIGN_OR_RETURN(auto events, LedgerEvents::Open(options.backup));
  ASSIGN_OR_RETURN(const auto appender,
                   BatchAppender::Open(options.database, options.connections, options.limits));
  const bench::SpentWatch watch;
  ASSIGN_OR_RETURN(const uint64_t appended, AppendUpTo(events, options.events, *appender));
  const bench::Spent spent = watch.spent();
  fmt::print("postgresql append events={} seconds={:.3f} connections={} batch={} client_cpu_seconds={:.3f}\n",
             appended, spent.wall, options.connections, options.limits.events, spent.cpu);
  return absl::OkStatus();
}

// In tables of its own, behind enough events that boards and benefits are there.
absl::Status AppendSingle(const Options& options) {
  Database database = options.database;
  database.schema = kSingleSchema;
  ASSIGN_OR_RETURN(auto events, LedgerEvents::Open(options.backup));
  {
    ASSIGN_OR_RETURN(const auto appender, BatchAppender::Open(database, 1, options.limits));
    RETURN_IF_ERROR(AppendUpTo(events, std::min(options.events, kEventsBeforeSingles), *appender).status());
    ASSIGN_OR_RETURN(const SingleAppends single,
                     AppendSingly(database, options.connections, *appender, events, options.calls));
    if (single.seconds.empty())
      return absl::InvalidArgumentError("the ledger is too short for single appends");
    fmt::print(
        "postgresql append-single events={} seconds={:.3f} connections={} p50_us={:.1f} p99_us={:.1f}\n",
        single.seconds.size(), single.wall, options.connections, Microseconds(single.seconds, 50),
        Microseconds(single.seconds, 99));
  }
  ASSIGN_OR_RETURN(const auto connection, Connection::Open(options.database.dsn, options.database.schema));
  return connection->Execute(fmt::format("DROP SCHEMA {} CASCADE", kSingleSchema));
}

// Everything again from the events, in one transaction that keeps appends out.
absl::Status Rebuild(const Options& options) {
  ASSIGN_OR_RETURN(const auto connection, Connection::Open(options.database.dsn, options.database.schema));
  const bench::SpentWatch watch;
  EventFold fold;
  Balances balances;
  RETURN_IF_ERROR(connection->Execute("BEGIN; LOCK TABLE events IN SHARE MODE"));
  ASSIGN_OR_RETURN(const uint64_t events,
                   ForEachEvent(*connection, std::nullopt,
                                [&](const v1::Event& event) { return fold.Apply(event, balances); }));
  const double folded = watch.spent().wall;
  RETURN_IF_ERROR(ReplaceBalances(*connection, balances, fold));
  RETURN_IF_ERROR(connection->Execute("COMMIT"));
  const bench::Spent spent = watch.spent();
  fmt::print("postgresql rebuild events={} seconds={:.3f} fold_seconds={:.3f} client_cpu_seconds={:.3f}\n",
             events, spent.wall, folded, spent.cpu);
  return absl::OkStatus();
}

absl::Status Answer(const Options& options) {
  if (options.out.empty()) return absl::InvalidArgumentError("--out is missing");
  ASSIGN_OR_RETURN(const auto connection, Connection::Open(options.database.dsn, options.database.schema));
  AnswersFile answers;
  const bench::Stopwatch watch;
  uint64_t events = 0;
  if (options.as_at) {
    EventFold fold;
    Balances balances;
    ASSIGN_OR_RETURN(events, ForEachEvent(*connection, options.as_at, [&](const v1::Event& event) {
                       return fold.Apply(event, balances);
                     }));
    const double folded = watch.seconds();
    AddBalances(balances, fold, answers);
    fmt::print("postgresql answers events={} seconds={:.3f} as_at={} lines={}\n", events, folded,
               *options.as_at, answers.lines());
  } else {
    RETURN_IF_ERROR(connection->Prepare("count", "SELECT count(*) FROM events"));
    ASSIGN_OR_RETURN(const Rows rows, connection->Query({"count", {}}));
    const bench::Stopwatch reading;
    RETURN_IF_ERROR(AddTables(*connection, answers));
    fmt::print("postgresql answers events={} seconds={:.3f} lines={}\n", rows.Int64(0, 0), reading.seconds(),
               answers.lines());
  }
  return answers.Write(options.out);
}

absl::Status QueryBoard(const Options& options) {
  ASSIGN_OR_RETURN(const auto connection, Connection::Open(options.database.dsn, options.database.schema));
  RETURN_IF_ERROR(PrepareBoard(*connection));
  std::vector<double> seconds;
  int cells = 0;
  int64_t pence = 0;
  const bench::Stopwatch all;
  for (uint64_t i = 0; i < options.calls; ++i) {
    const bench::Stopwatch watch;
    pence = 0;
    ASSIGN_OR_RETURN(cells, ReadBoard(*connection, options.board, pence));
    seconds.push_back(watch.seconds());
  }
  fmt::print(
      "postgresql query events={} seconds={:.3f} board={} cells={} pence={} p50_us={:.1f} p99_us={:.1f}\n",
      seconds.size(), all.seconds(), options.board, cells, pence, Microseconds(seconds, 50),
      Microseconds(seconds, 99));
  return absl::OkStatus();
}

absl::Status Run(const Options& options) {
  const bool reads_ledger = options.mode == "append" || options.mode == "append-single";
  if (reads_ledger && options.backup.empty()) return absl::InvalidArgumentError("--backup is missing");
  if (options.mode == "append") return Append(options);
  if (options.mode == "append-single") return AppendSingle(options);
  if (options.mode == "rebuild") return Rebuild(options);
  if (options.mode == "answers") return Answer(options);
  return QueryBoard(options);
}

int Main(int argc, char** argv) {
  Options options;
  CLI::App app("A ledger in PostgreSQL: appended, folded, and asked.", "realise_peer_postgresql");
  app.add_option("mode", options.mode,
                 "append: appends and folds in batches, into tables made anew; append-single: one by one, in "
                 "tables of "
                 "its own; rebuild: the balances from the events; answers: writes them; query: reads one "
                 "board's cells")
      ->required()
      ->check(CLI::IsMember(std::set<std::string>{"append", "append-single", "rebuild", "answers", "query"}));
  app.add_option("--dsn", options.database.dsn, "How to connect; what `cluster up` prints")->required();
  app.add_option("--schema", options.database.schema, "Where the tables are")->default_val("realise");
  app.add_option("--backup", options.backup, "The file that realise_generate wrote");
  app.add_option("--connections", options.connections, "Connections to append over")
      ->check(CLI::Range(1, 32));
  app.add_option("--batch", options.limits.events, "Events in a transaction")->check(CLI::PositiveNumber);
  app.add_option("--claims", options.limits.claims_in_memory, "Claims kept in memory while appending")
      ->check(CLI::PositiveNumber);
  app.add_option("--events", options.events, "At most so many of the ledger");
  app.add_option("--calls", options.calls, "Single appends, or queries")->check(CLI::PositiveNumber);
  app.add_option("--as-at", options.as_at, "Answers as at this sequence, folded again from the events");
  app.add_option("--board", options.board, "The board that is read")->capture_default_str();
  app.add_option("--out", options.out, "Where the answers go");
  CLI11_PARSE(app, argc, argv);
  if (const absl::Status status = Run(options); !status.ok()) {
    fmt::print(stderr, "realise_peer_postgresql: {}\n", status.ToString());
    return 1;
  }
  return 0;
}

}  // namespace
}  // namespace realise::peers

int main(int argc, char** argv) { return realise::peers::Main(argc, argv); }
