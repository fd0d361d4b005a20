#include "libs/rpc/rpc_server.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include "fmt/format.h"
#include "libs/rpc/append_calls.h"
#include "libs/rpc/append_service.h"
#include "libs/rpc/call_recorder.h"
#include "libs/rpc/deadline.h"
#include "libs/rpc/forwarder.h"
#include "libs/rpc/health_service.h"
#include "libs/rpc/ledger_service.h"
#include "libs/rpc/log_service.h"
#include "libs/rpc/query_service.h"

namespace realise {
namespace {

class RpcServerImpl final : public RpcServer {
 public:
  explicit RpcServerImpl(const RpcParts& parts)
      : calls_(parts.calls),
        forwarder_(parts.placement == nullptr ? nullptr : std::make_unique<Forwarder>(*parts.placement)),
        ledger_(parts, forwarder_.get()),
        health_(parts) {
    if (parts.writers != nullptr) append_.emplace(*parts.writers, forwarder_.get());
    if (parts.projection != nullptr) query_.emplace(parts.log, *parts.projection);
    if (parts.audit) log_.emplace(parts.log);
  }
  ~RpcServerImpl() override { Stop(); }

  absl::Status Listen(const std::string& listen) {
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
    grpc::ServerBuilder builder;
    grpc::ResourceQuota quota("realise");
    quota.SetMaxThreads(kRpcThreadsMax);
    builder.SetResourceQuota(quota);
    // gRPC would keep two, and make and end a thread for each further call that waits.
    builder.SetSyncServerOption(grpc::ServerBuilder::MAX_POLLERS, kRpcThreadsKept);
    builder.SetMaxReceiveMessageSize(kMessageBytesMax);
    builder.SetMaxSendMessageSize(kMessageBytesMax);
    // Two servers on one port would each get some of the calls.
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    int port = 0;
    builder.AddListeningPort(listen, grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&ledger_);
    builder.RegisterService(&health_);
    std::unique_ptr<grpc::ServerCompletionQueue> append_queue;
    if (append_) {
      builder.RegisterService(&*append_);
      append_queue = builder.AddCompletionQueue();
    }
    if (query_) builder.RegisterService(&*query_);
    if (log_) builder.RegisterService(&*log_);
    if (calls_ != nullptr) builder.experimental().SetInterceptorCreators(RecordCallsIn(*calls_));
    server_ = builder.BuildAndStart();
    if (server_ == nullptr || port == 0) {
      return absl::UnavailableError(
          fmt::format("cannot listen on {}: is another server running there?", listen));
    }
    if (append_) {
      append_calls_.emplace(*append_, std::move(append_queue),
                            [this](AppendCall& call) { append_->Append(call); });
    }
    address_ = listen.substr(0, listen.rfind(':') + 1) + std::to_string(port);
    return absl::OkStatus();
  }

  const std::string& address() const override { return address_; }

  void Stop() override {
    health_.Stop();
    if (server_ == nullptr) return;
    if (append_) append_->Drain();
    server_->Shutdown(RpcNow() + std::chrono::seconds(10));
    append_calls_.reset();
    server_.reset();
  }

 private:
  RpcCalls* const calls_;
  const std::unique_ptr<Forwarder> forwarder_;  // null if no other process writes
  LedgerServiceImpl ledger_;
  HealthServiceImpl health_;
  std::optional<AppendServiceImpl> append_;  // nothing if this process writes nothing
  std::optional<QueryServiceImpl> query_;
  std::optional<LogServiceImpl> log_;
  std::unique_ptr<grpc::Server> server_;
  std::optional<AppendCalls> append_calls_;  // while the server runs, if append_ is there
  std::string address_;
};

}  // namespace

bool IsLoopback(const std::string& address) {
  return address.rfind("127.", 0) == 0 || address.rfind("localhost:", 0) == 0 ||
         address.rfind("[::1]:", 0) == 0;
}

absl::StatusOr<std::unique_ptr<RpcServer>> RpcServer::Start(const RpcParts& parts,
                                                            const RpcServerOptions& options) {
  if (!IsLoopback(options.listen)) {
    return absl::InvalidArgumentError(
        "listen: only a loopback address, 127.0.0.1:7410 for example: this server has neither TLS nor "
        "authentication");
  }
  auto server = std::make_unique<RpcServerImpl>(parts);
  absl::Status listening = server->Listen(options.listen);
  if (!listening.ok()) return listening;
  return std::unique_ptr<RpcServer>(std::move(server));
}

}  // namespace realise
