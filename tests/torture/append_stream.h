// A publisher's stream of batches, one under way at a time, opened anew when it is old or has failed.
#pragma once

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "realise/v1/append_service.grpc.pb.h"
#include "tests/torture/fleet_process.h"
#include "tests/torture/history.h"
#include "tests/torture/server_stubs.h"

namespace realise::torture {

// Not thread-safe.
class AppendStream {
 public:
  // A stream lives for `call_max`, and is not used in its second half, so that a batch always has that long.
  explicit AppendStream(std::chrono::milliseconds call_max) : call_max_(call_max) {}
  ~AppendStream() { Close(); }

  AppendStream(const AppendStream&) = delete;
  AppendStream& operator=(const AppendStream&) = delete;

  // Sends one batch and waits for what becomes of it: over the stream that is open, or over a new one to
  // `server`.
  [[nodiscard]] AppendCall Send(ServerStubs& server, const std::string& caller,
                                const v1::AppendRequest& request);

 private:
  void Open(ServerStubs& server);
  void Close();
  AppendCall Ended(AppendCall call);

  const std::chrono::milliseconds call_max_;
  ServerStubs* server_ = nullptr;
  Moment opened_{};
  std::unique_ptr<grpc::ClientContext> context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::AppendStreamRequest, v1::AppendStreamResponse>> stream_;
  uint64_t batches_ = 0;
};

}  // namespace realise::torture
