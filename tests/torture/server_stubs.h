// A server as its clients see it: calls made, timed, and written down with what is known of their outcome.
#pragma once

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <memory>
#include <string>

#include "libs/rpc/rpc_status.h"
#include "realise/v1/append_service.grpc.pb.h"
#include "realise/v1/query_service.grpc.pb.h"
#include "tests/torture/fleet_process.h"
#include "tests/torture/history.h"

namespace realise::torture {

// To a server that may be gone: it is found again as soon as it is back.
[[nodiscard]] std::shared_ptr<grpc::Channel> ChannelTo(const FleetProcess& process);

// A server as clients reach it: connections are shared.
struct ServerStubs {
  explicit ServerStubs(const FleetProcess& of);

  const FleetProcess& process;
  std::unique_ptr<v1::AppendService::Stub> append;
  std::unique_ptr<v1::QueryService::Stub> query;
};

// What an error says of a call's outcome.
[[nodiscard]] Outcome OutcomeOf(const RpcError& error);

// Note when a call was made, and by which life of the server it was answered.
void BeginCall(const FleetProcess& server, const std::string& caller, CallTimes& times);
void EndCall(const FleetProcess& server, CallTimes& times);

// One call, made and written down.
[[nodiscard]] AppendCall SendAppend(ServerStubs& server, const std::string& caller,
                                    const v1::AppendRequest& request, std::chrono::milliseconds call_max);
[[nodiscard]] QueryCall SendQuery(ServerStubs& server, const std::string& caller,
                                  const v1::QuerySavingsRequest& request, std::chrono::milliseconds call_max);

}  // namespace realise::torture
