// gRPC health, v1, compiled from the vendored proto so that reflection has its descriptor.
//
//   "", and the services of this process
//       SERVING while the server runs; for a supervisor: is it alive
//   "realise.v1.AppendService", "realise.v1.LogService"
//       NOT_SERVING while the log does not answer; AppendService also while no process is known that writes,
//       and once the log takes nothing any more
//   "fleet", "inbound"
//       of ingest on Kafka: NOT_SERVING while the heartbeats of the processes, or what others publish, are in
//       trouble.  AppendService may serve all the same
//   "realise.v1.QueryService"
//       SERVING from when every ledger was caught up with once, or has stopped; for a load balancer: may this
//       replica be asked.  A ledger that falls behind or stops later does not take the others with it
//   "ledger/RH5"
//       NOT_SERVING once that ledger's fold has stopped
//   "ledger/RH5/caught-up"
//       SERVING while that ledger is folded to the end of the log
//
// So a ledger is caught up if both of its names serve; catching up, or waiting for the log or the disk, if
// only the first does; stopped if neither does.  LedgerService.GetStatus says which, and what to do.
// NOT_FOUND where nothing is folded, or if there is no such ledger.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "grpc/health/v1/health.grpc.pb.h"
#include "libs/rpc/rpc_parts.h"

namespace realise {

// Thread-safe.
class HealthServiceImpl final : public grpc::health::v1::Health::Service {
 public:
  explicit HealthServiceImpl(const RpcParts& parts);

  grpc::Status Check(grpc::ServerContext* context, const grpc::health::v1::HealthCheckRequest* request,
                     grpc::health::v1::HealthCheckResponse* response) override;
  grpc::Status List(grpc::ServerContext* context, const grpc::health::v1::HealthListRequest* request,
                    grpc::health::v1::HealthListResponse* response) override;
  // Writes the status at once and whenever it changed, looked at every half second.
  grpc::Status Watch(grpc::ServerContext* context, const grpc::health::v1::HealthCheckRequest* request,
                     grpc::ServerWriter<grpc::health::v1::HealthCheckResponse>* writer) override;

  // Answers NOT_SERVING from now on and ends every watch; for a graceful stop.
  void Stop();

 private:
  grpc::health::v1::HealthCheckResponse::ServingStatus StatusOf(const std::string& service) const;
  bool IsWell(const std::string& service) const;

  const EventLog& log_;
  const std::function<bool()> log_reachable_;
  const Placement* const placement_;  // null where this is the only process
  const std::vector<NamedHealth> named_health_;
  const Projection* const projection_;  // null where nothing is folded
  std::vector<std::string> services_;   // constant after construction
  mutable std::mutex mutex_;
  std::condition_variable stopping_changed_;
  bool stopping_ = false;  // guarded by mutex_
};

}  // namespace realise
