// realise query savings | bed-days | waits
#include <vector>

#include "services/realise/answer_sheets.h"
#include "services/realise/basis_options.h"
#include "services/realise/commands.h"
#include "services/realise/connection.h"
#include "services/realise/option_forms.h"
#include "services/realise/usage.h"

namespace realise {
namespace {

struct QueryOptions {
  std::string ledger;
  std::vector<std::string> boards;
  std::vector<std::string> measures;
  bool all_measures = false;
  std::string period;
  std::string period_from;
  std::string period_to;
  BasisOptions basis;
};

void AddQuestion(CLI::App& command, QueryOptions& options) {
  command.add_option("ledger", options.ledger, "The organisation's ODS code, RH5 for example")
      ->required()
      ->check(LedgerForm());
  command.add_option("--board", options.boards, "Only this board; may be given several times")
      ->check(IdForm())
      ->allow_extra_args(false);
  options.basis.AddTo(command);
}

// Asks, prints, and leaves the exit status.
template <typename Request, typename Response>
void Ask(Globals& globals, const QueryOptions& options, Request request,
         grpc::Status (v1::QueryService::Stub::*call)(grpc::ClientContext*, const Request&, Response*),
         Sheet (*to_sheet)(const Response&, const std::string&)) {
  const auto basis = options.basis.Parse(options.ledger);
  if (!basis.ok()) {
    globals.exit_code = WrongUsage(std::string(basis.status().message()));
    return;
  }
  *request.mutable_basis() = *basis;
  request.set_ledger(options.ledger);
  for (const std::string& board : options.boards) request.add_board_ids(board);
  Connection connection(globals.server);
  grpc::ClientContext context;
  Connection::Prepare(context);
  Response response;
  const grpc::Status status = (connection.query().*call)(&context, request, &response);
  if (!status.ok()) {
    globals.exit_code = FailedCall(status);
    return;
  }
  PrintSheet(globals.format, to_sheet(response, options.ledger), response);
}

}  // namespace

void AddQuery(CLI::App& app, Globals& globals) {
  CLI::App* query = app.add_subcommand("query", "Ask for figures: savings, bed-days, waits");
  query->require_subcommand(1);
  const auto options = SharedOptions<QueryOptions>();

  CLI::App* savings =
      query->add_subcommand("savings", "Cumulative savings of each board, by class and recurrence");
  AddQuestion(*savings, *options);
  savings
      ->add_option("--period", options->period,
                   "The month, 2024/25-M12; the latest with a posting if left out")
      ->check(MonthForm());
  savings->callback([&globals, options] {
    v1::QuerySavingsRequest request;
    request.set_period(options->period);
    Ask(globals, *options, request, &v1::QueryService::Stub::QuerySavings, &SavingsSheet);
  });

  CLI::App* bed_days = query->add_subcommand("bed-days", "Bed days released by each board");
  AddQuestion(*bed_days, *options);
  bed_days
      ->add_option("--from", options->period_from, "First month; April of the last month's year if left out")
      ->check(MonthForm());
  bed_days->add_option("--to", options->period_to, "Last month; the latest with a measurement if left out")
      ->check(MonthForm());
  bed_days->callback([&globals, options] {
    if (!MonthsInOrder(options->period_from, options->period_to)) {
      globals.exit_code = WrongUsage(kFromAfterTo);
      return;
    }
    v1::QueryBedDaysRequest request;
    request.set_period_from(options->period_from);
    request.set_period_to(options->period_to);
    Ask(globals, *options, request, &v1::QueryService::Stub::QueryBedDays, &BedDaysSheet);
  });

  CLI::App* waits = query->add_subcommand("waits", "Waiting times of each board, or of measures");
  AddQuestion(*waits, *options);
  waits->add_option("--measure", options->measures, "This measure; may be given several times")
      ->check(IdForm())
      ->allow_extra_args(false);
  waits->add_flag("--all-measures", options->all_measures, "Every measure of waits, each by itself");
  waits->add_option("--period", options->period, "The month, 2025/26-M06; the latest with waits if left out")
      ->check(MonthForm());
  waits->callback([&globals, options] {
    v1::QueryWaitsRequest request;
    request.set_period(options->period);
    request.set_all_measures(options->all_measures);
    for (const std::string& measure : options->measures) request.add_measure_ids(measure);
    Ask(globals, *options, request, &v1::QueryService::Stub::QueryWaits, &WaitsSheet);
  });
}

}  // namespace realise
