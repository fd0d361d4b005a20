#include "libs/rpc/batch_route.h"

#include <optional>
#include <thread>
#include <utility>

#include "libs/rpc/rpc_status.h"
#include "realise/v1/append_service.grpc.pb.h"

namespace realise {
namespace {

using Slot = AppendOutbox::Slot;
// Shared with the writer's callbacks, which may come after a stream that was cancelled.
using Outbox = std::shared_ptr<AppendOutbox>;

v1::AppendStreamResponse BatchResponse(AppendOutcome outcome) {
  v1::AppendStreamResponse response;
  if (outcome.status.ok()) {
    FillAppendResponse(std::move(outcome), response.mutable_appended());
  } else if (!outcome.refusals.empty()) {
    *response.mutable_refused() = outcome.refusals.front();
    response.set_decided_at(outcome.receipt.ToString());
  } else {
    response.mutable_failed()->set_code(static_cast<int>(outcome.status.code()));
    response.mutable_failed()->set_message(std::string(outcome.status.message()));
  }
  return response;
}

class ToWriter final : public BatchRoute {
 public:
  // The writer is shared with whoever else sends to it.
  ToWriter(std::shared_ptr<LedgerWriter> writer, Outbox outbox)
      : writer_(std::move(writer)), outbox_(std::move(outbox)), route_(outbox_->NewRoute()) {}

  void Send(Slot slot, std::shared_ptr<v1::AppendRequest> append) override {
    writer_->Submit(std::move(append), [slot, route = route_, outbox = outbox_](AppendOutcome outcome) {
      if (outcome.moved) {
        outbox->Break(route);
      } else {
        outbox->Fill(route, slot, BatchResponse(std::move(outcome)));
      }
    });
  }

  grpc::Status End() override { return NotTheWriter(); }

 private:
  const std::shared_ptr<LedgerWriter> writer_;
  const Outbox outbox_;
  const AppendOutbox::Route route_;
};

class ToProcess final : public BatchRoute {
 public:
  ToProcess(Forwarder& forwarder, const grpc::ServerContext& context, const Member& to, Outbox outbox)
      : outbox_(std::move(outbox)), route_(outbox_->NewRoute()), call_(forwarder, context, to) {
    if (!call_.admitted().ok()) {
      outbox_->Break(route_);
      return;
    }
    stream_ = v1::AppendService::NewStub(call_.channel())->AppendStream(&call_.context());
    answers_ = std::thread([this] { Read(); });
  }

  ~ToProcess() override {
    if (answers_.joinable()) Close();
  }

  void Send(Slot slot, std::shared_ptr<v1::AppendRequest> append) override {
    if (stream_ == nullptr) return;
    v1::AppendStreamRequest request;
    request.set_batch_id(slot);
    request.unsafe_arena_set_allocated_append(append.get());
    // If it is not taken, the answers have ended or are about to.
    stream_->Write(request);
    request.unsafe_arena_release_append();
  }

  grpc::Status End() override {
    if (stream_ == nullptr) return call_.admitted();
    return Close();
  }

 private:
  grpc::Status Close() {
    if (moved_) {
      call_.context().TryCancel();
    } else {
      stream_->WritesDone();
    }
    answers_.join();
    const grpc::Status status = stream_->Finish();
    return moved_ ? NotTheWriter() : status;
  }

  void Read() {
    for (v1::AppendStreamResponse response; stream_->Read(&response); response.Clear()) {
      const v1::BatchFailure& failed = response.failed();
      if (response.has_failed() && failed.code() == grpc::StatusCode::UNAVAILABLE &&
          failed.message() == NotTheWriter().error_message()) {
        moved_ = true;
        outbox_->Break(route_);
        continue;
      }
      const Slot slot = response.batch_id();
      outbox_->Fill(route_, slot, std::move(response));
    }
    outbox_->Break(route_);
  }

  const Outbox outbox_;
  const AppendOutbox::Route route_;
  Forwarder::Call call_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::AppendStreamRequest, v1::AppendStreamResponse>> stream_;
  std::atomic<bool> moved_ = false;
  std::thread answers_;
};

}  // namespace

void FillAppendResponse(AppendOutcome outcome, v1::AppendResponse* response) {
  *response->mutable_events() = std::move(outcome.events);
  for (v1::Refusal& refusal : outcome.refusals) *response->add_refusals() = std::move(refusal);
  response->set_receipt(outcome.receipt.ToString());
}

std::unique_ptr<BatchRoute> RouteToWriter(std::shared_ptr<LedgerWriter> writer, Outbox outbox) {
  return std::make_unique<ToWriter>(std::move(writer), std::move(outbox));
}

std::unique_ptr<BatchRoute> RouteToProcess(Forwarder& forwarder, const grpc::ServerContext& context,
                                           const Member& to, Outbox outbox) {
  return std::make_unique<ToProcess>(forwarder, context, to, std::move(outbox));
}

}  // namespace realise
