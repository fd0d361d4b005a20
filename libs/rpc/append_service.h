// gRPC: appending.  Parses, hands over to the ledger's writer, here or in another process, converts the
// outcome.
#pragma once

#include <mutex>
#include <set>

#include "libs/ledger/ledger_writers.h"
#include "libs/rpc/append_outbox.h"
#include "libs/rpc/forwarder.h"
#include "realise/v1/append_service.grpc.pb.h"

namespace realise {

// Thread-safe.  Everything it is given must outlive it.
class AppendServiceImpl final : public v1::AppendService::Service {
 public:
  // `forwarder` is null where no other process writes.
  AppendServiceImpl(LedgerWriters& writers, Forwarder* forwarder)
      : writers_(writers), forwarder_(forwarder) {}

  grpc::Status Append(grpc::ServerContext* context, const v1::AppendRequest* request,
                      v1::AppendResponse* response) override;
  grpc::Status AppendStream(
      grpc::ServerContext* context,
      grpc::ServerReaderWriter<v1::AppendStreamResponse, v1::AppendStreamRequest>* stream) override;

  // Streams take no further batch and end once what they took is answered; so do those that are yet to come.
  void Drain();

 private:
  grpc::Status AppendHere(const v1::AppendRequest& request, v1::AppendResponse* response);

  LedgerWriters& writers_;
  Forwarder* const forwarder_;
  std::mutex mutex_;
  // Below: guarded by mutex_.
  bool draining_ = false;
  std::set<AppendOutbox*> streams_;
};

}  // namespace realise
