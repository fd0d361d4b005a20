// realise: the command line.  Wires; every command is in a file of its own.
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "services/realise/commands.h"
#include "services/realise/option_forms.h"
#include "services/realise/usage.h"

namespace {

constexpr const char* kDescription =
    "Realise: what improvement projects delivered, and the events that prove it.\n\n"
    "Start with `realise serve`, `realise ledger create RH5`, `realise import`, `realise query savings RH5`.";

constexpr const char* kFooter =
    "Exit status: 0 done; 1 something was refused; 2 wrong usage; 3 not found; 4 not allowed; 5 conflict, or "
    "a closed\n"
    "period; 6 a verification found a difference; 69 server or log not reachable, try again; 130 "
    "interrupted.";

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(kDescription, "realise");
  app.footer(kFooter);
  app.require_subcommand(1);
  app.fallthrough();
  realise::Globals globals;
  app.add_option("--server", globals.server.all, "Address of the server")
      ->envname("REALISE_SERVER")
      ->check(realise::AddressForm())
      ->capture_default_str();
  app.add_option("--ingest", globals.server.ingest, "Address of a separate realise-ingest, if there is one")
      ->envname("REALISE_INGEST")
      ->check(realise::AddressForm());
  app.add_option("--projection", globals.server.projection,
                 "Address of a separate realise-projection, if there is one")
      ->envname("REALISE_PROJECTION")
      ->check(realise::AddressForm());
  app.add_option("--audit", globals.server.audit, "Address of a separate realise-audit, if there is one")
      ->envname("REALISE_AUDIT")
      ->check(realise::AddressForm());
  const std::map<std::string, realise::Format> formats = {{"table", realise::Format::kTable},
                                                          {"json", realise::Format::kJson},
                                                          {"jsonl", realise::Format::kJsonLines},
                                                          {"csv", realise::Format::kCsv}};
  const auto set_format = [&](const std::string& word) { globals.format = formats.at(word); };
  app.add_option_function<std::string>("-o,--output", set_format, "How to print")
      ->envname("REALISE_OUTPUT")
      ->check(realise::OneOf({"table", "json", "jsonl", "csv"}))
      ->option_text("table|json|jsonl|csv");
  realise::AddServe(app, globals);
  realise::AddLedger(app, globals);
  realise::AddAppend(app, globals);
  realise::AddImport(app, globals);
  realise::AddInbound(app, globals);
  realise::AddQuery(app, globals);
  realise::AddExplain(app, globals);
  realise::AddLog(app, globals);
  realise::AddReplay(app, globals);
  realise::AddVerify(app, globals);
  realise::AddStatus(app, globals);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return realise::ExplainUsage(app, error);
  }
  return globals.exit_code;
}
