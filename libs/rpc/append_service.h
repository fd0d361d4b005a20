// gRPC: appending.  Parses, hands over to the ledger's writer, converts the outcome.
#pragma once

#include "libs/ledger/ledger_writers.h"
#include "realise/v1/append_service.grpc.pb.h"

namespace realise {

// Of one stream: batches that are not yet answered.  Beyond either, the stream is no longer read.
inline constexpr size_t kStreamBatchesMax = 64;
inline constexpr size_t kStreamBytesMax = 8 * 1024 * 1024;

// Thread-safe.  The writers must outlive it.
class AppendServiceImpl final : public v1::AppendService::Service {
 public:
  explicit AppendServiceImpl(LedgerWriters& writers) : writers_(writers) {}

  grpc::Status Append(grpc::ServerContext* context, const v1::AppendRequest* request,
                      v1::AppendResponse* response) override;
  grpc::Status AppendStream(
      grpc::ServerContext* context,
      grpc::ServerReaderWriter<v1::AppendStreamResponse, v1::AppendStreamRequest>* stream) override;

 private:
  LedgerWriters& writers_;
};

}  // namespace realise
