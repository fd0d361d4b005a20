// One publisher or asker of a real server, over a connection of its own.
#pragma once

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "realise/v1/append_service.grpc.pb.h"
#include "realise/v1/ledger_service.grpc.pb.h"
#include "realise/v1/query_service.grpc.pb.h"
#include "tests/bench/calls_under_way.h"

namespace realise::bench {

// Batches sent over a stream and not answered yet.
inline constexpr size_t kBatchesUnderWayMax = 128;

// On an arena of its own, which the pointer keeps: it is let go of in one piece.
using Batch = std::shared_ptr<v1::AppendStreamRequest>;
// Gives the next batch for a stream; null behind the last.
using BatchSource = std::function<Batch()>;

// Not thread-safe.
class LoadClient {
 public:
  explicit LoadClient(const std::string& address);

  // The empty unary call that all others are compared with.
  [[nodiscard]] absl::Status Check();

  [[nodiscard]] absl::Status Create(const std::string& ledger);
  // Returns the receipt.
  [[nodiscard]] absl::StatusOr<std::string> Append(const v1::AppendRequest& request);
  // The same two, begun and not waited for: for TimeCallsUnderWay.
  [[nodiscard]] BegunCall<grpc::health::v1::HealthCheckResponse> BeginCheck(grpc::ClientContext& context,
                                                                            grpc::CompletionQueue& done);
  [[nodiscard]] BegunCall<v1::AppendResponse> BeginAppend(const v1::AppendRequest& request,
                                                          grpc::ClientContext& context,
                                                          grpc::CompletionQueue& done);
  // Sends all over one stream, and returns the seconds until the last was appended.  What was not is sent
  // again over another, as a publisher does after a time-out.  Keeps kBatchesUnderWayMax at most.
  //   INTERNAL  nothing more is taken: a batch is refused.
  // REQUIRES: batch ids rise.
  [[nodiscard]] absl::StatusOr<double> AppendAll(const BatchSource& batches);
  // Of the batch that AppendAll had appended last.
  const std::string& last_receipt() const { return last_receipt_; }
  // How many batches were appended up to now.  May be asked by any thread.
  uint64_t batches_appended() const { return batches_appended_; }

  [[nodiscard]] absl::Status Savings(const v1::QuerySavingsRequest& request);
  [[nodiscard]] absl::Status Waits(const v1::QueryWaitsRequest& request);
  [[nodiscard]] absl::Status BedDays(const v1::QueryBedDaysRequest& request);
  [[nodiscard]] absl::Status Explain(const v1::ExplainRequest& request);
  // The same, and sets the request to the page behind.
  [[nodiscard]] absl::Status ExplainNext(v1::ExplainRequest& request);
  // Asks for a board's savings until the answer is at `receipt` or behind it.
  [[nodiscard]] absl::Status WaitUntilFolded(const std::string& ledger, const std::string& receipt);

 private:
  struct UnderWay;
  // Sends what is under way, and then more, until there is no more or a batch is not appended.
  absl::Status AppendOnce(const BatchSource& batches, UnderWay& under_way);

  std::shared_ptr<grpc::Channel> channel_;  // gRPC shares it with its stubs
  std::unique_ptr<grpc::health::v1::Health::Stub> health_;
  std::unique_ptr<v1::AppendService::Stub> append_;
  std::unique_ptr<v1::LedgerService::Stub> ledger_;
  std::unique_ptr<v1::QueryService::Stub> query_;
  std::atomic<uint64_t> batches_appended_ = 0;
  std::string last_receipt_;
};

// Calls `call(caller, number)` from as many threads as there are callers, `each` times in each, and times
// every call from the second tenth on: the first tenth warms up.   The first error of any.
[[nodiscard]] absl::StatusOr<CallTimes> TimeCalls(
    int callers, int each, const std::function<absl::Status(int caller, int number)>& call);

}  // namespace realise::bench
