#include "libs/serving/program.h"

#include <cstdlib>
#include <string>

namespace realise {
namespace {

constexpr int kUsage = 2;
constexpr int kUnavailable = 69;

}  // namespace

void AddServeOptions(CLI::App& app, const Role& role, ServeOptions& options) {
  if (role.ingest || role.projection) {
    app.add_option("--data", options.data, "Folder of all that this process keeps")
        ->envname("REALISE_DATA")
        ->capture_default_str();
  }
  app.add_option("--listen", options.listen, "Loopback address and port; port 0 takes a free one")
      ->envname("REALISE_LISTEN")
      ->capture_default_str();
  app.add_option("--log", options.log, "Where the log is kept")
      ->check(CLI::IsMember({"embedded", "kafka"}))
      ->capture_default_str();
  app.add_option("--brokers", options.brokers, "Kafka's bootstrap brokers")->envname("REALISE_BROKERS");
  app.add_flag("--allow-unsafe-topic", options.allow_unsafe_topic,
               "Take a topic that could lose or change records; for a laptop only");
  app.add_option("--address-file", options.address_file, "Write the address there once it serves");
}

int RunProgram(const Role& role, const char* description, int argc, char** argv, const Announce& announce) {
  CLI::App app(description, std::string(role.program));
  ServeOptions options(role);
  AddServeOptions(app, role, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? EXIT_SUCCESS : kUsage;
  }
  const absl::Status status = RunProcess(role, options, announce);
  if (status.ok()) return EXIT_SUCCESS;
  announce(std::string(status.message()));
  return ExitCodeOfStart(status);
}

int ExitCodeOfStart(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
      return kUsage;
    case absl::StatusCode::kUnavailable:
      return kUnavailable;
    default:
      return EXIT_FAILURE;
  }
}

}  // namespace realise
