// One AppendStream call: batches in, answers out, wherever the ledger's writer is and however often it moves.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "libs/ledger/ledger_writers.h"
#include "libs/rpc/append_outbox.h"
#include "libs/rpc/batch_route.h"
#include "libs/rpc/forwarder.h"
#include "realise/v1/append_service.grpc.pb.h"

namespace realise {

// The calling thread reads batches and sends them on; a second one gives the answers and, when the writer has
// moved, sends what is unanswered to the new one, in order.
class AppendStream {
 public:
  using Stream = grpc::ServerReaderWriter<v1::AppendStreamResponse, v1::AppendStreamRequest>;

  // `forwarder` is null where no other process writes.  Everything must outlive it.
  AppendStream(grpc::ServerContext& context, Stream& stream, LedgerWriters& writers, Forwarder* forwarder)
      : context_(context), stream_(stream), writers_(writers), forwarder_(forwarder) {}

  // Until the caller has ended the stream and all is answered, or the first batch finds no writer, or the
  // stream was drained.
  grpc::Status Run();
  // To drain it with.
  AppendOutbox& outbox() { return *outbox_; }

 private:
  grpc::Status ReadOn();
  void Answer();
  grpc::Status Stopping() const;

  // These under route_mutex_.
  bool Send(std::shared_ptr<v1::AppendStreamRequest> request);
  grpc::Status Start(std::shared_ptr<v1::AppendStreamRequest> request);
  grpc::Status Restart();
  grpc::Status Open();

  grpc::ServerContext& context_;
  Stream& stream_;
  LedgerWriters& writers_;
  Forwarder* const forwarder_;
  std::string ledger_;  // of the first batch

  // Shared with the writer's callbacks, which may come after a stream that was cancelled.
  const std::shared_ptr<AppendOutbox> outbox_ = std::make_shared<AppendOutbox>();
  std::mutex route_mutex_;
  std::unique_ptr<BatchRoute> route_;  // under route_mutex_; null if there is no writer to be found
  uint64_t version_ = 0;               // of the placement that it was chosen by; under route_mutex_
  Placement::Time restart_until_{};    // under route_mutex_
};

}  // namespace realise
