// The command line of a program that serves.
#pragma once

#include <memory>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "libs/serving/role.h"
#include "libs/serving/run.h"
#include "libs/serving/serve_options.h"

namespace realise {

// Adds the options of a role to an app or a subcommand, which must live as long as `options`.
void AddServeOptions(CLI::App& app, const Role& role, ServeOptions& options);

// A whole program: parses, serves, returns the exit status: 0 after a signal, 2 for wrong usage or
// configuration, 69 if the port or the data folder is taken, 1 for anything else.
[[nodiscard]] int RunProgram(const Role& role, const char* description, int argc, char** argv,
                             const Announce& announce);

// The exit status of a start that failed.  REQUIRES: !status.ok()
[[nodiscard]] int ExitCodeOfStart(const absl::Status& status);

}  // namespace realise
