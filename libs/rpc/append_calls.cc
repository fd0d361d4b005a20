#include "libs/rpc/append_calls.h"

#include <utility>

namespace realise {
namespace {

// Calls that gRPC need not wait for the thread to be given.
constexpr int kAskedFor = 32;

}  // namespace

// What gRPC gives back: a call came, it was answered, it is over on the other side, too.
struct AppendCalls::Tag {
  enum class What { kCame, kAnswered, kOver };
  Call& call;
  What what;
};

class AppendCalls::Call final : public AppendCall {
 public:
  Call(Service& service, grpc::ServerCompletionQueue& queue) : responder_(&context_) {
    // Without it nobody but the thread may ask whether the call was cancelled.
    context_.AsyncNotifyWhenDone(&over_);
    service.RequestAppend(&context_, &request_, &responder_, &queue, &queue, &came_);
  }

  const grpc::ServerContext& context() const override { return context_; }
  const v1::AppendRequest& request() const override { return request_; }
  v1::AppendResponse* response() override { return &response_; }
  void Finish(const grpc::Status& status) override { responder_.Finish(response_, status, &answered_); }

  // Whether that was the last that gRPC gives back of it.
  bool TakeBack() { return --outstanding_ == 0; }

 private:
  Tag came_{*this, Tag::What::kCame};
  Tag answered_{*this, Tag::What::kAnswered};
  Tag over_{*this, Tag::What::kOver};
  int outstanding_ = 2;  // answered_ and over_; of the one thread
  grpc::ServerContext context_;
  v1::AppendRequest request_;
  v1::AppendResponse response_;
  grpc::ServerAsyncResponseWriter<v1::AppendResponse> responder_;
};

AppendCalls::AppendCalls(Service& service, std::unique_ptr<grpc::ServerCompletionQueue> queue,
                         std::function<void(AppendCall&)> take)
    : service_(service), queue_(std::move(queue)), take_(std::move(take)), thread_([this] { Run(); }) {}

AppendCalls::~AppendCalls() {
  {
    std::unique_lock lock(mutex_);
    ended_.wait(lock, [this] { return under_way_ == 0; });
  }
  queue_->Shutdown();
  thread_.join();
}

// It is gRPC's until it comes back, and deletes itself by way of its tags.
void AppendCalls::AskForNext() { static_cast<void>(new Call(service_, *queue_)); }

void AppendCalls::Run() {
  for (int i = 0; i < kAskedFor; ++i) AskForNext();
  void* given = nullptr;
  bool ok = false;
  while (queue_->Next(&given, &ok)) {
    const Tag& tag = *static_cast<const Tag*>(given);
    if (tag.what != Tag::What::kCame) {
      if (tag.call.TakeBack()) Ended(tag.call);
    } else if (ok) {
      Came(tag.call);
    } else {
      // The server shuts down: nothing came, and nothing else is given back of it.
      delete &tag.call;
    }
  }
}

void AppendCalls::Came(Call& call) {
  {
    const std::lock_guard lock(mutex_);
    ++under_way_;
  }
  AskForNext();
  take_(call);
}

void AppendCalls::Ended(Call& call) {
  delete &call;
  const std::lock_guard lock(mutex_);
  --under_way_;
  ended_.notify_all();
}

}  // namespace realise
