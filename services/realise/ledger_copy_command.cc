#include "services/realise/ledger_copy_command.h"

#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "fmt/format.h"
#include "libs/base/status_macros.h"
#include "libs/event_log/commit_reader.h"
#include "libs/event_log/copy/commit_file.h"
#include "libs/event_log/copy/ledger_copy.h"
#include "libs/serving/log_place.h"
#include "libs/serving/program.h"
#include "libs/serving/settings.h"
#include "services/realise/connection.h"
#include "services/realise/exit_codes.h"
#include "services/realise/option_forms.h"

namespace realise {
namespace {

constexpr std::string_view kFile = "file:";

struct CopyOptions {
  std::string ledger;
  std::string from = "server";
  std::string to;
  bool allow_unsafe_topic = false;
  std::vector<std::string> config_files;
  KafkaPlace kafka;  // how to connect

  KafkaAccess Access() const {
    return {.allow_unsafe_topic = allow_unsafe_topic, .connection = kafka.connection};
  }
};

bool IsFile(const std::string& place) { return place.rfind(kFile, 0) == 0; }
std::string PathOf(const std::string& place) { return place.substr(kFile.size()); }

// The commits of a running server, as it streams them.
class ServedCommits {
 public:
  ServedCommits(Connection& connection, const std::string& ledger) {
    Connection::Prepare(context_, std::chrono::hours(6));
    v1::ReadCommitsRequest request;
    request.set_ledger(ledger);
    reader_ = connection.log().ReadCommits(&context_, request);
  }

  absl::StatusOr<std::optional<std::string>> Next() {
    while (at_ == response_.commits_size()) {
      at_ = 0;
      if (reader_->Read(&response_)) continue;
      response_.Clear();
      const grpc::Status status = reader_->Finish();
      if (status.ok()) return std::optional<std::string>();
      return absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
    }
    return std::optional<std::string>(std::move(*response_.mutable_commits(at_++)));
  }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<v1::ReadCommitsResponse>> reader_;
  v1::ReadCommitsResponse response_;
  int at_ = 0;
};

// A source and all that has to live as long as it.
struct OpenSource {
  std::unique_ptr<Connection> connection;
  std::unique_ptr<ServedCommits> served;
  std::unique_ptr<CommitFileReader> file;
  std::unique_ptr<EventLog> log;
  std::unique_ptr<CommitReader> reader;
  CommitSource commits;
};

absl::StatusOr<OpenSource> OpenFrom(const Globals& globals, const CopyOptions& options) {
  OpenSource source;
  if (options.from == "server") {
    source.connection = std::make_unique<Connection>(globals.server);
    source.served = std::make_unique<ServedCommits>(*source.connection, options.ledger);
    source.commits = [served = source.served.get()] { return served->Next(); };
  } else if (IsFile(options.from)) {
    ASSIGN_OR_RETURN(source.file, CommitFileReader::Open(PathOf(options.from)));
    source.commits = CommitsOf(*source.file);
  } else {
    ASSIGN_OR_RETURN(source.log, OpenLogPlace(options.from, options.Access()));
    ASSIGN_OR_RETURN(source.reader, CommitReader::Open(*source.log, options.ledger, std::nullopt));
    source.commits = ValidCommitsOf(*source.reader);
  }
  return source;
}

absl::Status OfOption(std::string_view option, const absl::Status& status) {
  return {status.code(), fmt::format("{}: {}", option, std::string(status.message()))};
}

absl::StatusOr<CopiedLedger> Copy(const Globals& globals, const CopyOptions& options) {
  const absl::StatusOr<OpenSource> opened_source = OpenFrom(globals, options);
  if (!opened_source.ok()) return OfOption("--from", opened_source.status());
  const OpenSource& source = *opened_source;
  if (IsFile(options.to)) {
    const auto file = CommitFileWriter::Create(PathOf(options.to));
    if (!file.ok()) return OfOption("--to", file.status());
    return CopyToFile(source.commits, **file);
  }
  const auto opened = OpenLogPlace(options.to, options.Access());
  if (!opened.ok()) return OfOption("--to", opened.status());
  const std::unique_ptr<EventLog>& target = *opened;
  return CopyLedger(source.commits, *target, options.ledger);
}

int CopyAndPrint(const Globals& globals, CopyOptions& options) {
  auto kafka = ResolveKafka(options.config_files, [](const char* name) { return std::getenv(name); });
  if (!kafka.ok()) return Failed(kafka.status());
  options.kafka = *std::move(kafka);
  const auto copied = Copy(globals, options);
  if (!copied.ok()) return Failed(copied.status());
  const Receipt receipt{
      .ledger = options.ledger, .sequence = copied->head.next_sequence - 1, .digest = copied->head.digest};
  Sheet sheet;
  sheet.columns = {{"Ledger", "ledger", false},
                   {"Commits copied", "copied", true},
                   {"Already there", "already_there", true},
                   {"Receipt", "receipt", false}};
  sheet.rows = {{TextCell(options.ledger), WholeCell(static_cast<int64_t>(copied->copied)),
                 WholeCell(static_cast<int64_t>(copied->already_there)), TextCell(receipt.ToString())}};
  v1::CorrectClockResponse response;
  response.set_receipt(receipt.ToString());
  PrintSheet(globals.format, sheet, response);
  return kExitOk;
}

}  // namespace

void AddLedgerCopy(CLI::App& ledger, Globals& globals) {
  CLI::App* copy = ledger.add_subcommand(
      "copy", "Copy a ledger commit by commit: same positions, same digests, same answers");
  const auto options = SharedOptions<CopyOptions>();
  copy->add_option("ledger", options->ledger, "The ODS code")->required()->check(LedgerForm());
  copy->add_option("--from", options->from,
                   "server (the one that --server names), file:PATH, embedded:DIR or kafka:HOST:PORT")
      ->check(PlaceForm(true))
      ->capture_default_str();
  copy->add_option("--to", options->to,
                   "file:PATH for a backup; embedded:DIR, the log folder of a server that is not running; "
                   "kafka:HOST:PORT")
      ->required()
      ->check(PlaceForm(false));
  copy->add_flag("--allow-unsafe-topic", options->allow_unsafe_topic, "Take a topic that could lose records");
  // The servers' own, which say how to connect to Kafka; a password is never a flag.
  AddConfigFlag(*copy, options->config_files);
  copy->callback([&globals, options] { globals.exit_code = CopyAndPrint(globals, *options); });
}

}  // namespace realise
