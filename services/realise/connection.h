// The command line's side of the services.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "libs/rpc/rpc_status.h"
#include "realise/v1/append_service.grpc.pb.h"
#include "realise/v1/ledger_service.grpc.pb.h"
#include "realise/v1/log_service.grpc.pb.h"
#include "realise/v1/query_service.grpc.pb.h"

namespace realise {

// One server.
class Connection {
 public:
  explicit Connection(const std::string& server);

  v1::AppendService::Stub& append() { return *append_; }
  v1::LedgerService::Stub& ledger() { return *ledger_; }
  v1::LogService::Stub& log() { return *log_; }
  v1::QueryService::Stub& query() { return *query_; }

  // Sets what every call needs: a deadline, so that none waits for ever.
  static void Prepare(grpc::ClientContext& context, std::chrono::seconds deadline = std::chrono::seconds(30));

 private:
  std::unique_ptr<v1::AppendService::Stub> append_;
  std::unique_ptr<v1::LedgerService::Stub> ledger_;
  std::unique_ptr<v1::LogService::Stub> log_;
  std::unique_ptr<v1::QueryService::Stub> query_;
};

// Says on stderr what went wrong, and returns the exit status for it.  REQUIRES: !status.ok()
int FailedCall(const grpc::Status& status);
int Failed(const absl::Status& status);

}  // namespace realise
