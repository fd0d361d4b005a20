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

// Where the services are.  One process may be all of them; each of the separate ones is named by itself, and
// then takes the place of the one.
struct Servers {
  std::string all = "127.0.0.1:7410";
  std::string ingest{};
  std::string projection{};
  std::string audit{};
};

// The services, wherever they are.
class Connection {
 public:
  explicit Connection(const Servers& servers);

  v1::AppendService::Stub& append() { return *append_; }
  // Ledgers as ingest keeps them: all but how they fare.
  v1::LedgerService::Stub& ledger() { return *ledger_; }
  // How ledgers fare, of the projection.
  v1::LedgerService::Stub& status() { return *status_; }
  v1::LogService::Stub& log() { return *log_; }
  v1::QueryService::Stub& query() { return *query_; }

  // Sets what every call needs: a deadline, so that none waits for ever.
  static void Prepare(grpc::ClientContext& context, std::chrono::seconds deadline = std::chrono::seconds(30));

 private:
  std::unique_ptr<v1::AppendService::Stub> append_;
  std::unique_ptr<v1::LedgerService::Stub> ledger_;
  std::unique_ptr<v1::LedgerService::Stub> status_;
  std::unique_ptr<v1::LogService::Stub> log_;
  std::unique_ptr<v1::QueryService::Stub> query_;
};

// Says on stderr what went wrong, and returns the exit status for it.  REQUIRES: !status.ok()
int FailedCall(const grpc::Status& status);
int Failed(const absl::Status& status);
// As Failed, for a question that is answered in this process.
int FailedQuestion(const absl::Status& status);

}  // namespace realise
