// realise import rtt | beds | claims | ods

#include "fmt/format.h"
#include "libs/adapters/import.h"
#include "libs/adapters/input_file.h"
#include "libs/base/status_macros.h"
#include "services/realise/commands.h"
#include "services/realise/event_sender.h"
#include "services/realise/exit_codes.h"
#include "services/realise/option_forms.h"
#include "services/realise/tally_sheet.h"
#include "services/realise/usage.h"

namespace realise {
namespace {

struct ImportOptions {
  std::string file;
  std::string discharges;
  std::string breaks;
  std::vector<std::string> ledgers;
  std::string source;
  bool all = false;
  bool check = false;
  bool simulated_times = false;
};

// Which ledgers to import for: those named, which is one at least, or with --all every ledger that the server
// has.
absl::StatusOr<LedgerFilter> Ledgers(Connection& connection, const ImportOptions& options) {
  LedgerFilter filter(options.ledgers.begin(), options.ledgers.end());
  if (!options.all) return filter;
  grpc::ClientContext context;
  Connection::Prepare(context, std::chrono::minutes(2));
  v1::ListLedgersResponse response;
  const grpc::Status status = connection.ledger().ListLedgers(&context, v1::ListLedgersRequest(), &response);
  if (!status.ok())
    return absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
  for (const v1::Ledger& ledger : response.ledgers()) filter.insert(ledger.ledger());
  if (filter.empty()) return absl::NotFoundError("there are no ledgers; `realise ledger create` makes them");
  return filter;
}

// One run: a file in, events out to their ledgers, the tally on the screen.
class ImportRun {
 public:
  ImportRun(const Globals& globals, const ImportOptions& options)
      : globals_(globals),
        options_(options),
        connection_(globals.server),
        problems_(options.check),
        sender_(connection_, options.check,
                [this](const LineProblem& problem) { problems_.Add(InColumns(problem)); }),
        progress_(options.check ? "check" : "import") {}

  absl::StatusOr<ReadBytes> Open(const std::string& path) {
    return OpenInputFile(path, [this](int64_t read, int64_t total) {
      progress_.Show(static_cast<uint64_t>(read), static_cast<uint64_t>(total), "bytes");
    });
  }

  absl::StatusOr<LedgerFilter> Filter() { return Ledgers(connection_, options_); }

  OnProblem problem_sink() {
    return [this](const ImportProblem& problem) {
      const std::string column =
          problem.column_name.empty() ? fmt::format("column {}", problem.column) : problem.column_name;
      problems_.Add({.line = problem.line,
                     .field = problem.column == 0 ? problem.column_name : column,
                     .reason = problem.reason,
                     .message = problem.message});
    };
  }

  ImportSinks sinks() {
    return {.on_event = [this](ImportedEvent imported) { return Send(std::move(imported)); },
            .on_problem = problem_sink()};
  }

  int Finish(absl::Status status) {
    status.Update(sender_.Finish());
    return PrintTally(globals_, sender_, problems_, options_.check, status);
  }

 private:
  absl::Status Send(ImportedEvent imported) {
    v1::AppendRequest request;
    request.set_ledger(std::move(imported.ledger));
    if (options_.simulated_times) {
      request.set_simulated_time(FormatInstant(Instant(imported.known_on) + std::chrono::hours(9)));
    }
    *request.add_events() = std::move(imported.event);
    return sender_.Send(std::move(request), imported.line);
  }

  // A refusal names a field of the event; who made the list knows its columns.
  static LineProblem InColumns(LineProblem problem) {
    const std::string_view column = ClaimColumnOf(problem.field);
    if (!column.empty()) problem.field = std::string(column);
    return problem;
  }

