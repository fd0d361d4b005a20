// gRPC: single appends as they come in.
#pragma once

#include <grpcpp/grpcpp.h>

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "realise/v1/append_service.grpc.pb.h"

namespace realise {

// A single append until it is finished, by whichever thread, once; it is gone then.
class AppendCall {
 public:
  virtual ~AppendCall() = default;
  virtual const grpc::ServerContext& context() const = 0;
  virtual const v1::AppendRequest& request() const = 0;
  virtual v1::AppendResponse* response() = 0;
  virtual void Finish(const grpc::Status& status) = 0;
};

// One thread takes calls from gRPC and hands them on.  With gRPC's callback API two threads would, and wake
// each other for every call.  Thread-safe.
class AppendCalls {
 public:
  using Service = v1::AppendService::WithAsyncMethod_Append<v1::AppendService::Service>;

  // `take` must not wait; it is called on the one thread, and sees to it that the call is finished.  `queue`
  // is of the server that `service` is registered with, and that was started.
  AppendCalls(Service& service, std::unique_ptr<grpc::ServerCompletionQueue> queue,
              std::function<void(AppendCall&)> take);
  // Waits until all calls are finished.  The server must have been shut down.
  ~AppendCalls();
  AppendCalls(const AppendCalls&) = delete;
  AppendCalls& operator=(const AppendCalls&) = delete;

 private:
  class Call;
  struct Tag;

  void AskForNext();
  void Run();
  void Came(Call& call);
  void Ended(Call& call);

  Service& service_;
  const std::unique_ptr<grpc::ServerCompletionQueue> queue_;
  const std::function<void(AppendCall&)> take_;

  std::mutex mutex_;
  std::condition_variable ended_;
  size_t under_way_ = 0;  // guarded by mutex_

  std::thread thread_;
};

}  // namespace realise
