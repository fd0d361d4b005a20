// The commands, one file each.  A command adds itself to the app and, when it was called, leaves its exit
// status.
#pragma once

#include <memory>
#include <string>

#include "CLI/CLI.hpp"
#include "services/realise/connection.h"
#include "services/realise/output.h"

namespace realise {

// What every command may use.
struct Globals {
  Servers server;
  Format format = Format::kTable;
  int exit_code = 0;
};

// The options of a command: shared by the callbacks of the app that read them, so that they live as long as
// it does.
template <typename Options>
std::shared_ptr<Options> SharedOptions() {
  return std::make_shared<Options>();
}

void AddServe(CLI::App& app, Globals& globals);
void AddLedger(CLI::App& app, Globals& globals);
void AddAppend(CLI::App& app, Globals& globals);
void AddImport(CLI::App& app, Globals& globals);
void AddInbound(CLI::App& app, Globals& globals);
void AddQuery(CLI::App& app, Globals& globals);
void AddExplain(CLI::App& app, Globals& globals);
void AddLog(CLI::App& app, Globals& globals);
void AddReplay(CLI::App& app, Globals& globals);
void AddVerify(CLI::App& app, Globals& globals);
void AddStatus(CLI::App& app, Globals& globals);

}  // namespace realise
