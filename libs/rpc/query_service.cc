#include "libs/rpc/query_service.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

#include "fmt/format.h"
#include "libs/base/status_macros.h"
#include "libs/projection/answers.h"
#include "libs/rpc/deadline.h"
#include "libs/rpc/event_lookup.h"
#include "libs/rpc/rpc_status.h"

namespace realise {
namespace {

std::chrono::milliseconds TimeLeft(const grpc::ServerContext& context) {
  const auto left = context.deadline() - RpcNow();
  return std::clamp(std::chrono::duration_cast<std::chrono::milliseconds>(left), std::chrono::milliseconds(0),
                    kAtLeastWaitMax);
}

absl::StatusOr<std::unique_ptr<FigureSource>> SourceFor(const Projection& projection,
                                                        const grpc::ServerContext& context,
                                                        const std::string& ledger, const v1::Basis& basis) {
  if (!basis.at_least().empty()) {
    const auto at_least = Receipt::Parse(basis.at_least());
    if (!at_least || at_least->ledger != ledger) {
      return absl::InvalidArgumentError(
          "basis.at_least: has to be a position or a receipt of this ledger, RH5@1234");
    }
    RETURN_IF_ERROR(projection.WaitFor(*at_least, TimeLeft(context)));
  }
  ASSIGN_OR_RETURN(auto source, projection.Snapshot(ledger));
  // Where the fold ends, the commit that a receipt names may be still to come: it may be an empty one.
  const auto as_at = Receipt::Parse(basis.position());
  if (!as_at || as_at->ledger != ledger || as_at->sequence != source->Latest().sequence) return source;
  source.reset();
  RETURN_IF_ERROR(projection.WaitFor(*as_at, TimeLeft(context)));
  return projection.Snapshot(ledger);
}

template <typename Request, typename Response>
using Answer = absl::StatusOr<Response> (*)(const FigureSource&, const Request&);

template <typename Request, typename Response>
grpc::Status Handle(const Projection& projection, const grpc::ServerContext& context, const Request& request,
                    Answer<Request, Response> answer, Response* response) {
  const auto source = SourceFor(projection, context, request.ledger(), request.basis());
  if (!source.ok()) return ToGrpcStatus(source.status());
  auto answered = answer(**source, request);
  if (!answered.ok()) return ToGrpcStatus(answered.status());
  *response = *std::move(answered);
  return grpc::Status::OK;
}

// Ends what takes long once nobody waits for it.
GoesOn WhileAwaited(const grpc::ServerContext& context) {
  return [&context] {
    return context.IsCancelled() ? absl::CancelledError("nobody waits for the digest any longer")
                                 : absl::OkStatus();
  };
}

absl::Status DigestInto(const Projection& projection, const grpc::ServerContext& context,
                        const v1::GetViewDigestRequest& request, v1::GetViewDigestResponse& response) {
  ViewDigestScope scope{.position = std::nullopt, .without_accounts = request.without_accounts()};
  if (!request.position().empty()) {
    scope.position = Receipt::Parse(request.position());
    if (!scope.position || scope.position->ledger != request.ledger()) {
      return absl::InvalidArgumentError(
          "position: has to be a position or a receipt of this ledger, RH5@1234");
    }
    RETURN_IF_ERROR(projection.WaitFor(*scope.position, TimeLeft(context)));
  }
  ASSIGN_OR_RETURN(const ViewDigest digest,
                   projection.DigestOf(request.ledger(), scope, WhileAwaited(context)));
  response.set_receipt(Receipt{request.ledger(), digest.end.sequence, digest.end.digest}.ToString());
  response.set_fold_version(digest.fold_version);
  response.set_digest(ToHex(digest.Whole().view()));
  response.set_commits(ToHex(digest.commits.view()));
  response.set_facts(ToHex(digest.facts.view()));
  response.set_accounts(ToHex(digest.accounts.view()));
  response.set_account_count(digest.account_count);
  return absl::OkStatus();
}

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

grpc::Status QueryServiceImpl::GetViewDigest(grpc::ServerContext* context,
                                             const v1::GetViewDigestRequest* request,
                                             v1::GetViewDigestResponse* response) {
  return ToGrpcStatus(DigestInto(projection_, *context, *request, *response));
}

grpc::Status QueryServiceImpl::ListAccountDigests(grpc::ServerContext* context,
                                                  const v1::ListAccountDigestsRequest* request,
                                                  v1::ListAccountDigestsResponse* response) {
  if (request->page_size() > kAccountDigestsMax) {
    return ToGrpcStatus(
        absl::InvalidArgumentError(fmt::format("page_size: is at most {}", kAccountDigestsMax)));
  }
  const AccountDigestScope scope{
      .up_to = request->sequence(),
      .only = request->account(),
      .after = request->after(),
      .count_max = request->page_size() == 0 ? kAccountDigestsMax : request->page_size()};
  const auto digests = projection_.AccountDigestsOf(request->ledger(), scope, WhileAwaited(*context));
  if (!digests.ok()) return ToGrpcStatus(digests.status());
  for (const AccountDigest& digest : *digests) {
    v1::AccountDigest& account = *response->add_accounts();
    account.set_account(digest.account);
    account.set_digest(ToHex(digest.digest.view()));
  }
  return grpc::Status::OK;
}

grpc::Status QueryServiceImpl::Explain(grpc::ServerContext* context, const v1::ExplainRequest* request,
                                       v1::ExplainResponse* response) {
  const auto source = SourceFor(projection_, *context, request->ledger(), request->basis());
  if (!source.ok()) return ToGrpcStatus(source.status());
  auto answered = AnswerExplain(**source, *request, [&](const std::vector<Sequence>& sequences) {
    return LookUpEvents(log_, **source, sequences);
  });
  if (!answered.ok()) return ToGrpcStatus(answered.status());
  *response = *std::move(answered);
  return grpc::Status::OK;
}

}  // namespace realise
