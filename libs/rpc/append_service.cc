#include "libs/rpc/append_service.h"

#include <future>
#include <utility>

#include "libs/rpc/append_stream.h"
#include "libs/rpc/batch_route.h"
#include "libs/rpc/rpc_status.h"

namespace realise {
namespace {

grpc::Status StatusOf(const AppendOutcome& outcome, const std::string& ledger) {
  if (outcome.moved) return NotTheWriter();
  if (outcome.refusals.empty()) return ToGrpcStatus(outcome.status);
  return ToGrpcStatus(outcome.status, outcome.refusals.front(), ledger, outcome.receipt.ToString());
}

}  // namespace

grpc::Status AppendServiceImpl::Append(grpc::ServerContext* context, const v1::AppendRequest* request,
                                       v1::AppendResponse* response) {
  const auto here = [&] { return AppendHere(*request, response); };
  if (forwarder_ == nullptr) return here();
  return forwarder_->Route(
      *context, request->ledger(), here, [&](const SharedChannel& channel, grpc::ClientContext& forwarded) {
        return v1::AppendService::NewStub(channel)->Append(&forwarded, *request, response);
      });
}

grpc::Status AppendServiceImpl::AppendHere(const v1::AppendRequest& request, v1::AppendResponse* response) {
  const auto writer = writers_.Of(request.ledger());
  if (absl::IsAborted(writer.status())) return NotTheWriter();
  if (!writer.ok()) return ToGrpcStatus(writer.status());
  std::promise<AppendOutcome> promise;
  std::future<AppendOutcome> future = promise.get_future();
  // The writer answers every command within LedgerWriterOptions::answer_within, so this does not wait for
  // ever.
  (*writer)->Submit(request, [&promise](AppendOutcome outcome) { promise.set_value(std::move(outcome)); });
  AppendOutcome outcome = future.get();
  if (!outcome.status.ok()) return StatusOf(outcome, request.ledger());
  FillAppendResponse(std::move(outcome), response);
  return grpc::Status::OK;
}

grpc::Status AppendServiceImpl::AppendStream(
    grpc::ServerContext* context,
    grpc::ServerReaderWriter<v1::AppendStreamResponse, v1::AppendStreamRequest>* stream) {
  realise::AppendStream appending(*context, *stream, writers_, forwarder_);
  {
    const std::lock_guard lock(mutex_);
    streams_.insert(&appending.outbox());
    if (draining_) appending.outbox().Drain();
  }
  grpc::Status status = appending.Run();
  const std::lock_guard lock(mutex_);
  streams_.erase(&appending.outbox());
  return status;
}

void AppendServiceImpl::Drain() {
  const std::lock_guard lock(mutex_);
  draining_ = true;
  for (AppendOutbox* const outbox : streams_) outbox->Drain();
}

}  // namespace realise
