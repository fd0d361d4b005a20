#include "libs/rpc/append_service.h"

#include <chrono>
#include <future>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include "libs/rpc/rpc_status.h"

namespace realise {
namespace {

// An idle stream is cut off so long after a drain began.
constexpr std::chrono::milliseconds kIdleStreamWait(500);

void FillResponse(AppendOutcome outcome, v1::AppendResponse* response) {
  for (v1::Appended& event : outcome.events) *response->add_events() = std::move(event);
  for (v1::Refusal& refusal : outcome.refusals) *response->add_refusals() = std::move(refusal);
  response->set_receipt(outcome.receipt.ToString());
}

grpc::Status StatusOf(const AppendOutcome& outcome, const std::string& ledger) {
  if (outcome.refusals.empty()) return ToGrpcStatus(outcome.status);
  return ToGrpcStatus(outcome.status, outcome.refusals.front(), ledger, outcome.receipt.ToString());
}

v1::AppendStreamResponse BatchResponse(uint64_t batch_id, AppendOutcome outcome) {
  v1::AppendStreamResponse response;
  response.set_batch_id(batch_id);
  if (outcome.status.ok()) {
    FillResponse(std::move(outcome), response.mutable_appended());
  } else if (!outcome.refusals.empty()) {
    *response.mutable_refused() = outcome.refusals.front();
    response.set_decided_at(outcome.receipt.ToString());
  } else {
    response.mutable_failed()->set_code(static_cast<int>(outcome.status.code()));
    response.mutable_failed()->set_message(std::string(outcome.status.message()));
  }
  return response;
}

grpc::Status Stopping() {
  return ToGrpcStatus(absl::UnavailableError("this process is stopping; send what is not answered again"));
}

using AppendStreamRw = grpc::ServerReaderWriter<v1::AppendStreamResponse, v1::AppendStreamRequest>;

// Reads batches and hands them over, until the caller ends the stream, or something about it is wrong.
grpc::Status ReadBatches(AppendStreamRw& stream, LedgerWriters& writers,
                         const std::shared_ptr<AppendOutbox>& outbox) {
  std::shared_ptr<LedgerWriter> writer;  // shared with `writers`, which may replace it
  std::string ledger;
  v1::AppendStreamRequest request;
  while (stream.Read(&request)) {
    if (outbox->draining()) return Stopping();
    v1::AppendRequest& append = *request.mutable_append();
    if (writer == nullptr) {
      auto opened = writers.Of(append.ledger());
      if (!opened.ok()) return ToGrpcStatus(opened.status());
      writer = *std::move(opened);
      ledger = append.ledger();
    } else if (append.ledger() != ledger) {
      return ToGrpcStatus(
          absl::InvalidArgumentError("append.ledger: one stream is for one ledger; open another stream"));
    }
    const uint64_t batch_id = request.batch_id();
    const uint64_t slot = outbox->Reserve(append.ByteSizeLong());
    writer->Submit(std::move(append), [batch_id, slot, outbox](AppendOutcome outcome) {
      outbox->Fill(slot, BatchResponse(batch_id, std::move(outcome)));
    });
  }
  return grpc::Status::OK;
}

}  // namespace

grpc::Status AppendServiceImpl::Append(grpc::ServerContext* /*context*/, const v1::AppendRequest* request,
                                       v1::AppendResponse* response) {
  const auto writer = writers_.Of(request->ledger());
  if (!writer.ok()) return ToGrpcStatus(writer.status());
  std::promise<AppendOutcome> promise;
  std::future<AppendOutcome> future = promise.get_future();
  // The writer answers every command within LedgerWriterOptions::answer_within, so this does not wait for
  // ever.
  (*writer)->Submit(*request, [&promise](AppendOutcome outcome) { promise.set_value(std::move(outcome)); });
  AppendOutcome outcome = future.get();
  if (!outcome.status.ok()) return StatusOf(outcome, request->ledger());
  FillResponse(std::move(outcome), response);
  return grpc::Status::OK;
}

grpc::Status AppendServiceImpl::AppendStream(grpc::ServerContext* context, AppendStreamRw* stream) {
  // Shared with the writer's callbacks, which may come after a stream that was cancelled.
  const auto outbox = std::make_shared<AppendOutbox>();
  if (!AddStream(outbox)) return Stopping();
  std::thread answers([context, stream, outbox] {
    // A caller that went away gets no more answers, but what it sent is decided all the same.
    while (auto response = outbox->Next()) stream->Write(*response);
    // All that was taken is answered; nothing else wakes a stream that waits for an idle caller.
    if (!outbox->AwaitNoMore(kIdleStreamWait)) context->TryCancel();
  });
  grpc::Status read = ReadBatches(*stream, writers_, outbox);
  outbox->NoMore();
  answers.join();
  RemoveStream(outbox);
  return read;
}

bool AppendServiceImpl::AddStream(const std::shared_ptr<AppendOutbox>& outbox) {
  const std::lock_guard lock(mutex_);
  if (!draining_) streams_.insert(outbox);
  return !draining_;
}

void AppendServiceImpl::RemoveStream(const std::shared_ptr<AppendOutbox>& outbox) {
  const std::lock_guard lock(mutex_);
  streams_.erase(outbox);
}

void AppendServiceImpl::Drain() {
  const std::lock_guard lock(mutex_);
  draining_ = true;
  for (const auto& outbox : streams_) outbox->Drain();
}

}  // namespace realise
