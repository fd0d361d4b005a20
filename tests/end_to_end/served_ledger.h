// A real `realise serve` in a folder of its own, its services, and its command line.
#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>
#include <vector>

#include "realise/v1/append_service.grpc.pb.h"
#include "realise/v1/ledger_service.grpc.pb.h"
#include "realise/v1/log_service.grpc.pb.h"
#include "realise/v1/query_service.grpc.pb.h"
#include "tests/support/server_process.h"

namespace realise::testing {

// The path of the program.
[[nodiscard]] std::string RealiseProgram();

// A server that serves while this lives.  A failure to start ends the test program.
class ServedLedger {
 public:
  ServedLedger();
  // On data that is there, with more arguments for `serve`.
  ServedLedger(const std::string& data, const std::vector<std::string>& arguments);

  const std::string& address() const { return server_->address(); }
  const std::string& data() const { return data_; }
  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }
  ServerProcess& process() { return *server_; }

  // Creates a ledger for demonstration, whose events may have simulated times.
  void Create(const std::string& ledger);

  // Appends each event by itself at a simulated time (RFC 3339 or a date), and ends the test program if one
  // is refused.
  void Append(const std::string& ledger, const std::string& time, const std::vector<v1::Event>& events);
  // Appends a request and returns its status.
  grpc::Status TryAppend(const v1::AppendRequest& request, v1::AppendResponse* response);
  grpc::Status TryAppend(const std::string& ledger, const std::string& time, const v1::Event& event,
                         v1::AppendResponse* response);

  // The receipt of the last event appended, so that a question can wait for it.
  const std::string& last_receipt() const { return last_receipt_; }

  v1::QuerySavingsResponse Savings(const std::string& ledger, const std::string& period, v1::View view,
                                   const std::string& closed_period = "");
  v1::QueryBedDaysResponse BedDays(const std::string& ledger, const std::string& from, const std::string& to);
  v1::QueryWaitsResponse Waits(const std::string& ledger, const std::string& period);
  v1::ExplainResponse Explain(v1::ExplainRequest request);

  // Runs the command line against this server.
  CommandResult Realise(std::vector<std::string> words) const;

 private:
  TemporaryFolder folder_;
  std::string data_;
  std::unique_ptr<ServerProcess> server_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::AppendService::Stub> append_;
  std::unique_ptr<v1::LedgerService::Stub> ledger_;
  std::unique_ptr<v1::QueryService::Stub> query_;
  std::string last_receipt_;
};

}  // namespace realise::testing
