#include "tests/torture/fleet_process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <random>
#include <utility>

#include "fmt/format.h"

extern char** environ;

namespace realise::torture {
namespace {

constexpr int kFirstPort = 20000;
constexpr int kPorts = 12000;
// A server lets its calls end for ten seconds; this is long past that.
constexpr int kStopMaxMs = 40'000;

bool IsFree(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  const bool bound = bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  close(fd);
  return bound;
}

// Whether a process ends within kStopMax.
bool EndsInTime(pid_t pid) {
  const int fd = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
  if (fd < 0) return true;
  pollfd ended{fd, POLLIN, 0};
  int ready = 0;
  do {
    ready = poll(&ended, 1, kStopMaxMs);
  } while (ready < 0 && errno == EINTR);
  close(fd);
  return ready > 0;
}

void WaitFor(pid_t pid) {
  while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace

int FreePort() {
  std::random_device random;
  while (true) {
    const int port = kFirstPort + static_cast<int>(random() % kPorts);
    if (IsFree(port)) return port;
  }
}

FleetProcess::FleetProcess(std::string name, std::vector<std::string> command, std::string log_path)
    : name_(std::move(name)),
      command_(std::move(command)),
      log_path_(std::move(log_path)),
      address_(fmt::format("127.0.0.1:{}", FreePort())) {}

FleetProcess::~FleetProcess() { Kill(); }

absl::Status FleetProcess::Start() {
  const std::lock_guard lock(mutex_);
  if (pid_ >= 0) return absl::OkStatus();
  // A test that dies takes its servers with it.
  std::vector<std::string> words = {"/usr/bin/setpriv", "--pdeathsig", "KILL", "--"};
  words.insert(words.end(), command_.begin(), command_.end());
  words.insert(words.end(), {"--listen", address_});
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log_path_.c_str(), O_WRONLY | O_CREAT | O_APPEND,
                                   0644);
  posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  started_ = std::chrono::steady_clock::now();
  const int failed = posix_spawn(&pid_, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) {
    pid_ = -1;
    return absl::UnavailableError(fmt::format("cannot start {}", command_.front()));
  }
  ++lives_;
  return absl::OkStatus();
}

bool FleetProcess::End(bool gently) {
  pid_t pid = -1;
  {
    const std::lock_guard lock(mutex_);
    pid = std::exchange(pid_, -1);
  }
  if (pid < 0) return true;
  kill(pid, gently ? SIGTERM : SIGKILL);
  kill(pid, SIGCONT);  // one that is paused could not end gently
  const bool in_time = !gently || EndsInTime(pid);
  if (!in_time) kill(pid, SIGKILL);
  WaitFor(pid);
  return in_time;
}

void FleetProcess::Pause() {
  if (const pid_t paused = pid(); paused >= 0) kill(paused, SIGSTOP);
}

void FleetProcess::Resume() {
  if (const pid_t resumed = pid(); resumed >= 0) kill(resumed, SIGCONT);
}

bool FleetProcess::Died() const {
  const pid_t asked = pid();
  siginfo_t info{};
  return asked >= 0 && waitid(P_PID, static_cast<id_t>(asked), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         info.si_pid == asked;
}

pid_t FleetProcess::pid() const {
  const std::lock_guard lock(mutex_);
  return pid_;
}

FleetProcess::Life FleetProcess::life() const {
  const std::lock_guard lock(mutex_);
  return {fmt::format("{}#{}", name_, lives_), started_};
}

}  // namespace realise::torture
