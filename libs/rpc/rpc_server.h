// All services of one process behind one port.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "libs/base/clock.h"
#include "libs/event_log/event_log.h"
#include "libs/ledger/ledger_writers.h"
#include "libs/projection/projection.h"

namespace realise {

// One message in either direction: a commit's body with room to spare, or the events of a long dry run.
inline constexpr int kMessageBytesMax = 16 * 1024 * 1024;
// Threads that handle calls; further calls wait.
inline constexpr int kRpcThreadsMax = 256;

struct RpcServerOptions {
  // "127.0.0.1:0" picks a free port.
  std::string listen = "127.0.0.1:7410";
};

// Serves until it is destroyed.  Everything it is given must outlive it.
class RpcServer {
 public:
  //   INVALID_ARGUMENT  not a loopback address: this server has neither TLS nor authentication.
  //   UNAVAILABLE       the port is taken.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<RpcServer>> Start(EventLog& log, LedgerWriters& writers,
                                                                        const Projection& projection,
                                                                        const Clock& clock,
                                                                        RpcServerOptions options);
  virtual ~RpcServer() = default;

  // Where it listens: "127.0.0.1:7410".
  virtual const std::string& address() const = 0;
  // Takes no more calls and lets those under way end, for ten seconds at most.
  virtual void Stop() = 0;
};

}  // namespace realise
