#include "libs/rpc/append_service.h"

#include <chrono>
#include <memory>
#include <system_error>
#include <utility>

#include "libs/rpc/rpc_status.h"

namespace realise {
namespace {

grpc::Status Answer(AppendOutcome outcome, const std::string& ledger, v1::AppendResponse* response) {
  if (outcome.status.ok()) {
    FillAppendResponse(std::move(outcome), response);
    return grpc::Status::OK;
  }
  if (outcome.moved) return NotTheWriter();
  if (outcome.refusals.empty()) return ToGrpcStatus(outcome.status);
  return ToGrpcStatus(outcome.status, outcome.refusals.front(), ledger, outcome.receipt.ToString());
}

// Opening a writer reads the ledger to its end.
grpc::Status AppendHere(LedgerWriters& writers, const v1::AppendRequest& request,
                        v1::AppendResponse* response) {
  const auto writer = writers.Of(request.ledger());
  if (absl::IsAborted(writer.status())) return NotTheWriter();
  if (!writer.ok()) return ToGrpcStatus(writer.status());
  std::promise<AppendOutcome> promise;
  std::future<AppendOutcome> future = promise.get_future();
  // The writer answers every command within LedgerWriterOptions::answer_within, so this does not wait for
  // ever.
  (*writer)->Submit(request, [&promise](AppendOutcome outcome) { promise.set_value(std::move(outcome)); });
  return Answer(future.get(), request.ledger(), response);
}

// A call to another process.
struct PassedOn {
  PassedOn(Forwarder& forwarder, const grpc::ServerContext& from, const Member& to)
      : call(forwarder, from, to) {
    if (call.admitted().ok()) stub = v1::AppendService::NewStub(call.channel());
  }

  Forwarder::Call call;
  std::unique_ptr<v1::AppendService::Stub> stub;  // null if it must not be made
};

}  // namespace

void AppendServiceImpl::Append(AppendCall& call) {
  const std::string& ledger = call.request().ledger();
  if (const auto writer = writers_.IfOpen(ledger)) return Submit(*writer, call);
  const Place place = PlaceOf(ledger);
  if (place.where == Where::kDamaged) {
    call.Finish(LedgerDamaged(ledger, place.owner));
  } else if (place.where != Where::kHere && IsForwarded(call.context())) {
    call.Finish(NotTheWriter());
  } else if (place.where == Where::kElsewhere) {
    PassOn(call, place.owner);
  } else {
    Wait(call, ToGrpcStatus(absl::ResourceExhaustedError(
                   "too many appends wait for their writers at the moment; nothing was appended, send again "
                   "later")));
  }
}

Place AppendServiceImpl::PlaceOf(const std::string& ledger) const {
  return forwarder_ == nullptr ? Place{.where = Where::kHere} : forwarder_->placement().Of(ledger);
}

void AppendServiceImpl::Submit(LedgerWriter& writer, AppendCall& call) {
  writer.Submit(call.request(), [this, &call](AppendOutcome outcome) {
    const bool moved = outcome.moved;
    const grpc::Status status = Answer(std::move(outcome), call.request().ledger(), call.response());
    moved ? TryAgain(call, status) : call.Finish(status);
  });
}

void AppendServiceImpl::PassOn(AppendCall& call, const Member& owner) {
  auto started = std::make_unique<PassedOn>(*forwarder_, call.context(), owner);
  if (const grpc::Status admitted = started->call.admitted(); !admitted.ok()) {
    started.reset();
    return call.Finish(admitted);
  }
  PassedOn& there = *started;
  // Shared with gRPC, which copies what it calls.
  const auto passed_on = std::make_shared<std::unique_ptr<PassedOn>>(std::move(started));
  there.stub->async()->Append(&there.call.context(), &call.request(), call.response(),
                              [this, &call, passed_on](const grpc::Status& status) {
                                // The forwarder may be gone once the call is finished.
                                passed_on->reset();
                                TryAgain(call, status);
                              });
}

// `status` is what the first try ended with.
void AppendServiceImpl::TryAgain(AppendCall& call, const grpc::Status& status) {
  const bool again = forwarder_ != nullptr && !IsForwarded(call.context()) && WorthAnotherTry(status) &&
                     !call.context().IsCancelled() && !forwarder_->IsLastToLeave(call.request().ledger());
  again ? Wait(call, status) : call.Finish(status);
}

// On a thread of its own.  `otherwise` is the answer if there are too many.
void AppendServiceImpl::Wait(AppendCall& call, const grpc::Status& otherwise) {
  const auto append = [this, &call] {
    const grpc::Status status = AppendSomewhere(call);
    // Behind Finish this may be gone, and whoever began the thread is to be done with it.
    { const std::lock_guard lock(waiting_mutex_); }
    call.Finish(status);
  };
  const auto is_done = [](const std::future<void>& waiting) {
    return waiting.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
  };
  {
    const std::lock_guard lock(waiting_mutex_);
    while (!waiting_.empty() && is_done(waiting_.front())) waiting_.pop_front();
    if (waiting_.size() >= kCallsWaitingMax) waiting_.remove_if(is_done);
    if (waiting_.size() < kCallsWaitingMax) {
      try {
        waiting_.push_back(std::async(std::launch::async, append));
        return;
      } catch (const std::system_error&) {
        // The process may have no more threads.
      }
    }
  }
  call.Finish(otherwise);
}

grpc::Status AppendServiceImpl::AppendSomewhere(AppendCall& call) {
  const auto here = [&] { return AppendHere(writers_, call.request(), call.response()); };
  if (forwarder_ == nullptr) return here();
  return forwarder_->Route(call.context(), call.request().ledger(), here,
                           [&](const SharedChannel& channel, grpc::ClientContext& forwarded) {
                             return v1::AppendService::NewStub(channel)->Append(&forwarded, call.request(),
                                                                                call.response());
                           });
}

grpc::Status AppendServiceImpl::AppendStream(grpc::ServerContext* context,
                                             realise::AppendStream::Stream* stream) {
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
