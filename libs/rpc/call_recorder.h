// Tells RpcCalls of every call that a server takes.
#pragma once

#include <grpcpp/support/server_interceptor.h>

#include <memory>
#include <vector>

#include "libs/rpc/rpc_calls.h"

namespace realise {

// For grpc::ServerBuilder.  `calls` must outlive the server.
[[nodiscard]] std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>>
RecordCallsIn(RpcCalls& calls);

}  // namespace realise