  const Globals& globals_;
  const ImportOptions& options_;
  Connection connection_;
  ProblemList problems_;
  EventSender sender_;
  Progress progress_;
};

absl::Status ImportRttFile(ImportRun& run, const ImportOptions& options) {
  ASSIGN_OR_RETURN(const LedgerFilter ledgers, run.Filter());
  ASSIGN_OR_RETURN(ReadBytes input, run.Open(options.file));
  return ImportRttBands(std::move(input), ledgers, run.sinks());
}

absl::Status ImportBedsFiles(ImportRun& run, const ImportOptions& options) {
  ASSIGN_OR_RETURN(const LedgerFilter ledgers, run.Filter());
  BedsInput input;
  ASSIGN_OR_RETURN(input.beds, run.Open(options.file));
  ASSIGN_OR_RETURN(input.discharges, run.Open(options.discharges));
  if (!options.breaks.empty()) {
    ASSIGN_OR_RETURN(ReadBytes breaks, run.Open(options.breaks));
    ASSIGN_OR_RETURN(input.breaks, ReadDefinitionBreaks(std::move(breaks), run.problem_sink()));
  }
  return ImportBeds(std::move(input), ledgers, run.sinks());
}

absl::Status ImportClaimsFile(ImportRun& run, const ImportOptions& options) {
  ASSIGN_OR_RETURN(ReadBytes input, run.Open(options.file));
  ClaimsOptions claims{.ledger = options.ledgers.front(), .source = options.source};
  if (claims.source.empty()) claims.source = fmt::format("/ods/{}/claims-list", claims.ledger);
  return ImportClaims(std::move(input), claims, run.sinks());
}

// The list of trusts makes no events: it says which codes there are.
int PrintTrusts(const Globals& globals, const ImportOptions& options) {
  ProblemList problems(false);
  auto input = OpenInputFile(options.file);
  if (!input.ok()) return Failed(input.status());
  const auto trusts = ReadOdsTrusts(*std::move(input), [&](const ImportProblem& problem) {
    problems.Add({.line = problem.line,
                  .field = problem.column_name,
                  .reason = problem.reason,
                  .message = problem.message});
  });
  if (!trusts.ok()) return Failed(trusts.status());
  Sheet sheet;
  sheet.columns = {{"Code", "code", false},
                   {"Name", "name", false},
                   {"Opened", "open_date", false},
                   {"Closed", "close_date", false}};
  v1::ListLedgersResponse response;
  for (const OdsTrust& trust : *trusts) {
    sheet.rows.push_back({TextCell(trust.code), TextCell(trust.name), TextCell(FormatDate(trust.open_date)),
                          TextCell(trust.close_date ? FormatDate(*trust.close_date) : "")});
    response.add_ledgers()->set_ledger(trust.code);
  }
  PrintSheet(globals.format, sheet, response);
  return problems.count() == 0 ? kExitOk : kExitFailed;
}

void AddLedgers(CLI::App& command, ImportOptions& options) {
  CLI::Option* ledger =
      command.add_option("--ledger", options.ledgers, "Import for this ledger; may be given several times")
          ->check(LedgerForm())
          ->allow_extra_args(false);
  command.add_flag("--all", options.all, "Import for every ledger that exists")->excludes(ledger);
}

void AddHow(CLI::App& command, ImportOptions& options) {
  command.add_flag("--check,-n,--dry-run", options.check,
                   "Decide, list everything that would be refused, append nothing");
  command.add_flag("--simulated-times", options.simulated_times,
                   "For ledgers made for demonstration: record each event on the day it was published");
}

using ImportFunction = absl::Status (*)(ImportRun&, const ImportOptions&);

int Run(const Globals& globals, const ImportOptions& options, ImportFunction import) {
  if (options.ledgers.empty() && !options.all) {
    return WrongUsage("--ledger: is missing; name ledgers with it, or take all that exist with --all");
  }
  ImportRun run(globals, options);
  return run.Finish(import(run, options));
}

}  // namespace

void AddImport(CLI::App& app, Globals& globals) {
  CLI::App* import =
      app.add_subcommand("import", "Import published NHS files, or claims from a list; plain or gzip");
  import->require_subcommand(1);
  const auto options = SharedOptions<ImportOptions>();

  CLI::App* rtt = import->add_subcommand("rtt", "RTT completed pathways in weekly bands, by provider");
  rtt->add_option("file", options->file, "The file")->required();
  AddLedgers(*rtt, *options);
  AddHow(*rtt, *options);
  rtt->callback([&globals, options] { globals.exit_code = Run(globals, *options, &ImportRttFile); });

  CLI::App* beds = import->add_subcommand("beds", "General and acute beds occupied, with daily discharges");
  beds->add_option("beds", options->file, "Beds occupied, by trust and month")->required();
  beds->add_option("discharges", options->discharges, "Patients discharged, by trust and day")->required();
  beds->add_option("--breaks", options->breaks, "List of months from which a trust counts in another way");
  AddLedgers(*beds, *options);
  AddHow(*beds, *options);
  beds->callback([&globals, options] { globals.exit_code = Run(globals, *options, &ImportBedsFiles); });

  CLI::App* claims =
      import->add_subcommand("claims", "Claims from a CSV list; libs/adapters/README.md has its columns");
  claims->add_option("file", options->file, "The list")->required();
  claims
      ->add_option("--source", options->source, "Source of the events; /ods/<ledger>/claims-list if left out")
      ->check(SourceForm());
  claims->add_option("--ledger", options->ledgers, "The ledger of the claims")
      ->required()
      ->expected(1)
      ->check(LedgerForm());
  AddHow(*claims, *options);
  claims->callback([&globals, options] { globals.exit_code = Run(globals, *options, &ImportClaimsFile); });

  CLI::App* ods = import->add_subcommand("ods", "Print the codes and names of a list of NHS trusts");
  ods->add_option("file", options->file, "The file")->required();
  ods->callback([&globals, options] { globals.exit_code = PrintTrusts(globals, *options); });
}

}  // namespace realise
