// A server of the fleet: a real process at a port of its own, through all its lives.
#pragma once

#include <sys/types.h>

#include <mutex>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "tests/torture/history.h"

namespace realise::torture {

// A port of the loopback that nobody listens at, below those that Linux gives to outgoing connections.
[[nodiscard]] int FreePort();

// Thread-safe; but start it from a thread that lives as long as it: it dies with that thread.
class FleetProcess {
 public:
  // `command` is given "--listen 127.0.0.1:PORT" when it starts; what it prints goes to the end of
  // `log_path`.
  FleetProcess(std::string name, std::vector<std::string> command, std::string log_path);
  ~FleetProcess();

  FleetProcess(const FleetProcess&) = delete;
  FleetProcess& operator=(const FleetProcess&) = delete;

  const std::string& name() const { return name_; }
  const std::string& address() const { return address_; }
  const std::string& log_path() const { return log_path_; }

  // Starts its next life, if it does not live; does not wait until it serves.
  //   UNAVAILABLE  it cannot be started.
  [[nodiscard]] absl::Status Start();
  // SIGKILL, and waits until it is gone.
  void Kill() { End(false); }
  // SIGTERM, and waits until it is gone.  False if it had to be killed after all.
  bool Stop() { return End(true); }
  // SIGSTOP, SIGCONT.
  void Pause();
  void Resume();
  // Whether it ended by itself.
  bool Died() const;
  pid_t pid() const;

  // What calls note of it.
  struct Life {
    std::string name;
    Moment started{};
  };
  Life life() const;

 private:
  bool End(bool gently);

  const std::string name_;
  const std::vector<std::string> command_;
  const std::string log_path_;
  const std::string address_;
  mutable std::mutex mutex_;
  // State below is protected by mutex_.
  pid_t pid_ = -1;
  int lives_ = 0;
  Moment started_{};
};

}  // namespace realise::torture
