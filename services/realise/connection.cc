#include "services/realise/connection.h"

#include <grpcpp/grpcpp.h>

#include "fmt/format.h"
#include "libs/rpc/deadline.h"
#include "libs/rpc/rpc_server.h"
#include "services/realise/exit_codes.h"
#include "services/realise/output.h"

namespace realise {

Connection::Connection(const std::string& server) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMessageBytesMax);
  const auto channel = grpc::CreateCustomChannel(server, grpc::InsecureChannelCredentials(), arguments);
  append_ = v1::AppendService::NewStub(channel);
  ledger_ = v1::LedgerService::NewStub(channel);
  log_ = v1::LogService::NewStub(channel);
  query_ = v1::QueryService::NewStub(channel);
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
    line += "\n  is the server running? `realise serve` starts it; --server says where it is";
  }
  Say(line);
  return ExitCodeOf(error.code);
}

int Failed(const absl::Status& status) {
  Say(fmt::format("realise: {}", std::string(status.message())));
  return ExitCodeOf(status.code());
}

}  // namespace realise
