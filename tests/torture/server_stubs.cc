#include "tests/torture/server_stubs.h"

#include <grpcpp/grpcpp.h>

#include "fmt/format.h"
#include "libs/rpc/deadline.h"

namespace realise::torture {
namespace {

constexpr int kReconnectMaxMs = 200;
constexpr int kMessageBytesMax = 16 * 1024 * 1024;
constexpr int kHandshakeMaxMs = 2000;

}  // namespace

std::shared_ptr<grpc::Channel> ChannelTo(const FleetProcess& process) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMessageBytesMax);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  // A server that was started again is found again at once.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kReconnectMaxMs);
  // How long one attempt may take: on a busy machine a server that has just started is slow to shake hands.
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, kHandshakeMaxMs);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kReconnectMaxMs);
  return grpc::CreateCustomChannel(process.address(), grpc::InsecureChannelCredentials(), arguments);
}

ServerStubs::ServerStubs(const FleetProcess& of) : process(of) {
  const auto channel = ChannelTo(of);
  append = v1::AppendService::NewStub(channel);
  query = v1::QueryService::NewStub(channel);
}

// What an error says of the call's outcome.  Only what was turned away before anything was decided, or was
// decided against at a position, is certain; everything else may have been recorded.
Outcome OutcomeOf(const RpcError& error) {
  // The writer's clock is wrong; that says nothing of the events.
  if (error.reason == "CLOCK") return Outcome::kFailed;
  switch (error.code) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kAborted:
      return error.decided_at.empty() ? Outcome::kFailed : Outcome::kRejected;
    case absl::StatusCode::kResourceExhausted:
      return Outcome::kFailed;
    default:
      return Outcome::kUnknown;
  }
}

// Notes which life of the server a call was answered by; if it ended meanwhile, nobody knows.
void BeginCall(const FleetProcess& server, const std::string& caller, CallTimes& times) {
  const FleetProcess::Life life = server.life();
  times.caller = caller;
  times.server = life.name;
  times.server_started = life.started;
  times.invoked = std::chrono::steady_clock::now();
}

void EndCall(const FleetProcess& server, CallTimes& times) {
  times.ended = std::chrono::steady_clock::now();
  if (server.life().name == times.server) return;
  times.server +=
      fmt::format(" or its next, asked by {} at {}", times.caller, times.invoked.time_since_epoch().count());
}

AppendCall SendAppend(ServerStubs& server, const std::string& caller, const v1::AppendRequest& request,
                      std::chrono::milliseconds call_max) {
  AppendCall call;
  call.request = request;
  grpc::ClientContext context;
  context.set_deadline(RpcNow() + call_max);
  BeginCall(server.process, caller, call.times);
  const grpc::Status status = server.append->Append(&context, request, &call.response);
  EndCall(server.process, call.times);
  if (status.ok()) {
    call.outcome = Outcome::kAnswered;
    return call;
  }
  const RpcError error = FromGrpcStatus(status);
  call.outcome = OutcomeOf(error);
  call.reason = error.reason.empty() ? error.message : error.reason;
  call.decided_at = error.decided_at;
  return call;
}

QueryCall SendQuery(ServerStubs& server, const std::string& caller, const v1::QuerySavingsRequest& request,
                    std::chrono::milliseconds call_max) {
  QueryCall call;
  call.request = request;
  grpc::ClientContext context;
  context.set_deadline(RpcNow() + call_max);
  BeginCall(server.process, caller, call.times);
  const grpc::Status status = server.query->QuerySavings(&context, request, &call.response);
  EndCall(server.process, call.times);
  call.outcome = status.ok() ? Outcome::kAnswered : Outcome::kUnknown;
  if (!status.ok()) call.error = status.error_message();
  return call;
}

}  // namespace realise::torture
