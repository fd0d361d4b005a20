// gRPC: the log itself.  Every call reads from the log's own records and judges them anew; no view is looked
// at.
#pragma once

#include "libs/event_log/event_log.h"
#include "realise/v1/log_service.grpc.pb.h"

namespace realise {

// Bytes of one message of a streamed answer, about.
inline constexpr size_t kStreamedBytesMax = 1024 * 1024;

// Thread-safe.  The log must outlive it.
class LogServiceImpl final : public v1::LogService::Service {
 public:
  explicit LogServiceImpl(EventLog& log) : log_(log) {}

  grpc::Status ReadCommits(grpc::ServerContext* context, const v1::ReadCommitsRequest* request,
                           grpc::ServerWriter<v1::ReadCommitsResponse>* writer) override;
  grpc::Status ReadHistory(grpc::ServerContext* context, const v1::ReadHistoryRequest* request,
                           grpc::ServerWriter<v1::ReadHistoryResponse>* writer) override;
  grpc::Status VerifyReceipt(grpc::ServerContext* context, const v1::VerifyReceiptRequest* request,
                             v1::VerifyReceiptResponse* response) override;

 private:
  EventLog& log_;
};

}  // namespace realise
