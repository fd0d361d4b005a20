// gRPC: appending.  Parses, hands over to the ledger's writer, converts the outcome.
#pragma once

#include <memory>
#include <mutex>
#include <set>

#include "libs/ledger/ledger_writers.h"
#include "libs/rpc/append_outbox.h"
#include "realise/v1/append_service.grpc.pb.h"

namespace realise {

// Thread-safe.  The writers must outlive it.
class AppendServiceImpl final : public v1::AppendService::Service {
 public:
  explicit AppendServiceImpl(LedgerWriters& writers) : writers_(writers) {}

  grpc::Status Append(grpc::ServerContext* context, const v1::AppendRequest* request,
                      v1::AppendResponse* response) override;
  grpc::Status AppendStream(
      grpc::ServerContext* context,
      grpc::ServerReaderWriter<v1::AppendStreamResponse, v1::AppendStreamRequest>* stream) override;

  // Streams take no further batch and end once what they took is answered; so do those that are yet to come.
  void Drain();

 private:
  bool AddStream(const std::shared_ptr<AppendOutbox>& outbox);
  void RemoveStream(const std::shared_ptr<AppendOutbox>& outbox);

  LedgerWriters& writers_;
  std::mutex mutex_;
  // Below: guarded by mutex_.
  bool draining_ = false;
  // Shared with the writers' callbacks, which may come after a stream that was cancelled.
  std::set<std::shared_ptr<AppendOutbox>> streams_;
};

}  // namespace realise
