#include "tests/support/server_process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>

extern char** environ;

namespace realise {
namespace {

constexpr std::string_view kServing = ": serving ";

struct Pipe {
  int read_end = -1;
  int write_end = -1;
};

Pipe MakePipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) std::abort();
  return {ends[0], ends[1]};
}

pid_t Spawn(const std::vector<std::string>& words, int out, int err) {
  std::vector<char*> argv;
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err, STDERR_FILENO);
  pid_t pid = -1;
  const int failed = posix_spawn(&pid, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  return failed == 0 ? pid : -1;
}

int WaitFor(pid_t pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// Reads what is there now; false at the end.
bool ReadSome(int fd, std::string& text) {
  std::array<char, 4096> buffer{};
  const ssize_t got = read(fd, buffer.data(), buffer.size());
  if (got <= 0) return got < 0 && errno == EINTR;
  text.append(buffer.data(), static_cast<size_t>(got));
  return true;
}

// What stands between two words; empty if either is not there.
std::string Between(std::string_view line, std::string_view before, std::string_view behind) {
  const size_t begin = line.find(before);
  const size_t end = begin == std::string_view::npos ? begin : line.find(behind, begin);
  if (end == std::string_view::npos) return "";
  return std::string(line.substr(begin + before.size(), end - begin - before.size()));
}

}  // namespace

TemporaryFolder::TemporaryFolder() {
  path_ = (std::filesystem::temp_directory_path() / "realise-test-XXXXXX").string();
  if (mkdtemp(path_.data()) == nullptr) std::abort();
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;  // a leftover folder harms no test
  std::filesystem::remove_all(path_, ignored);
}

CommandResult RunCommand(const std::vector<std::string>& words) {
  const Pipe out = MakePipe();
  const Pipe err = MakePipe();
  const pid_t pid = Spawn(words, out.write_end, err.write_end);
  close(out.write_end);
  close(err.write_end);
  CommandResult result;
  bool out_open = true;
  bool err_open = true;
  while (out_open || err_open) {
    std::array<pollfd, 2> fds = {pollfd{out_open ? out.read_end : -1, POLLIN, 0},
                                 pollfd{err_open ? err.read_end : -1, POLLIN, 0}};
    if (poll(fds.data(), fds.size(), -1) < 0) continue;
    if (fds[0].revents != 0) out_open = ReadSome(out.read_end, result.out);
    if (fds[1].revents != 0) err_open = ReadSome(err.read_end, result.err);
  }
  close(out.read_end);
  close(err.read_end);
  result.exit_status = pid < 0 ? 127 : WaitFor(pid);
  return result;
}

std::string HttpGet(const std::string& address, const std::string& path) {
  const size_t colon = address.rfind(':');
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<uint16_t>(std::atoi(address.c_str() + colon + 1)));
  if (inet_pton(AF_INET, address.substr(0, colon).c_str(), &to.sin_addr) != 1) return "";
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  std::string answer;
  if (connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof(to)) == 0) {
    const std::string request =
        "GET " + path + " HTTP/1.1\r\nHost: " + address + "\r\nConnection: close\r\n\r\n";
    if (send(fd, request.data(), request.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(request.size())) {
      while (ReadSome(fd, answer)) {
      }
    }
  }
  close(fd);
  return answer;
}

absl::StatusOr<std::unique_ptr<ServerProcess>> ServerProcess::Start(
    const std::string& program, const std::vector<std::string>& arguments) {
  std::vector<std::string> command = {program, "serve", "--listen", "127.0.0.1:0"};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return Launch(command);
}

absl::StatusOr<std::unique_ptr<ServerProcess>> ServerProcess::Launch(
    const std::vector<std::string>& command) {
  // A test that dies takes its server with it.
  std::vector<std::string> words = {"/usr/bin/setpriv", "--pdeathsig", "KILL", "--"};
  words.insert(words.end(), command.begin(), command.end());
  const Pipe err = MakePipe();
  const pid_t pid = Spawn(words, err.write_end, err.write_end);
  close(err.write_end);
  if (pid < 0) {
    close(err.read_end);
    return absl::UnavailableError("cannot start " + command.front());
  }
  std::unique_ptr<ServerProcess> server(new ServerProcess(pid, err.read_end));
  if (!server->AwaitSaid("Ctrl-C stops it\n")) {
    return absl::UnavailableError("the server ended: " + server->said_);
  }
  const std::string_view line = std::string_view(server->said_).substr(server->said_.find(kServing));
  server->address_ = Between(line, " on ", ";");
  server->metrics_address_ = Between(line, "metrics on http://", "/metrics;");
  return server;
}

bool ServerProcess::AwaitSaid(const std::string& text) {
  while (said_.find(text) == std::string::npos) {
    if (!ReadSome(stderr_fd_, said_)) return false;
  }
  return true;
}

ServerProcess::~ServerProcess() {
  Kill();
  close(stderr_fd_);
}

void ServerProcess::Kill() {
  if (pid_ < 0) return;
  kill(pid_, SIGKILL);
  WaitFor(pid_);
  pid_ = -1;
}

int ServerProcess::Terminate() {
  if (pid_ < 0) return 0;
  kill(pid_, SIGTERM);
  const int status = WaitFor(pid_);
  pid_ = -1;
  return status;
}

}  // namespace realise
