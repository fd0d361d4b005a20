// gRPC health, v1, compiled from the vendored proto so that reflection has its descriptor.
//
//   ""  and the name of every service of this process   SERVING while the server runs
//   "ledger/RH5"   where ledgers are folded: NOT_SERVING once that ledger's fold has stopped; NOT_FOUND if
//                  there is no such ledger
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "grpc/health/v1/health.grpc.pb.h"
#include "libs/rpc/rpc_parts.h"

namespace realise {
//   "realise.v1.AppendService", "realise.v1.LogService"   NOT_SERVING while the log does not answer

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

  const std::function<bool()> log_reachable_;
  const Projection* const projection_;  // null where nothing is folded
  std::vector<std::string> services_;   // constant after construction
  mutable std::mutex mutex_;
  std::condition_variable stopping_changed_;
  bool stopping_ = false;  // guarded by mutex_
};

}  // namespace realise
