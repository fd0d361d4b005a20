#include "libs/rpc/rpc_server.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <utility>

#include "fmt/format.h"
#include "libs/rpc/append_service.h"
#include "libs/rpc/deadline.h"
#include "libs/rpc/health_service.h"
#include "libs/rpc/ledger_service.h"
#include "libs/rpc/log_service.h"
#include "libs/rpc/query_service.h"

namespace realise {
namespace {

bool IsLoopback(const std::string& listen) {
  return listen.rfind("127.", 0) == 0 || listen.rfind("localhost:", 0) == 0 || listen.rfind("[::1]:", 0) == 0;
}

class RpcServerImpl final : public RpcServer {
 public:
  RpcServerImpl(EventLog& log, LedgerWriters& writers, const Projection& projection, const Clock& clock)
      : append_(writers),
        ledger_(log, writers, projection, clock),
        log_(log),
        query_(log, projection),
        health_(projection) {}
  ~RpcServerImpl() override { Stop(); }

  absl::Status Listen(const std::string& listen) {
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
    grpc::ServerBuilder builder;
    grpc::ResourceQuota quota("realise");
    quota.SetMaxThreads(kRpcThreadsMax);
    builder.SetResourceQuota(quota);
    builder.SetMaxReceiveMessageSize(kMessageBytesMax);
    builder.SetMaxSendMessageSize(kMessageBytesMax);
    // Two servers on one port would each get some of the calls.
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    int port = 0;
    builder.AddListeningPort(listen, grpc::InsecureServerCredentials(), &port);
    for (grpc::Service* service :
         {static_cast<grpc::Service*>(&append_), static_cast<grpc::Service*>(&ledger_),
          static_cast<grpc::Service*>(&log_), static_cast<grpc::Service*>(&query_),
          static_cast<grpc::Service*>(&health_)}) {
      builder.RegisterService(service);
    }
    server_ = builder.BuildAndStart();
    if (server_ == nullptr || port == 0) {
      return absl::UnavailableError(
          fmt::format("cannot listen on {}: is another server running there?", listen));
    }
    address_ = listen.substr(0, listen.rfind(':') + 1) + std::to_string(port);
    return absl::OkStatus();
  }

  const std::string& address() const override { return address_; }

  void Stop() override {
    health_.Stop();
    if (server_ == nullptr) return;
    server_->Shutdown(RpcNow() + std::chrono::seconds(10));
    server_.reset();
  }

 private:
  AppendServiceImpl append_;
  LedgerServiceImpl ledger_;
  LogServiceImpl log_;
  QueryServiceImpl query_;
  HealthServiceImpl health_;
  std::unique_ptr<grpc::Server> server_;
  std::string address_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<RpcServer>> RpcServer::Start(EventLog& log, LedgerWriters& writers,
                                                            const Projection& projection, const Clock& clock,
                                                            RpcServerOptions options) {
  if (!IsLoopback(options.listen)) {
    return absl::InvalidArgumentError(
        "listen: only a loopback address, 127.0.0.1:7410 for example: this server has neither TLS nor "
        "authentication");
  }
  auto server = std::make_unique<RpcServerImpl>(log, writers, projection, clock);
  const absl::Status listening = server->Listen(options.listen);
  if (!listening.ok()) return listening;
  return std::unique_ptr<RpcServer>(std::move(server));
}

}  // namespace realise
