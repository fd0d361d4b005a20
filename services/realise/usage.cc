#include "services/realise/usage.h"

#include <algorithm>
#include <string>
#include <vector>

#include "fmt/format.h"
#include "services/realise/exit_codes.h"
#include "services/realise/output.h"

namespace realise {
namespace {

// The command that was called, "realise query savings", and its words.
struct Called {
  const CLI::App* command = nullptr;
  std::string name;
};

Called CalledCommand(const CLI::App& app) {
  Called called{&app, app.get_name()};
  while (!called.command->get_subcommands().empty()) {
    called.command = called.command->get_subcommands().front();
    called.name += " " + called.command->get_name();
  }
  return called;
}

std::string CommandsOf(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(command->get_name());
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

// The name of an option that nothing takes; without its value, and without anything that no option would be
// called.
std::string OptionName(const std::string& word) {
  const std::string name = word.substr(0, word.find('='));
  const bool plain = name.size() <= 30 &&
                     std::ranges::all_of(name, [](char c) { return (c >= 'a' && c <= 'z') || c == '-'; });
  return plain ? " " + name : "";
}

// The option that a message of CLI11's speaks of, which may go on with its value.
std::string OptionIn(const Called& called, const std::string& message) {
  for (const CLI::App* app = called.command; app != nullptr; app = app->get_parent()) {
    for (const CLI::Option* option : app->get_options()) {
      if (message.find(option->get_name()) != std::string::npos) return option->get_name();
    }
  }
  return "an option";
}

std::string WhatIsWrong(const CLI::App& app, const Called& called, const CLI::ParseError& error) {
  const std::vector<std::string> remaining = app.remaining(true);
  const auto is_option = [](const std::string& word) { return word.size() > 1 && word[0] == '-'; };
  const auto unknown = std::ranges::find_if(remaining, is_option);
  if (unknown != remaining.end()) return fmt::format("there is no option{}", OptionName(*unknown));
  const bool wants_command = called.command->get_require_subcommand_min() > 0;
  if (wants_command) {
    return fmt::format(
        "{} {}",
        remaining.empty() ? "a command is missing; there are" : "there is no such command; there are",
        CommandsOf(*called.command));
  }
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr) {
    return fmt::format("{}: has to be given one value", OptionIn(called, error.what()));
  }
  if (dynamic_cast<const CLI::ConversionError*>(&error) != nullptr) {
    return fmt::format("{}: has a value that it does not take", OptionIn(called, error.what()));
  }
  if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr) {
    return fmt::format("{} more than it takes",
                       remaining.size() == 1 ? "a word" : fmt::format("{} words", remaining.size()));
  }
  // Of a value's form, in the words of option_forms.h; the others name options alone.
  return error.what();
}

}  // namespace

int ExplainUsage(const CLI::App& app, const CLI::ParseError& error) {
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success)) return app.exit(error);
  const Called called = CalledCommand(app);
  Say(fmt::format("{}: {}\n`{} --help` says what it takes.", called.name, WhatIsWrong(app, called, error),
                  called.name));
  return kExitUsage;
}

int WrongUsage(std::string_view message) {
  Say(fmt::format("realise: {}", message));
  return kExitUsage;
}

}  // namespace realise
