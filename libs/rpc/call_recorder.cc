#include "libs/rpc/call_recorder.h"

#include <chrono>
#include <string>

namespace realise {
namespace {

using grpc::experimental::InterceptionHookPoints;

// One call's: it lives as long as the call.
class CallRecorder final : public grpc::experimental::Interceptor {
 public:
  CallRecorder(RpcCalls& calls, const char* method) : calls_(calls), method_(method) { calls_.Begin(); }
  ~CallRecorder() override {
    calls_.End(
        method_, code_,
        std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begin_));
  }
  CallRecorder(const CallRecorder&) = delete;
  CallRecorder& operator=(const CallRecorder&) = delete;

  void Intercept(grpc::experimental::InterceptorBatchMethods* methods) override {
    if (methods->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_STATUS)) {
      code_ = methods->GetSendStatus().error_code();
    }
    methods->Proceed();
  }

 private:
  RpcCalls& calls_;
  const std::string method_;
  const std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  int code_ = grpc::StatusCode::CANCELLED;  // unless a status is sent
};

class CallRecorders final : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  explicit CallRecorders(RpcCalls& calls) : calls_(calls) {}

  // gRPC deletes it behind the call.
  grpc::experimental::Interceptor* CreateServerInterceptor(grpc::experimental::ServerRpcInfo* info) override {
    return std::make_unique<CallRecorder>(calls_, info->method()).release();
  }

 private:
  RpcCalls& calls_;
};

}  // namespace

std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>> RecordCallsIn(
    RpcCalls& calls) {
  std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>> recorders;
  recorders.push_back(std::make_unique<CallRecorders>(calls));
  return recorders;
}

}  // namespace realise
