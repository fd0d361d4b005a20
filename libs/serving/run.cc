#include "libs/serving/run.h"

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <system_error>
#include <thread>

#include "fmt/format.h"
#include "libs/base/status_macros.h"
#include "libs/serving/process.h"

namespace realise {
namespace {

// Ends the watch for a second signal.
constexpr int kDrained = SIGUSR1;

sigset_t BlockSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, kDrained);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

// Waits for one that means the end.
void AwaitEnd(const sigset_t& signals) {
  int signal = kDrained;
  while (signal == kDrained) sigwait(&signals, &signal);
}

// While it lives, a further signal ends the program at once.  What is under way is then cut off as by a
// crash, which loses nothing that was acknowledged.
class SecondSignal {
 public:
  SecondSignal(const sigset_t& signals, const Announce& announce)
      : watch_([&signals, &announce] {
          int signal = 0;
          sigwait(&signals, &signal);
          if (signal == kDrained) return;
          announce("stopped by a second signal, before all calls were answered");
          std::_Exit(EXIT_FAILURE);
        }) {}
  ~SecondSignal() {
    pthread_kill(watch_.native_handle(), kDrained);
    watch_.join();
  }
  SecondSignal(const SecondSignal&) = delete;
  SecondSignal& operator=(const SecondSignal&) = delete;

 private:
  std::thread watch_;
};

// Where the server listens, for whoever started it with a free port.
absl::Status WriteAddress(const std::string& path, const std::string& address) {
  if (path.empty()) return absl::OkStatus();
  const std::string unfinished = path + ".new";
  std::ofstream(unfinished) << address << "\n";
  std::error_code error;
  std::filesystem::rename(unfinished, path, error);
  if (!error) return absl::OkStatus();
  return absl::UnavailableError(fmt::format("--address-file: cannot write {}: {}", path, error.message()));
}

}  // namespace

absl::Status RunProcess(const Role& role, const ServeOptions& options, const Announce& announce) {
  const sigset_t signals = BlockSignals();
  ASSIGN_OR_RETURN(std::unique_ptr<Process> process, Process::Start(role, options, announce));
  const std::string metrics = process->metrics_address();
  RETURN_IF_ERROR(WriteAddress(options.address_file, process->address()));
  if (!options.address_file.empty() && !metrics.empty()) {
    RETURN_IF_ERROR(WriteAddress(options.address_file + ".metrics", metrics));
  }
  announce(fmt::format("serving {} on {}; {}{}Ctrl-C stops it", process->log_place(), process->address(),
                       role.ingest || role.projection ? fmt::format("data in {}; ", options.data) : "",
                       metrics.empty() ? "" : fmt::format("metrics on http://{}/metrics; ", metrics)));
  AwaitEnd(signals);
  announce("stopping");
  const SecondSignal second(signals, announce);
  process->Stop();
  process.reset();
  return absl::OkStatus();
}

}  // namespace realise
