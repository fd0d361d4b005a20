// realise serve: every service in one process.
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "fmt/format.h"
#include "libs/base/clock.h"
#include "libs/base/status_macros.h"
#include "libs/event_log/kafka/kafka_event_log.h"
#include "libs/event_log/rocksdb/rocksdb_event_log.h"
#include "libs/ledger/ledger_writers.h"
#include "libs/projection/projection.h"
#include "libs/rpc/rpc_server.h"
#include "services/realise/commands.h"
#include "services/realise/connection.h"
#include "services/realise/exit_codes.h"
#include "services/realise/log_place.h"

namespace realise {
namespace {

struct ServeOptions {
  std::string data = "realise-data";
  std::string listen = "127.0.0.1:7410";
  std::string log = "embedded";
  std::string brokers;
  bool allow_unsafe_topic = false;
  std::string address_file;
};

// Where the server listens, for whoever started it with a free port.
absl::Status WriteAddress(const std::string& path, const std::string& address) {
  if (path.empty()) return absl::OkStatus();
  const std::string unfinished = path + ".new";
  std::ofstream(unfinished) << address << "\n";
  std::error_code error;
  std::filesystem::rename(unfinished, path, error);
  return error ? absl::UnavailableError(fmt::format("cannot write {}: {}", path, error.message()))
               : absl::OkStatus();
}

// Serves until SIGINT or SIGTERM, which are blocked in every thread.
absl::Status ServeUntil(const sigset_t& signals, const ServeOptions& options) {
  std::error_code made;
  std::filesystem::create_directories(options.data, made);
  if (made)
    return absl::NotFoundError(fmt::format("--data: cannot make {}: {}", options.data, made.message()));
  const SystemClock clock;
  const std::string place =
      options.log == "kafka" ? "kafka:" + options.brokers : "embedded:" + options.data + "/log";
  ASSIGN_OR_RETURN(const auto log, OpenLogPlace(place, options.allow_unsafe_topic));
  ASSIGN_OR_RETURN(const auto store, DeciderStore::Open({.path = options.data + "/decider", .env = nullptr}));
  ProjectionOptions projection_options;
  projection_options.path = options.data + "/views";
  ASSIGN_OR_RETURN(const auto projection, Projection::Open(*log, projection_options));
  LedgerWriters writers(*log, *store, clock);
  projection->Start();
  ASSIGN_OR_RETURN(const auto server,
                   RpcServer::Start(*log, writers, *projection, clock, {.listen = options.listen}));
  RETURN_IF_ERROR(WriteAddress(options.address_file, server->address()));
  Say(fmt::format("realise: serving {} on {}; data in {}; Ctrl-C stops it", place, server->address(),
                  options.data));
  int signal = 0;
  sigwait(&signals, &signal);
  Say("realise: stopping");
  server->Stop();
  return absl::OkStatus();
}

int Serve(const ServeOptions& options) {
  if (options.log == "kafka" && options.brokers.empty()) {
    Say("realise: --log kafka needs --brokers HOST:PORT[,HOST:PORT...]");
    return kExitUsage;
  }
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  const absl::Status status = ServeUntil(signals, options);
  return status.ok() ? kExitOk : Failed(status);
}

}  // namespace

void AddServe(CLI::App& app, Globals& globals) {
  CLI::App* serve = app.add_subcommand("serve", "Run every service in one process");
  const auto options = SharedOptions<ServeOptions>();
  serve->add_option("--data", options->data, "Folder of the embedded log and the views")
      ->envname("REALISE_DATA")
      ->capture_default_str();
  serve->add_option("--listen", options->listen, "Loopback address and port; port 0 takes a free one")
      ->envname("REALISE_LISTEN")
      ->capture_default_str();
  serve->add_option("--log", options->log, "Where the log is kept")
      ->check(CLI::IsMember({"embedded", "kafka"}))
      ->capture_default_str();
  serve->add_option("--brokers", options->brokers, "Kafka's bootstrap brokers")->envname("REALISE_BROKERS");
  serve->add_flag("--allow-unsafe-topic", options->allow_unsafe_topic,
                  "Take a topic that could lose or change records; for a laptop only");
  serve->add_option("--address-file", options->address_file, "Write the address there once it serves");
  serve->callback([&globals, options] { globals.exit_code = Serve(*options); });
}

}  // namespace realise
