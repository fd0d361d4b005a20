#include "libs/serving/run.h"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <ctime>
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
// A stop has limits of its own for all that it waits for; but librdkafka 2.0 may wait for ever for a topic
// that goes away meanwhile.
constexpr time_t kStopSecondsMax = 30;

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

// While it lives, a further signal ends the program at once, and so does its own limit.  What is under way is
// then cut off as by a crash, which loses nothing that was acknowledged.
class StopWatch {
 public:
  StopWatch(const sigset_t& signals, const Announce& announce)
      : watch_([&signals, &announce] {
          const timespec limit{.tv_sec = kStopSecondsMax, .tv_nsec = 0};
          int signal = -1;
          do {
            signal = sigtimedwait(&signals, nullptr, &limit);
          } while (signal < 0 && errno == EINTR);
          if (signal == kDrained) return;
          announce(signal > 0
                       ? "stopped by a second signal, before all calls were answered"
                       : fmt::format("HAS NOT STOPPED IN {} s and ends now, as by a crash; nothing that was "
                                     "acknowledged is lost",
                                     kStopSecondsMax));
          std::_Exit(EXIT_FAILURE);
        }) {}
  ~StopWatch() {
    pthread_kill(watch_.native_handle(), kDrained);
    watch_.join();
  }
  StopWatch(const StopWatch&) = delete;
  StopWatch& operator=(const StopWatch&) = delete;

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
  const StopWatch watch(signals, announce);
  process->Stop();
  process.reset();
  return absl::OkStatus();
}

}  // namespace realise
