#include "tests/bench/load_client.h"

#include <google/protobuf/arena.h>

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "libs/base/status_macros.h"
#include "libs/rpc/deadline.h"
#include "libs/rpc/rpc_server.h"
#include "libs/rpc/rpc_status.h"
#include "tests/bench/result_table.h"

namespace realise::bench {
namespace {

constexpr std::chrono::seconds kCallDeadline{30};
constexpr std::chrono::hours kStreamDeadline{1};
constexpr double kFoldedWithinSeconds = 1800;

absl::Status ToStatus(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  const RpcError error = FromGrpcStatus(status);
  return {error.code, error.reason + " " + error.message};
}

template <typename Request, typename Response>
using Question = grpc::Status (v1::QueryService::Stub::*)(grpc::ClientContext*, const Request&, Response*);

template <typename Request, typename Response>
absl::StatusOr<Response> Ask(v1::QueryService::Stub& stub, Question<Request, Response> question,
                             const Request& request) {
  grpc::ClientContext context;
  context.set_deadline(RpcNow() + kCallDeadline);
  Response response;
  RETURN_IF_ERROR(ToStatus((stub.*question)(&context, request, &response)));
  return response;
}

std::shared_ptr<grpc::Channel> Connect(const std::string& address) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMessageBytesMax);
  // Otherwise all clients of this process share one connection.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
}

}  // namespace

LoadClient::LoadClient(const std::string& address)
    : channel_(Connect(address)),
      health_(grpc::health::v1::Health::NewStub(channel_)),
      append_(v1::AppendService::NewStub(channel_)),
      ledger_(v1::LedgerService::NewStub(channel_)),
      query_(v1::QueryService::NewStub(channel_)) {}

absl::Status LoadClient::Check() {
  grpc::ClientContext context;
  context.set_deadline(RpcNow() + kCallDeadline);
  grpc::health::v1::HealthCheckResponse response;
  return ToStatus(health_->Check(&context, {}, &response));
}

absl::Status LoadClient::Create(const std::string& ledger) {
  grpc::ClientContext context;
  context.set_deadline(RpcNow() + kCallDeadline);
  v1::CreateLedgerRequest request;
  request.set_ledger(ledger);
  v1::CreateLedgerResponse response;
  return ToStatus(ledger_->CreateLedger(&context, request, &response));
}

absl::StatusOr<std::string> LoadClient::Append(const v1::AppendRequest& request) {
  grpc::ClientContext context;
  context.set_deadline(RpcNow() + kCallDeadline);
  v1::AppendResponse response;
  RETURN_IF_ERROR(ToStatus(append_->Append(&context, request, &response)));
  return response.receipt();
}

BegunCall<grpc::health::v1::HealthCheckResponse> LoadClient::BeginCheck(grpc::ClientContext& context,
                                                                        grpc::CompletionQueue& done) {
  context.set_deadline(RpcNow() + kCallDeadline);
  return health_->AsyncCheck(&context, {}, &done);
}

BegunCall<v1::AppendResponse> LoadClient::BeginAppend(const v1::AppendRequest& request,
                                                      grpc::ClientContext& context,
                                                      grpc::CompletionQueue& done) {
  context.set_deadline(RpcNow() + kCallDeadline);
  return append_->AsyncAppend(&context, request, &done);
}

// The batches that were taken from the source and are not known to be appended.
struct LoadClient::UnderWay {
  std::mutex mutex;
  std::condition_variable answered;
  // The rest guarded by mutex.
  std::map<uint64_t, Batch> batches;  // by id
  bool ended = false;                 // a batch was not appended, or the stream broke
  std::string problem;
};

absl::StatusOr<double> LoadClient::AppendAll(const BatchSource& batches) {
  UnderWay under_way;
  const Stopwatch watch;
  for (uint64_t before = batches_appended_;; before = batches_appended_) {
    RETURN_IF_ERROR(AppendOnce(batches, under_way));
    if (!under_way.ended) return watch.seconds();
    if (batches_appended_ == before) {
      return absl::InternalError("a batch was not appended: " + under_way.problem);
    }
  }
}

