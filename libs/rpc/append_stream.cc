#include "libs/rpc/append_stream.h"

#include <google/protobuf/arena.h>

#include <thread>
#include <utility>

#include "libs/rpc/rpc_status.h"

namespace realise {
namespace {

using Time = Placement::Time;

Time Now() { return std::chrono::steady_clock::now(); }

// An idle stream is cut off so long after a drain began.
constexpr std::chrono::milliseconds kIdleStreamWait(500);

// On an arena of its own, which the pointer keeps: the thousands of small pieces of a batch are made and let
// go of together, by two threads that would otherwise hand each back to the other's heap.
std::shared_ptr<v1::AppendStreamRequest> NewRequest() {
  google::protobuf::ArenaOptions options;
  options.start_block_size = 4 * 1024;
  options.max_block_size = 256 * 1024;
  auto arena = std::make_shared<google::protobuf::Arena>(options);
  auto* request = google::protobuf::Arena::CreateMessage<v1::AppendStreamRequest>(arena.get());
  return {std::move(arena), request};
}

v1::BatchFailure FailureOf(const grpc::Status& status) {
  v1::BatchFailure failure;
  failure.set_code(status.error_code());
  failure.set_message(status.error_message());
  return failure;
}

}  // namespace

grpc::Status AppendStream::Run() {
  std::shared_ptr<v1::AppendStreamRequest> first = NewRequest();
  if (!stream_.Read(first.get())) return grpc::Status::OK;
  ledger_ = first->append().ledger();
  {
    const std::lock_guard lock(route_mutex_);
    grpc::Status started = Start(std::move(first));
    if (!started.ok()) return started;
  }
  std::thread answers([this] { Answer(); });
  grpc::Status read = ReadOn();
  outbox_->NoMore();
  answers.join();
  return read;
}

grpc::Status AppendStream::ReadOn() {
  while (true) {
    std::shared_ptr<v1::AppendStreamRequest> request = NewRequest();
    if (!stream_.Read(request.get())) return grpc::Status::OK;
    if (request->append().ledger() != ledger_) {
      return ToGrpcStatus(
          absl::InvalidArgumentError("append.ledger: one stream is for one ledger; open another stream"));
    }
    outbox_->AwaitRoom();
    const std::lock_guard lock(route_mutex_);
    if (!Send(std::move(request))) return Stopping();
  }
}

// Whoever passed the stream on is to go on elsewhere.
grpc::Status AppendStream::Stopping() const {
  if (IsForwarded(context_)) return NotTheWriter();
  return ToGrpcStatus(absl::UnavailableError("this process is stopping; send what is not answered again"));
}

// False once the stream drains.
bool AppendStream::Send(std::shared_ptr<v1::AppendStreamRequest> request) {
  v1::AppendRequest* const append = request->mutable_append();
  // Where the writer cannot move, nothing has to be sent twice.
  const auto slot = outbox_->Add(request->batch_id(), append->ByteSizeLong(),
                                 forwarder_ == nullptr ? v1::AppendRequest() : *append);
  if (!slot) return false;
  if (route_ == nullptr) {
    outbox_->Break();
  } else {
    route_->Send(*slot, {std::move(request), append});
  }
  return true;
}

// A caller that went away gets no more answers, but what it sent is decided all the same.
void AppendStream::Answer() {
  while (true) {
    switch (outbox_->Await()) {
      case AppendOutbox::Event::kAnswer:
        stream_.Write(outbox_->Take());
        break;
      case AppendOutbox::Event::kBroken: {
        const std::lock_guard lock(route_mutex_);
        grpc::Status status = Restart();
        if (!status.ok()) outbox_->FailAll(FailureOf(status));
        break;
      }
      case AppendOutbox::Event::kEnd:
        // All that was taken is answered; nothing else wakes a stream that waits for an idle caller.
        if (!outbox_->AwaitNoMore(kIdleStreamWait)) context_.TryCancel();
        return;
    }
  }
}

// Sends the first batch.  If another process has to answer it, waits for that, so that an error which ends
// the stream there ends it here as well, with all that it says.
grpc::Status AppendStream::Start(std::shared_ptr<v1::AppendStreamRequest> request) {
  grpc::Status opened = Open();
  if (!opened.ok() && (forwarder_ == nullptr || !WorthAnotherTry(opened))) return opened;
  if (!Send(std::move(request))) return Stopping();
  if (forwarder_ == nullptr) return grpc::Status::OK;
  while (outbox_->Await() == AppendOutbox::Event::kBroken) {
    grpc::Status status = Restart();
    if (!status.ok()) return status;
  }
  return grpc::Status::OK;
}

// Finds the writer and sends it what is unanswered.
grpc::Status AppendStream::Restart() {
  grpc::Status status = NotTheWriter();
  if (route_ != nullptr) {
    status = route_->End();
    route_.reset();
    // A process that ends a stream in good order while answers are missing is about to go.
    if (status.ok()) status = NotTheWriter();
  }
  // Whoever passed the stream on sends all that is unanswered again.  Taken up here once more, a later batch
  // might be recorded before an earlier one that was already given back.
  if (IsForwarded(context_)) return status;
  // A standstill ends; as long as something is answered, there is no hurry.
  const bool progress = outbox_->TakeProgress();
  if (progress || restart_until_ == Time{}) restart_until_ = RouteUntil(context_);
  bool wait = !progress;
  while (forwarder_ != nullptr && WorthAnotherTry(status) && !context_.IsCancelled() &&
         Now() < restart_until_) {
    if (wait) forwarder_->AwaitChange(version_, restart_until_);
    wait = true;
    status = Open();
    if (status.ok()) {
      for (AppendOutbox::Unanswered& batch : outbox_->AllUnanswered()) {
        route_->Send(batch.slot, std::make_shared<v1::AppendRequest>(std::move(batch.append)));
      }
      return status;
    }
    if (forwarder_->IsLastToLeave(ledger_)) return status;
  }
  return status;
}

// Opens a way to the writer.   NOT_THE_WRITER  none is known now.   DATA_LOSS  there is to be none.
grpc::Status AppendStream::Open() {
  Place place{.where = Where::kHere};
  if (forwarder_ != nullptr) {
    version_ = forwarder_->placement().Version();
    place = forwarder_->placement().Of(ledger_);
  }
  if (place.where == Where::kHere) {
    auto writer = writers_.Of(ledger_);
    if (absl::IsAborted(writer.status())) return NotTheWriter();
    if (!writer.ok()) return ToGrpcStatus(writer.status());
    route_ = RouteToWriter(*std::move(writer), outbox_);
  } else if (place.where == Where::kElsewhere && !IsForwarded(context_)) {
    route_ = RouteToProcess(*forwarder_, context_, place.owner, outbox_);
  } else {
    return place.where == Where::kDamaged ? LedgerDamaged(ledger_, place.owner) : NotTheWriter();
  }
  return grpc::Status::OK;
}

}  // namespace realise
