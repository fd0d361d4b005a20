// realise status [--compare SERVER...]
#include <set>
#include <vector>

#include "fmt/format.h"
#include "services/realise/commands.h"
#include "services/realise/compare_views.h"
#include "services/realise/connection.h"
#include "services/realise/exit_codes.h"

namespace realise {
namespace {

Sheet StatusSheet(const v1::GetStatusResponse& response) {
  Sheet sheet;
  sheet.columns = {{"Ledger", "ledger", false},           {"Fold", "fold_state", false},
                   {"Version", "fold_version", true},     {"Void commits", "void_commits", true},
                   {"Answers go up to", "folded", false}, {"Message", "message", false},
                   {"What to do", "advice", false}};
  for (const v1::LedgerStatus& ledger : response.ledgers()) {
    sheet.rows.push_back({TextCell(ledger.ledger()),
                          TextCell(EnumText(v1::FoldState_Name(ledger.fold_state()), "FOLD_STATE_")),
                          WholeCell(ledger.fold_version()),
                          WholeCell(static_cast<int64_t>(ledger.void_commits())), TextCell(ledger.folded()),
                          TextCell(ledger.message()), TextCell(ledger.advice())});
  }
  return sheet;
}

struct StatusOptions {
  std::vector<std::string> ledgers;
  std::vector<std::string> replicas;
};

void ShowStatus(Globals& globals, const std::vector<std::string>& ledgers) {
  Connection connection(globals.server);
  grpc::ClientContext context;
  Connection::Prepare(context);
  v1::GetStatusRequest request;
  for (const std::string& ledger : ledgers) request.add_ledgers(ledger);
  v1::GetStatusResponse response;
  const grpc::Status called = connection.status().GetStatus(&context, request, &response);
  if (!called.ok()) {
    globals.exit_code = FailedCall(called);
    return;
  }
  PrintSheet(globals.format, StatusSheet(response), response);
  for (const v1::LedgerStatus& ledger : response.ledgers()) {
    if (ledger.fold_state() == v1::FOLD_STATE_STOPPED) globals.exit_code = kExitFailed;
  }
  const std::set<std::string> asked(ledgers.begin(), ledgers.end());
  const auto known = static_cast<size_t>(response.ledgers_size());
  if (known >= asked.size()) return;
  Say(fmt::format("realise: {} of the ledgers asked for do not exist; `realise ledger list` names all",
                  asked.size() - known));
  globals.exit_code = kExitNotFound;
}

}  // namespace

void AddStatus(CLI::App& app, Globals& globals) {
  CLI::App* status =
      app.add_subcommand("status", "How far each ledger is folded, and what an operator should do");
  const auto options = SharedOptions<StatusOptions>();
  status->add_option("ledger", options->ledgers, "Only these ledgers");
  status->add_option(
      "--compare", options->replicas,
      "Other replicas: whether they hold the same as this one, or where they part; exit status 6 if "
      "they part");
  status->callback([&globals, options] {
    if (options->replicas.empty()) {
      ShowStatus(globals, options->ledgers);
    } else {
      CompareViews(globals, options->ledgers, options->replicas);
    }
  });
}

}  // namespace realise
