#include "libs/rpc/query_service.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "fmt/format.h"
#include "libs/base/status_macros.h"
#include "libs/event_log/commit.h"
#include "libs/projection/answers.h"
#include "libs/rpc/deadline.h"
#include "libs/rpc/rpc_status.h"
#include "realise/v1/commit.pb.h"

namespace realise {
namespace {

std::chrono::milliseconds TimeLeft(const grpc::ServerContext& context) {
  const auto left = context.deadline() - RpcNow();
  return std::clamp(std::chrono::duration_cast<std::chrono::milliseconds>(left), std::chrono::milliseconds(0),
                    kAtLeastWaitMax);
}

absl::Status WaitForAtLeast(const Projection& projection, const std::string& ledger, const Receipt& at_least,
                            std::chrono::milliseconds wait_max) {
  RETURN_IF_ERROR(projection.WaitFor(ledger, at_least.sequence, wait_max));
  if (!at_least.digest) return absl::OkStatus();
  ASSIGN_OR_RETURN(const auto source, projection.Snapshot(ledger));
  // Empty commits share their end with the one before: a receipt of any of them is this ledger's.
  const auto ends = source->CommitsEndingAt(at_least.sequence);
  if (ends.ok() && std::ranges::find(*ends, *at_least.digest, &CommitEnd::digest) != ends->end()) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(fmt::format(
      "RECEIPT_MISMATCH: basis.at_least names another history than this ledger's at {}; verify the receipt",
      at_least.sequence));
}

absl::StatusOr<std::unique_ptr<FigureSource>> SourceFor(const Projection& projection,
                                                        const std::string& ledger, const v1::Basis& basis,
                                                        std::chrono::milliseconds wait_max) {
  if (!basis.at_least().empty()) {
    const auto at_least = Receipt::Parse(basis.at_least());
    if (!at_least || at_least->ledger != ledger) {
      return absl::InvalidArgumentError(
          "basis.at_least: has to be a position or a receipt of this ledger, RH5@1234");
    }
    RETURN_IF_ERROR(WaitForAtLeast(projection, ledger, *at_least, wait_max));
  }
  return projection.Snapshot(ledger);
}

template <typename Request, typename Response>
using Answer = absl::StatusOr<Response> (*)(const FigureSource&, const Request&);

template <typename Request, typename Response>
grpc::Status Handle(const Projection& projection, const grpc::ServerContext& context, const Request& request,
                    Answer<Request, Response> answer, Response* response) {
  const auto source = SourceFor(projection, request.ledger(), request.basis(), TimeLeft(context));
  if (!source.ok()) return ToGrpcStatus(source.status());
  auto answered = answer(**source, request);
  if (!answered.ok()) return ToGrpcStatus(answered.status());
  *response = *std::move(answered);
  return grpc::Status::OK;
}

// Finds events through their commits, reading each commit of a page once.
class LogLookup {
 public:
  LogLookup(EventLog& log, const FigureSource& source) : log_(log), source_(source) {}

  absl::StatusOr<RecordedEvent> operator()(Sequence sequence) {
    if (!loaded_ || sequence < header_.first_sequence || sequence > header_.LastSequence()) {
      RETURN_IF_ERROR(Load(sequence));
    }
    return RecordedEvent{.event = body_.events(static_cast<int>(sequence - header_.first_sequence)),
                         .recorded_at = header_.recorded_at};
  }

 private:
  absl::Status Load(Sequence sequence) {
    ASSIGN_OR_RETURN(const CommitEnd end, source_.CommitHolding(sequence));
    ASSIGN_OR_RETURN(const LogRecord record, log_.ReadAt(source_.ledger(), end.address));
    const auto commit = DecodeCommit(record.stored);
    if (!commit || !body_.ParseFromArray(commit->body.data(), static_cast<int>(commit->body.size())) ||
        sequence < commit->header.first_sequence ||
        sequence - commit->header.first_sequence >= static_cast<Sequence>(body_.events_size())) {
      return absl::DataLossError(
          fmt::format("the commit that holds {} is not where the view says; check the log", sequence));
    }
    header_ = commit->header;
    loaded_ = true;
    return absl::OkStatus();
  }

  EventLog& log_;
  const FigureSource& source_;
  CommitHeader header_;
  v1::CommitBody body_;
  bool loaded_ = false;
};

}  // namespace

grpc::Status QueryServiceImpl::ListBoards(grpc::ServerContext* context, const v1::ListBoardsRequest* request,
                                          v1::ListBoardsResponse* response) {
  return Handle(projection_, *context, *request, &AnswerBoards, response);
}

grpc::Status QueryServiceImpl::QuerySavings(grpc::ServerContext* context,
                                            const v1::QuerySavingsRequest* request,
                                            v1::QuerySavingsResponse* response) {
  return Handle(projection_, *context, *request, &AnswerSavings, response);
}

grpc::Status QueryServiceImpl::QueryBedDays(grpc::ServerContext* context,
                                            const v1::QueryBedDaysRequest* request,
                                            v1::QueryBedDaysResponse* response) {
  return Handle(projection_, *context, *request, &AnswerBedDays, response);
}

grpc::Status QueryServiceImpl::QueryWaits(grpc::ServerContext* context, const v1::QueryWaitsRequest* request,
                                          v1::QueryWaitsResponse* response) {
  return Handle(projection_, *context, *request, &AnswerWaits, response);
}

grpc::Status QueryServiceImpl::Explain(grpc::ServerContext* context, const v1::ExplainRequest* request,
                                       v1::ExplainResponse* response) {
  const auto source = SourceFor(projection_, request->ledger(), request->basis(), TimeLeft(*context));
  if (!source.ok()) return ToGrpcStatus(source.status());
  LogLookup lookup(log_, **source);
  auto answered =
      AnswerExplain(**source, *request, [&lookup](Sequence sequence) { return lookup(sequence); });
  if (!answered.ok()) return ToGrpcStatus(answered.status());
  *response = *std::move(answered);
  return grpc::Status::OK;
}

}  // namespace realise
