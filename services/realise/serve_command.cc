// realise serve: every service in one process.
#include <cstdio>

#include "libs/serving/program.h"
#include "services/realise/commands.h"

namespace realise {

void AddServe(CLI::App& app, Globals& globals) {
  CLI::App* serve = app.add_subcommand("serve", "Run every service in one process");
  const auto flags = SharedOptions<ServeFlags>();
  AddServeFlags(*serve, kServeRole, *flags);
  serve->callback([&globals, flags] { globals.exit_code = Serve(kServeRole, *flags, {stdout, stderr}); });
}

}  // namespace realise
