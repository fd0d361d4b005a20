// Real processes for tests: `realise serve`, killed and started again at will, and any command run to its
// end.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace realise {

// A folder of its own for one test, removed with everything in it at the end.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// What a command printed and ended with.
struct CommandResult {
  int exit_status = 0;  // 128 + signal if it was killed by one
  std::string out;
  std::string err;
};

// Runs a command to its end.  REQUIRES: words[0] is the path of a program.
[[nodiscard]] CommandResult RunCommand(const std::vector<std::string>& words);

// What GET http://ADDRESS/PATH answers, headers and all; empty if nobody does.
[[nodiscard]] std::string HttpGet(const std::string& address, const std::string& path);

// One life of `realise serve`, or of another program that serves.  Destroying it kills it.
class ServerProcess {
 public:
  // Starts the program with `serve --listen 127.0.0.1:0` and `arguments`, and waits until it says that it
  // serves.
  //   UNAVAILABLE  it ended before that; the message holds what it printed.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<ServerProcess>> Start(
      const std::string& program, const std::vector<std::string>& arguments);
  // Likewise a command that says "NAME: serving PLACE on ADDRESS;" on stderr once it serves.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<ServerProcess>> Launch(
      const std::vector<std::string>& command);
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  // Where it listens.
  const std::string& address() const { return address_; }
  // Where its metrics are, if it said so.
  const std::string& metrics_address() const { return metrics_address_; }
  // Waits until it has said `text`; false if it ended before that.
  bool AwaitSaid(const std::string& text);
  pid_t pid() const { return pid_; }

  // SIGKILL, and waits until it is gone.
  void Kill();
  // SIGTERM, and waits for its exit status.
  int Terminate();

 private:
  ServerProcess(pid_t pid, int stderr_fd) : pid_(pid), stderr_fd_(stderr_fd) {}

  pid_t pid_;
  int stderr_fd_;
  std::string said_;
  std::string address_;
  std::string metrics_address_;
};

}  // namespace realise