absl::Status LoadClient::AppendOnce(const BatchSource& batches, UnderWay& under_way) {
  grpc::ClientContext context;
  context.set_deadline(RpcNow() + kStreamDeadline);
  const auto stream = append_->AppendStream(&context);
  under_way.ended = false;
  std::vector<Batch> again;
  for (const auto& [id, batch] : under_way.batches) again.push_back(batch);
  std::thread answers([&] {
    while (true) {
      google::protobuf::Arena arena;
      auto& response = *google::protobuf::Arena::CreateMessage<v1::AppendStreamResponse>(&arena);
      if (!stream->Read(&response)) break;
      std::unique_lock lock(under_way.mutex);
      std::map<uint64_t, Batch>::node_type done;
      if (response.has_appended()) {
        done = under_way.batches.extract(response.batch_id());
        last_receipt_ = response.appended().receipt();
        ++batches_appended_;
      } else {
        under_way.ended = true;
        under_way.problem = response.ShortDebugString();
      }
      lock.unlock();
      under_way.answered.notify_one();
    }
    const std::lock_guard lock(under_way.mutex);
    under_way.ended = under_way.ended || !under_way.batches.empty();
    under_way.answered.notify_one();
  });
  bool open = true;
  for (const Batch& batch : again) open = open && stream->Write(*batch);
  while (open) {
    const Batch next = batches();
    if (next == nullptr) break;
    std::unique_lock lock(under_way.mutex);
    under_way.answered.wait(
        lock, [&under_way] { return under_way.ended || under_way.batches.size() < kBatchesUnderWayMax; });
    under_way.batches.emplace(next->batch_id(), next);
    open = !under_way.ended;
    lock.unlock();
    open = open && stream->Write(*next);
  }
  stream->WritesDone();
  answers.join();
  under_way.ended = under_way.ended || !open;
  return ToStatus(stream->Finish());
}

absl::Status LoadClient::Savings(const v1::QuerySavingsRequest& request) {
  ASSIGN_OR_RETURN(const auto response, Ask(*query_, &v1::QueryService::Stub::QuerySavings, request));
  return response.boards().empty() ? absl::InternalError("an answer without a board") : absl::OkStatus();
}

absl::Status LoadClient::Waits(const v1::QueryWaitsRequest& request) {
  ASSIGN_OR_RETURN(const auto response, Ask(*query_, &v1::QueryService::Stub::QueryWaits, request));
  return response.waits().empty() ? absl::InternalError("an answer without waits") : absl::OkStatus();
}

absl::Status LoadClient::BedDays(const v1::QueryBedDaysRequest& request) {
  ASSIGN_OR_RETURN(const auto response, Ask(*query_, &v1::QueryService::Stub::QueryBedDays, request));
  const bool given = !response.boards().empty() && !response.boards(0).measures().empty();
  return given ? absl::OkStatus() : absl::InternalError("an answer without a measure");
}

absl::Status LoadClient::Explain(const v1::ExplainRequest& request) {
  v1::ExplainRequest asked = request;
  return ExplainNext(asked);
}

absl::Status LoadClient::ExplainNext(v1::ExplainRequest& request) {
  ASSIGN_OR_RETURN(const auto response, Ask(*query_, &v1::QueryService::Stub::Explain, request));
  request.set_page_token(response.next_page_token());
  return response.contributions().empty() ? absl::InternalError("an answer without a posting")
                                          : absl::OkStatus();
}

absl::Status LoadClient::WaitUntilFolded(const std::string& ledger, const std::string& receipt) {
  const Stopwatch watch;
  v1::ListBoardsRequest request;
  request.set_ledger(ledger);
  request.mutable_basis()->set_at_least(receipt);
  absl::Status status;
  do {
    grpc::ClientContext context;
    context.set_deadline(RpcNow() + kCallDeadline);
    v1::ListBoardsResponse response;
    status = ToStatus(query_->ListBoards(&context, request, &response));
  } while ((absl::IsDeadlineExceeded(status) || absl::IsNotFound(status)) &&
           watch.seconds() < kFoldedWithinSeconds);
  return status;
}

absl::StatusOr<CallTimes> TimeCalls(int callers, int each,
                                    const std::function<absl::Status(int caller, int number)>& call) {
  const int warm_up = each / 10;
  std::vector<std::vector<double>> seconds(static_cast<size_t>(callers));
  std::vector<double> walls(static_cast<size_t>(callers));
  std::vector<absl::Status> failed(static_cast<size_t>(callers));
  std::vector<std::thread> threads;
  for (int caller = 0; caller < callers; ++caller) {
    threads.emplace_back([&, caller, at = static_cast<size_t>(caller)] {
      Stopwatch wall;
      for (int number = 0; number < each && failed[at].ok(); ++number) {
        if (number == warm_up) wall = Stopwatch();
        const Stopwatch watch;
        failed[at] = call(caller, number);
        if (number >= warm_up) seconds[at].push_back(watch.seconds());
      }
      walls[at] = wall.seconds();
    });
  }
  for (std::thread& thread : threads) thread.join();
  CallTimes times;
  for (size_t at = 0; at < threads.size(); ++at) {
    RETURN_IF_ERROR(failed[at]);
    times.seconds.insert(times.seconds.end(), seconds[at].begin(), seconds[at].end());
    times.wall_seconds = std::max(times.wall_seconds, walls[at]);
  }
  return times;
}

}  // namespace realise::bench
