// One server process: the log, and of writers, projection and services what its role has.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "libs/base/clock.h"
#include "libs/event_log/event_log.h"
#include "libs/ledger/decider_store.h"
#include "libs/ledger/ledger_writers.h"
#include "libs/projection/projection.h"
#include "libs/rpc/rpc_server.h"
#include "libs/serving/role.h"
#include "libs/serving/serve_options.h"

namespace realise {

// The only place that wires a server together.  Built from the log upwards, taken down from the services
// downwards: what takes work in stops before what the work needs.
class Process {
 public:
  // Opens everything and serves.
  //   INVALID_ARGUMENT  an option; the message names it and says what would be right.
  //   UNAVAILABLE       the port is taken, or another process has the data folder.
  //   NOT_FOUND         the data folder cannot be made.
  //   DATA_LOSS         what is in the data folder is damaged; the message says what to do.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<Process>> Start(const Role& role,
                                                                      const ServeOptions& options);
  ~Process() { Stop(); }

  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // Where it listens: "127.0.0.1:7410".
  const std::string& address() const { return server_->address(); }
  // Where the log is: "kafka:HOST:PORT".
  const std::string& log_place() const { return log_place_; }

  // Takes no more calls and lets those under way end, for ten seconds at most.
  void Stop();

 private:
  Process() = default;
  absl::Status OpenWriters(const ServeOptions& options);
  absl::Status OpenProjection(const ServeOptions& options);

  const SystemClock clock_;
  std::string log_place_;
  std::unique_ptr<EventLog> log_;
  std::unique_ptr<DeciderStore> decider_store_;  // with writers_
  std::optional<LedgerWriters> writers_;         // of ingest
  std::unique_ptr<Projection> projection_;
  // What takes work in stands here, last: it goes first.
  std::unique_ptr<RpcServer> server_;
};

}  // namespace realise
