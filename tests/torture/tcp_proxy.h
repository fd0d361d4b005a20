// A wire that can be cut: what comes to one port of the loopback goes on to another, until it is told
// otherwise.
#pragma once

#include <atomic>
#include <cstddef>
#include <list>
#include <memory>
#include <string>
#include <thread>

#include "absl/status/statusor.h"

namespace realise::torture {

// Runs a thread of its own.  Thread-safe.
class TcpProxy {
 public:
  //   UNAVAILABLE  the port cannot be listened at.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<TcpProxy>> Open(int listen_port, int target_port);
  ~TcpProxy();

  TcpProxy(const TcpProxy&) = delete;
  TcpProxy& operator=(const TcpProxy&) = delete;

  // Connections stay as they are and nothing passes, as when a cable is pulled.
  void Hold() { holding_ = true; }
  // What was held goes on.
  void Pass() { holding_ = false; }
  // Every connection there is ends.
  void Reset() { reset_due_ = true; }

 private:
  // One direction of a connection.
  struct Pipe {
    int from = -1;
    int to = -1;
    std::string pending;
    bool ended = false;
  };
  struct Wire {
    Pipe there;
    Pipe back;
  };

  TcpProxy(int listening, int target_port) : listening_(listening), target_port_(target_port) {}

  void Run();
  void Accept();
  // False if the connection is over.
  static bool Move(Pipe& pipe);
  void Close(const Wire& wire);

  const int listening_;
  const int target_port_;
  std::atomic<bool> holding_{false};
  std::atomic<bool> reset_due_{false};
  std::atomic<bool> stopping_{false};
  std::list<Wire> wires_;  // the thread's own
  std::thread thread_;
};

}  // namespace realise::torture
