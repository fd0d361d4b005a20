// gRPC: figures.  Waits for the position asked for, takes a snapshot, answers from it.
#pragma once

#include "libs/event_log/event_log.h"
#include "libs/projection/projection.h"
#include "realise/v1/query_service.grpc.pb.h"

namespace realise {

// How long a query waits for `at_least` when its caller set no earlier deadline.
inline constexpr std::chrono::milliseconds kAtLeastWaitMax = std::chrono::seconds(10);

inline constexpr uint32_t kAccountDigestsMax = 1000;

// Thread-safe.  Log and projection must outlive it.
class QueryServiceImpl final : public v1::QueryService::Service {
 public:
  QueryServiceImpl(EventLog& log, const Projection& projection) : log_(log), projection_(projection) {}

  grpc::Status ListBoards(grpc::ServerContext* context, const v1::ListBoardsRequest* request,
                          v1::ListBoardsResponse* response) override;
  grpc::Status QuerySavings(grpc::ServerContext* context, const v1::QuerySavingsRequest* request,
                            v1::QuerySavingsResponse* response) override;
  grpc::Status QueryBedDays(grpc::ServerContext* context, const v1::QueryBedDaysRequest* request,
                            v1::QueryBedDaysResponse* response) override;
  grpc::Status QueryWaits(grpc::ServerContext* context, const v1::QueryWaitsRequest* request,
                          v1::QueryWaitsResponse* response) override;
  grpc::Status GetViewDigest(grpc::ServerContext* context, const v1::GetViewDigestRequest* request,
                             v1::GetViewDigestResponse* response) override;
  grpc::Status ListAccountDigests(grpc::ServerContext* context, const v1::ListAccountDigestsRequest* request,
                                  v1::ListAccountDigestsResponse* response) override;
  grpc::Status Explain(grpc::ServerContext* context, const v1::ExplainRequest* request,
                       v1::ExplainResponse* response) override;

 private:
  EventLog& log_;
  const Projection& projection_;
};

}  // namespace realise
