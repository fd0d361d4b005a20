// One server process: the log, and of writers, projection and services what its role has.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "libs/base/clock.h"
#include "libs/event_log/event_log.h"
#include "libs/fleet/kafka/kafka_fleet.h"
#include "libs/inbound/kafka/inbound_consumer.h"
#include "libs/kafka/kafka_statistics.h"
#include "libs/ledger/decider_store.h"
#include "libs/ledger/ledger_writers.h"
#include "libs/metrics/metrics.h"
#include "libs/projection/projection.h"
#include "libs/rpc/routed_appends.h"
#include "libs/rpc/rpc_server.h"
#include "libs/serving/handover.h"
#include "libs/serving/log_watch.h"
#include "libs/serving/process_metrics.h"
#include "libs/serving/role.h"
#include "libs/serving/serve_options.h"

namespace realise {

// Takes one line for the operator.
using Announce = std::function<void(const std::string&)>;

// The only place that wires a server together.  Built from the log upwards, taken down from the services
// downwards: what takes work in stops before what the work needs.
class Process {
 public:
  // Opens everything and serves.
  //   INVALID_ARGUMENT  an option; the message names it and says what would be right.
  //   UNAVAILABLE       the port is taken, or another process has the data folder.
  //   NOT_FOUND         the data folder cannot be made.
  //   DATA_LOSS         what is in the data folder is damaged; the message says what to do.
  // `announce` takes lines for an operator, on any thread, until the process is gone.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<Process>> Start(const Role& role,
                                                                      const ServeOptions& options,
                                                                      const Announce& announce);
  ~Process() { Stop(); }

  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // Where it listens: "127.0.0.1:7410".
  const std::string& address() const { return server_->address(); }
  // Where Prometheus's page is; empty if there is none.
  std::string metrics_address() const { return metrics_server_ ? metrics_server_->address() : ""; }
  // Where the log is: "kafka:HOST:PORT".
  const std::string& log_place() const { return log_place_; }

  // Hands its ledgers over to the other processes, if there are any; takes no more calls, and lets those
  // under way end, for ten seconds at most.
  void Stop();

 private:
  Process() = default;
  absl::Status OpenWriters(const ServeOptions& options, const Announce& announce);
  absl::Status OpenFleet(const ServeOptions& options, const Announce& announce);
  absl::Status OpenProjection(const ServeOptions& options);
  absl::Status OpenInbound(const ServeOptions& options, const Announce& announce);
  RpcParts Parts(const Role& role, const ServeOptions& options);

  const SystemClock clock_{};
  std::string log_place_;
  KafkaStatistics kafka_statistics_;
  std::unique_ptr<EventLog> log_;
  std::optional<LogWatch> log_watch_;
  RpcCalls calls_;
  std::unique_ptr<DeciderStore> decider_store_;  // with writers_
  std::unique_ptr<KafkaFleet> fleet_;            // of ingest on Kafka
  std::optional<LedgerWriters> writers_;         // of ingest
  std::optional<Handover> handover_;             // with fleet_
  std::unique_ptr<Projection> projection_;
  std::optional<RoutedAppends> appends_;  // with inbound_
  std::unique_ptr<InboundConsumer> inbound_;
  // The same, for those who ask how it fares; null until it has started.
  std::atomic<const InboundConsumer*> inbound_asked_ = nullptr;
  std::optional<ProcessMetrics> metrics_;
  std::unique_ptr<MetricsServer> metrics_server_;  // if it is asked for
  // What takes work in stands here, last: it goes first.
  std::unique_ptr<RpcServer> server_;
};

}  // namespace realise
