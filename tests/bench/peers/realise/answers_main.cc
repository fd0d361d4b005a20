// realise_peer_answers: folds a copy of a ledger as the projection does, and writes the balances at its end
// or as at a sequence.
#include <charconv>
#include <filesystem>
#include <memory>
#include <optional>

#include "CLI/CLI.hpp"
#include "fmt/format.h"
#include "libs/base/status_macros.h"
#include "libs/event_log/copy/commit_file.h"
#include "libs/event_log/copy/ledger_copy.h"
#include "libs/event_log/kafka/kafka_event_log.h"
#include "libs/event_log/rocksdb/rocksdb_event_log.h"
#include "libs/postings/postings.h"
#include "libs/projection/projection.h"
#include "tests/bench/background_work.h"
#include "tests/bench/peers/realise/answers_file.h"
#include "tests/bench/result_table.h"
#include "tests/support/server_process.h"

namespace realise::peers {
namespace {

constexpr char kLedger[] = "RH5";

struct Options {
  std::string backup;
  std::string brokers;
  std::string folder;
  std::string out;
  std::optional<uint64_t> as_at;
};

std::string_view Behind(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix ? text.substr(prefix.size()) : std::string_view();
}

absl::Status AddAccount(const std::string& account, const Cells& cells, AnswersFile& answers) {
  if (const std::string_view board = Behind(account, "savings/"); !board.empty()) {
    for (const auto& [packed, pence] : cells) {
      const SavingsCell cell = SavingsCell::Unpack(packed);
      answers.Savings(board,
                      {.financial_class = cell.financial_class,
                       .sign = cell.sign,
                       .recurrence = cell.recurrence,
                       .rung = static_cast<int32_t>(cell.rung),
                       .posted = cell.posted,
                       .related = cell.related},
                      pence);
    }
    return absl::OkStatus();
  }
  if (const std::string_view measure = Behind(account, "counts/"); !measure.empty()) {
    for (const auto& [packed, value] : cells) {
      const CountCell cell = CountCell::Unpack(packed);
      answers.Counts(measure, static_cast<int32_t>(cell.kind), cell.month, value);
    }
    return absl::OkStatus();
  }
  const std::string_view rest = Behind(account, "bands/");
  const size_t slash = rest.rfind('/');
  int32_t month = 0;
  if (slash == std::string_view::npos ||
      std::from_chars(rest.data() + slash + 1, rest.data() + rest.size(), month).ec != std::errc()) {
    return absl::InternalError(fmt::format("an account of no known kind: {}", account));
  }
  for (const auto& [cell, value] : cells) {
    answers.Bands(rest.substr(0, slash), month, static_cast<int32_t>(cell), value);
  }
  return absl::OkStatus();
}

absl::Status WriteAnswers(const Projection& projection, const Options& options) {
  ASSIGN_OR_RETURN(const auto source, projection.Snapshot(kLedger));
  const Sequence sequence = options.as_at.value_or(source->Latest().sequence);
  AccountDigestScope scope;
  scope.up_to = sequence;
  scope.count_max = SIZE_MAX;
  ASSIGN_OR_RETURN(const std::vector<AccountDigest> accounts,
                   projection.AccountDigestsOf(kLedger, scope, [] { return absl::OkStatus(); }));
  AnswersFile answers;
  for (const AccountDigest& account : accounts) {
    ASSIGN_OR_RETURN(const Cells cells, source->BalancesAt(account.account, sequence));
    RETURN_IF_ERROR(AddAccount(account.account, cells, answers));
  }
  return answers.Write(options.out);
}

// The ledger of a file in an embedded log, which has put it away, or of a broker where it is.
absl::StatusOr<std::unique_ptr<EventLog>> OpenLog(const Options& options, bench::BackgroundWorkEnv& env) {
  if (!options.brokers.empty()) {
    KafkaEventLogOptions kafka;
    kafka.brokers = options.brokers;
    return KafkaEventLog::Open(kafka);
  }
  ASSIGN_OR_RETURN(std::unique_ptr<EventLog> log,
                   RocksDbEventLog::Open({.path = options.folder + "/log", .env = &env}));
  ASSIGN_OR_RETURN(const auto file, CommitFileReader::Open(options.backup));
  RETURN_IF_ERROR(CopyLedger(CommitsOf(*file), *log, kLedger).status());
  env.WaitUntilQuiet();
  return log;
}

absl::Status Run(const Options& options) {
  bench::BackgroundWorkEnv env;
  ASSIGN_OR_RETURN(const auto log, OpenLog(options, env));
  ProjectionOptions projection_options;
  projection_options.path = options.folder + "/views";
  const bool folded_before = std::filesystem::exists(projection_options.path);
  ASSIGN_OR_RETURN(const auto projection, Projection::Open(*log, projection_options));
  const bench::SpentWatch watch;
  RETURN_IF_ERROR(projection->RunOnce());
  const bench::Spent spent = watch.spent();
  ASSIGN_OR_RETURN(const auto source, projection->Snapshot(kLedger));
  fmt::print("realise {} events={} seconds={:.3f} cpu_seconds={:.3f}\n", folded_before ? "reopen" : "replay",
             source->Latest().sequence, spent.wall, spent.cpu);
  return WriteAnswers(*projection, options);
}

int Main(int argc, char** argv) {
  Options options;
  CLI::App app("Folds a ledger and writes its balances.", "realise_peer_answers");
  auto* from = app.add_option_group("log")->require_option(1);
  from->add_option("--backup", options.backup, "The file that realise_generate wrote");
  from->add_option("--brokers", options.brokers, "Kafka brokers that hold that ledger, and no other");
  app.add_option("--as-at", options.as_at, "The sequence to answer for; the last one unless given");
  app.add_option("--out", options.out, "Where the answers go")->required();
  app.add_option(
      "--folder", options.folder,
      "Where log and views are kept, and found again by the next run; a temporary folder unless given");
  CLI11_PARSE(app, argc, argv);
  const TemporaryFolder temporary;
  if (options.folder.empty()) options.folder = temporary.path();
  std::filesystem::create_directories(options.folder);
  if (const absl::Status status = Run(options); !status.ok()) {
    fmt::print(stderr, "realise_peer_answers: {}\n", status.ToString());
    return 1;
  }
  return 0;
}

}  // namespace
}  // namespace realise::peers

int main(int argc, char** argv) { return realise::peers::Main(argc, argv); }
