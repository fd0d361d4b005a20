// The services of one process behind one port.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "libs/rpc/rpc_parts.h"

namespace realise {

// One message in either direction: a commit's body with room to spare, or the events of a long dry run.
inline constexpr int kMessageBytesMax = 16 * 1024 * 1024;
// Threads that handle calls; further calls wait.
inline constexpr int kRpcThreadsMax = 256;
// Of them, those that stay when they have nothing to do.
inline constexpr int kRpcThreadsKept = 16;

// Whether an address, "127.0.0.1:7410", can be reached from this machine only.
[[nodiscard]] bool IsLoopback(const std::string& address);

struct RpcServerOptions {
  // "127.0.0.1:0" picks a free port.
  std::string listen = "127.0.0.1:7410";
};

// Serves until it is destroyed.
class RpcServer {
 public:
  //   INVALID_ARGUMENT  not a loopback address: this server has neither TLS nor authentication.
  //   UNAVAILABLE       the port is taken.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<RpcServer>> Start(const RpcParts& parts,
                                                                        const RpcServerOptions& options);
  virtual ~RpcServer() = default;

  // Where it listens: "127.0.0.1:7410".
  virtual const std::string& address() const = 0;
  // Takes no more calls and lets those under way end, for ten seconds at most.  An append stream takes no
  // more batches, is given its answers, and ends.
  virtual void Stop() = 0;
};

}  // namespace realise
