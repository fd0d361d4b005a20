#include "services/realise/connection.h"

#include <grpcpp/grpcpp.h>

#include "fmt/format.h"
#include "libs/rpc/deadline.h"
#include "libs/rpc/rpc_server.h"
#include "services/realise/exit_codes.h"
#include "services/realise/output.h"

namespace realise {

namespace {

// gRPC shares a channel among its stubs.
std::shared_ptr<grpc::Channel> ChannelTo(const Servers& servers, const std::string& one) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMessageBytesMax);
  return grpc::CreateCustomChannel(one.empty() ? servers.all : one, grpc::InsecureChannelCredentials(),
                                   arguments);
}

}  // namespace

Connection::Connection(const Servers& servers) {
  const auto ingest = ChannelTo(servers, servers.ingest);
  const auto projection = ChannelTo(servers, servers.projection);
  append_ = v1::AppendService::NewStub(ingest);
  ledger_ = v1::LedgerService::NewStub(ingest);
  status_ = v1::LedgerService::NewStub(projection);
  query_ = v1::QueryService::NewStub(projection);
  log_ = v1::LogService::NewStub(ChannelTo(servers, servers.audit));
}

void Connection::Prepare(grpc::ClientContext& context, std::chrono::seconds deadline) {
  context.set_deadline(RpcNow() + deadline);
}

int FailedCall(const grpc::Status& status) {
  const RpcError error = FromGrpcStatus(status);
  std::string line = "realise: " + error.message;
  if (!error.reason.empty()) line += fmt::format(" [{}]", error.reason);
  if (!error.field.empty()) line += fmt::format("\n  field: {}", error.field);
  if (!error.decided_at.empty()) line += fmt::format("\n  decided at: {}", error.decided_at);
  if (error.code == absl::StatusCode::kUnavailable && error.reason.empty()) {
    line +=
        "\n  is the server running? `realise serve` starts one; --server, or --ingest, --projection and "
        "--audit, say where it is";
  }
  if (error.code == absl::StatusCode::kUnimplemented && error.reason.empty()) {
    line +=
        "\n  that server does not do this: realise-ingest appends, realise-projection answers, realise-audit "
        "reads the log; --ingest, --projection and --audit say where they are";
  }
  Say(line);
  return ExitCodeOf(error.code);
}

int Failed(const absl::Status& status) {
  Say(fmt::format("realise: {}", std::string(status.message())));
  return ExitCodeOf(status.code());
}

}  // namespace realise
