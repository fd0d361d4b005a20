// realise ledger create | list | writers | copy | correct-clock
#include <vector>

#include "services/realise/commands.h"
#include "services/realise/connection.h"
#include "services/realise/exit_codes.h"
#include "services/realise/ledger_copy_command.h"
#include "services/realise/option_forms.h"

namespace realise {
namespace {

struct LedgerOptions {
  std::vector<std::string> ledgers;
  bool demonstration = false;
};

// Goes on with the next ledger after a failure: the exit status is the first one's.
int Create(const Globals& globals, const LedgerOptions& options) {
  Connection connection(globals.server);
  int exit_code = kExitOk;
  Sheet sheet;
  sheet.columns = {
      {"Ledger", "ledger", false}, {"Ledger id", "ledger_id", false}, {"Receipt", "receipt", false}};
  v1::ListLedgersResponse all;
  for (const std::string& ledger : options.ledgers) {
    v1::CreateLedgerRequest request;
    request.set_ledger(ledger);
    request.set_demonstration(options.demonstration);
    v1::CreateLedgerResponse response;
    grpc::ClientContext context;
    Connection::Prepare(context);
    const grpc::Status status = connection.ledger().CreateLedger(&context, request, &response);
    if (!status.ok()) {
      const int failed = FailedCall(status);
      if (exit_code == kExitOk) exit_code = failed;
      continue;
    }
    v1::Ledger& created = *all.add_ledgers();
    created.set_ledger(ledger);
    created.set_ledger_id(response.ledger_id());
    created.set_demonstration(options.demonstration);
    sheet.rows.push_back({TextCell(ledger), TextCell(response.ledger_id()), TextCell(response.receipt())});
  }
  PrintSheet(globals.format, sheet, all);
  return exit_code;
}

int List(const Globals& globals) {
  Connection connection(globals.server);
  grpc::ClientContext context;
  Connection::Prepare(context, std::chrono::minutes(2));
  v1::ListLedgersResponse response;
  const grpc::Status status = connection.ledger().ListLedgers(&context, v1::ListLedgersRequest(), &response);
  if (!status.ok()) return FailedCall(status);
  Sheet sheet;
  sheet.columns = {{"Ledger", "ledger", false}, {"Ledger id", "ledger_id", false}, {"Kind", "kind", false}};
  for (const v1::Ledger& ledger : response.ledgers()) {
    sheet.rows.push_back({TextCell(ledger.ledger()), TextCell(ledger.ledger_id()),
                          TextCell(ledger.demonstration() ? "demonstration" : "")});
  }
  PrintSheet(globals.format, sheet, response);
  return kExitOk;
}

// Which process writes which ledger now.
int Writers(const Globals& globals, const LedgerOptions& options) {
  Connection connection(globals.server);
  grpc::ClientContext context;
  Connection::Prepare(context);
  v1::GetWritersRequest request;
  for (const std::string& ledger : options.ledgers) request.add_ledgers(ledger);
  v1::GetWritersResponse response;
  const grpc::Status status = connection.ledger().GetWriters(&context, request, &response);
  if (!status.ok()) return FailedCall(status);
  Sheet sheet;
  sheet.columns = {{"Ledger", "ledger", false}, {"Written by", "address", false}};
  for (const v1::LedgerWriter& writer : response.ledgers()) {
    std::string by = writer.address().empty() ? "nobody known" : writer.address();
    if (writer.here()) by = "the server that was asked";
    if (!writer.damage_found_by().empty()) by = "nobody: damaged, stopped by " + writer.damage_found_by();
    sheet.rows.push_back({TextCell(writer.ledger()), TextCell(by)});
  }
  PrintSheet(globals.format, sheet, response);
  return kExitOk;
}

int CorrectClock(const Globals& globals, const std::string& ledger) {
  Connection connection(globals.server);
  grpc::ClientContext context;
  Connection::Prepare(context);
  v1::CorrectClockRequest request;
  request.set_ledger(ledger);
  v1::CorrectClockResponse response;
  const grpc::Status status = connection.ledger().CorrectClock(&context, request, &response);
  if (!status.ok()) return FailedCall(status);
  Sheet sheet;
  sheet.columns = {{"Ledger", "ledger", false}, {"Receipt", "receipt", false}};
  sheet.rows = {{TextCell(ledger), TextCell(response.receipt())}};
  PrintSheet(globals.format, sheet, response);
  return kExitOk;
}

}  // namespace

void AddLedger(CLI::App& app, Globals& globals) {
  CLI::App* ledger = app.add_subcommand("ledger", "Create, list and copy ledgers");
  ledger->require_subcommand(1);
  const auto options = SharedOptions<LedgerOptions>();

  CLI::App* create = ledger->add_subcommand("create", "Create ledgers; nothing else creates one");
  create->add_option("ledger", options->ledgers, "ODS codes, RH5 for example")
      ->required()
      ->check(LedgerForm());
  create->add_flag("--demonstration", options->demonstration,
                   "For a demonstration: may carry simulated times, and every answer says so");
  create->callback([&globals, options] { globals.exit_code = Create(globals, *options); });

  CLI::App* list = ledger->add_subcommand("list", "List all ledgers");
  list->callback([&globals] { globals.exit_code = List(globals); });

  CLI::App* writers = ledger->add_subcommand("writers", "Which ingest process writes which ledger now");
  writers->add_option("ledger", options->ledgers, "Only these ledgers")->check(LedgerForm());
  writers->callback([&globals, options] { globals.exit_code = Writers(globals, *options); });

  CLI::App* correct = ledger->add_subcommand(
      "correct-clock", "Let a ledger go back in time that a clock which ran ahead has poisoned");
  correct->add_option("ledger", options->ledgers, "The ODS code")
      ->required()
      ->expected(1)
      ->check(LedgerForm());
  correct->callback(
      [&globals, options] { globals.exit_code = CorrectClock(globals, options->ledgers.front()); });

  AddLedgerCopy(*ledger, globals);
}

}  // namespace realise
