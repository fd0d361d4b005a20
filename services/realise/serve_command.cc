// realise serve: every service in one process.
#include "libs/serving/program.h"
#include "services/realise/commands.h"
#include "services/realise/exit_codes.h"

namespace realise {

void AddServe(CLI::App& app, Globals& globals) {
  CLI::App* serve = app.add_subcommand("serve", "Run every service in one process");
  const auto options = std::make_shared<ServeOptions>(kServeRole);  // shared as SharedOptions says
  AddServeOptions(*serve, kServeRole, *options);
  serve->callback([&globals, options] {
    const auto announce = [](const std::string& line) { Say("realise: " + line); };
    const absl::Status status = RunProcess(kServeRole, *options, announce);
    if (status.ok()) return;
    announce(std::string(status.message()));
    globals.exit_code = ExitCodeOfStart(status);
  });
}

}  // namespace realise
