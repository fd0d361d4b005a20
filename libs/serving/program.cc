#include "libs/serving/program.h"

#include <cstdlib>
#include <string>

#include "fmt/format.h"
#include "libs/serving/run.h"

namespace realise {
namespace {

constexpr int kUsage = 2;
constexpr int kUnavailable = 69;

int ExitCodeOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return EXIT_SUCCESS;
    case absl::StatusCode::kInvalidArgument:
      return kUsage;
    case absl::StatusCode::kUnavailable:
      return kUnavailable;
    default:
      return EXIT_FAILURE;
  }
}

absl::Status ServeOrPrint(const Role& role, const ServeFlags& flags, const Console& console,
                          const Announce& announce) {
  const auto resolved = ResolveSettings(role, flags, [](const char* name) { return std::getenv(name); });
  if (!resolved.ok()) return resolved.status();
  if (!flags.print_config) return RunProcess(role, resolved->options, announce);
  const std::string text = resolved->ToConfig();
  std::fputs(text.c_str(), console.out);
  return absl::OkStatus();
}

}  // namespace

void AddConfigFlag(CLI::App& app, std::vector<std::string>& files) {
  app.add_option("--config", files,
                 "File of settings, one `name = value` a line; may be given several times, a later file wins")
      ->envname("REALISE_CONFIG")
      ->expected(1)
      ->take_all();
}

void AddServeFlags(CLI::App& app, const Role& role, ServeFlags& flags) {
  const ServeOptions built_in(role);
  for (const Setting& setting : AllSettings()) {
    if (!setting.IsFor(role)) continue;
    const std::string flag = "--" + std::string(setting.name);
    const std::string help = fmt::format("{} ({})", setting.help, setting.variable);
    const auto take = [&flags, name = std::string(setting.name)](const std::string& value) {
      flags.values[name] = value;
    };
    if (setting.IsSwitch()) {
      app.add_flag_callback(
          flag, [take] { take("true"); }, help);
    } else {
      app.add_option_function<std::string>(flag, take, help)->default_str(setting.ValueIn(built_in));
    }
  }
  AddConfigFlag(app, flags.config_files);
  app.add_flag("--print-config", flags.print_config, "Print what is in force and who said so, and end");
}

int Serve(const Role& role, const ServeFlags& flags, const Console& console) {
  const auto announce = [&](const std::string& line) {
    std::fputs(fmt::format("{}: {}\n", role.program, line).c_str(), console.err);
  };
  const absl::Status status = ServeOrPrint(role, flags, console, announce);
  if (!status.ok()) announce(std::string(status.message()));
  return ExitCodeOf(status);
}

int RunProgram(const Role& role, const char* description, int argc, char** argv, const Console& console) {
  CLI::App app(description, std::string(role.program));
  ServeFlags flags;
  AddServeFlags(app, role, flags);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? EXIT_SUCCESS : kUsage;
  }
  return Serve(role, flags, console);
}

}  // namespace realise
