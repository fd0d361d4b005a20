#include "libs/rpc/append_service.h"

#include <chrono>
#include <future>
#include <list>
#include <system_error>
#include <utility>

#include "libs/rpc/batch_route.h"
#include "libs/rpc/rpc_status.h"
#include "realise/v1/append_service.grpc.pb.h"

namespace realise {
namespace {

grpc::Status NoWriter(const absl::Status& why) {
  return absl::IsAborted(why) ? NotTheWriter() : ToGrpcStatus(why);
}

grpc::Status Answer(AppendOutcome outcome, const std::string& ledger, v1::AppendResponse* response) {
  if (outcome.status.ok()) {
    FillAppendResponse(std::move(outcome), response);
    return grpc::Status::OK;
  }
  if (outcome.moved) return NotTheWriter();
  if (outcome.refusals.empty()) return ToGrpcStatus(outcome.status);
  return ToGrpcStatus(outcome.status, outcome.refusals.front(), ledger, outcome.receipt.ToString());
}

class ServingHere final : public AppendServing,
                          public v1::AppendService::WithCallbackMethod_Append<v1::AppendService::Service> {
 public:
  explicit ServingHere(LedgerWriters& writers) : AppendServing(writers, nullptr) {}

  grpc::Service& service() override { return *this; }

  // On a thread that polls, which must not wait.  What it returns is gRPC's, and lives until it is finished,
  // as do request and response.
  grpc::ServerUnaryReactor* Append(grpc::CallbackServerContext* context, const v1::AppendRequest* request,
                                   v1::AppendResponse* response) override {
    const Call call{request, response, context->DefaultReactor()};
    if (const auto writer = writers_.IfOpen(request->ledger())) {
      Submit(*writer, call);
    } else {
      OpenFor(call);
    }
    return call.reactor;
  }

  grpc::Status AppendStream(grpc::ServerContext* context, realise::AppendStream::Stream* stream) override {
    return RunStream(*context, *stream);
  }

 private:
  struct Call {
    const v1::AppendRequest* request;
    v1::AppendResponse* response;
    grpc::ServerUnaryReactor* reactor;
  };

  static void Submit(LedgerWriter& writer, const Call& call) {
    writer.Submit(*call.request, [call](AppendOutcome outcome) {
      call.reactor->Finish(Answer(std::move(outcome), call.request->ledger(), call.response));
    });
  }

  // Opening reads the ledger to its end.
  void OpenFor(const Call& call) {
    const auto open = [this, call] {
      const auto writer = writers_.Of(call.request->ledger());
      if (!writer.ok()) return call.reactor->Finish(NoWriter(writer.status()));
      Submit(**writer, call);
    };
    const std::lock_guard lock(mutex_);
    opening_.remove_if([](const std::future<void>& done) {
      return done.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
    });
    if (opening_.size() < kOpeningsMax) {
      try {
        opening_.push_back(std::async(std::launch::async, open));
        return;
      } catch (const std::system_error&) {
        // The process may have no more threads.
      }
    }
    call.reactor->Finish(ToGrpcStatus(absl::ResourceExhaustedError(
        "too many ledgers are being opened at the moment; nothing was appended, send again later")));
  }

  std::mutex mutex_;
  std::list<std::future<void>> opening_;  // guarded by mutex_; some are done
};

class ServingAnywhere final : public AppendServing, public v1::AppendService::Service {
 public:
  ServingAnywhere(LedgerWriters& writers, Forwarder& forwarder) : AppendServing(writers, &forwarder) {}

  grpc::Service& service() override { return *this; }

  grpc::Status Append(grpc::ServerContext* context, const v1::AppendRequest* request,
                      v1::AppendResponse* response) override {
    return forwarder_->Route(
        *context, request->ledger(), [&] { return AppendHere(*request, response); },
        [&](const SharedChannel& channel, grpc::ClientContext& forwarded) {
          return v1::AppendService::NewStub(channel)->Append(&forwarded, *request, response);
        });
  }

  grpc::Status AppendStream(grpc::ServerContext* context, realise::AppendStream::Stream* stream) override {
    return RunStream(*context, *stream);
  }

 private:
  grpc::Status AppendHere(const v1::AppendRequest& request, v1::AppendResponse* response) {
    const auto writer = writers_.Of(request.ledger());
    if (!writer.ok()) return NoWriter(writer.status());
    std::promise<AppendOutcome> promise;
    std::future<AppendOutcome> future = promise.get_future();
    // The writer answers every command within LedgerWriterOptions::answer_within, so this does not wait for
    // ever.
    (*writer)->Submit(request, [&promise](AppendOutcome outcome) { promise.set_value(std::move(outcome)); });
    return Answer(future.get(), request.ledger(), response);
  }
};

}  // namespace

std::unique_ptr<AppendServing> AppendServing::Here(LedgerWriters& writers) {
  return std::make_unique<ServingHere>(writers);
}

std::unique_ptr<AppendServing> AppendServing::Anywhere(LedgerWriters& writers, Forwarder& forwarder) {
  return std::make_unique<ServingAnywhere>(writers, forwarder);
}

grpc::Status AppendServing::RunStream(grpc::ServerContext& context, AppendStream::Stream& stream) {
  AppendStream appending(context, stream, writers_, forwarder_);
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

void AppendServing::Drain() {
  const std::lock_guard lock(mutex_);
  draining_ = true;
  for (AppendOutbox* const outbox : streams_) outbox->Drain();
}

}  // namespace realise
