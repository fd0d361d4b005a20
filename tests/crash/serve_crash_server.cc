#include "tests/crash/serve_crash_server.h"

#include <grpcpp/grpcpp.h>

#include "libs/rpc/deadline.h"

namespace realise::crash {
namespace {

constexpr std::chrono::seconds kCallMax{60};
constexpr int kMessageBytesMax = 16 * 1024 * 1024;

}  // namespace

Services::Services(const std::string& address) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMessageBytesMax);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  const auto channel = grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
  append = v1::AppendService::NewStub(channel);
  log = v1::LogService::NewStub(channel);
  query = v1::QueryService::NewStub(channel);
}

void SetDeadline(grpc::ClientContext& context) { context.set_deadline(RpcNow() + kCallMax); }

void Life::End() {
  const std::lock_guard lock(mutex_);
  ended_ = true;
  changed_.notify_all();
}

bool Life::Ended() const {
  const std::lock_guard lock(mutex_);
  return ended_;
}

bool Life::WaitForEnd(std::chrono::milliseconds wait_max) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, wait_max, [this] { return ended_; });
}

}  // namespace realise::crash
