// The command line of a program that serves.
#pragma once

#include <cstdio>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "libs/serving/role.h"
#include "libs/serving/settings.h"

namespace realise {

// Where a program prints: data here, messages there.
struct Console {
  std::FILE* out;
  std::FILE* err;
};

// Adds the flags of a role to an app or a subcommand; `flags` must outlive it.
void AddServeFlags(CLI::App& app, const Role& role, ServeFlags& flags);

// Adds --config, the files of settings; `files` must outlive the app.
void AddConfigFlag(CLI::App& app, std::vector<std::string>& files);

// Finds out what is in force, and prints it if that was asked for, or serves until a signal.  Returns the
// exit status: 0 after a signal, 2 for a configuration that cannot be right, 69 if the port or the data
// folder is taken, 1 for anything else.
[[nodiscard]] int Serve(const Role& role, const ServeFlags& flags, const Console& console);

// A whole program: parses, then Serve.
[[nodiscard]] int RunProgram(const Role& role, const char* description, int argc, char** argv,
                             const Console& console);

}  // namespace realise
