#include "libs/rpc/routed_appends.h"

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <utility>

#include "libs/rpc/deadline.h"
#include "libs/rpc/rpc_status.h"

namespace realise {
namespace {

// Longer than a call looks for the process that writes its ledger, and that one for its log.
constexpr std::chrono::seconds kCallFor{60};

AppendOutcome Recorded(v1::AppendResponse response) {
  AppendOutcome outcome;
  outcome.events = std::move(*response.mutable_events());
  if (auto receipt = Receipt::Parse(response.receipt())) outcome.receipt = *std::move(receipt);
  return outcome;
}

// The message of a refusal goes out behind its reason, and its field behind the event's place in the request.
AppendOutcome Refused(const grpc::Status& status) {
  const RpcError error = FromGrpcStatus(status);
  AppendOutcome outcome;
  outcome.status = absl::Status(error.code, error.message);
  if (!error.event_index) return outcome;
  v1::Refusal& refusal = outcome.refusals.emplace_back();
  refusal.set_event_index(*error.event_index);
  refusal.set_reason(error.reason);
  const std::string reason = error.reason + ": ";
  refusal.set_message(error.message.starts_with(reason) ? error.message.substr(reason.size())
                                                        : error.message);
  const std::string event = "events[" + std::to_string(*error.event_index) + "].";
  refusal.set_field(error.field.starts_with(event) ? error.field.substr(event.size()) : error.field);
  if (auto receipt = Receipt::Parse(error.decided_at)) outcome.receipt = *std::move(receipt);
  return outcome;
}

std::unique_ptr<v1::AppendService::Stub> StubOf(const std::string& address) {
  grpc::ChannelArguments arguments;
  // It is this process, whatever stands in the environment for others.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return v1::AppendService::NewStub(
      grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments));
}

}  // namespace

RoutedAppends::RoutedAppends(const std::string& address) : stub_(StubOf(address)), calls_(kRoutedAppendsMax) {
  for (size_t i = 0; i < kRoutedAppendsMax; ++i) threads_.emplace_back([this, i] { Run(i); });
}

RoutedAppends::~RoutedAppends() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    for (grpc::ClientContext* const call : calls_) {
      if (call != nullptr) call->TryCancel();
    }
    changed_.notify_all();
  }
  for (std::thread& thread : threads_) thread.join();
  for (const Job& job : jobs_) {
    AppendOutcome outcome;
    outcome.status = absl::UnavailableError("stopping; send again");
    job.done(std::move(outcome));
  }
}

void RoutedAppends::Append(v1::AppendRequest request, std::function<void(AppendOutcome)> done) {
  const std::lock_guard lock(mutex_);
  jobs_.push_back({std::move(request), std::move(done)});
  changed_.notify_one();
}

std::deque<RoutedAppends::Job>::iterator RoutedAppends::Next() {
  if (silent_under_way_ < kSilentAppendsMax) return jobs_.begin();
  return std::ranges::find_if(jobs_, [&](const Job& job) { return !silent_.contains(job.request.ledger()); });
}

void RoutedAppends::Run(size_t thread) {
  while (true) {
    Job job;
    bool silent = false;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return stopping_ || Next() != jobs_.end(); });
      if (stopping_) return;
      const auto next = Next();
      job = std::move(*next);
      jobs_.erase(next);
      silent = silent_.contains(job.request.ledger());
      silent_under_way_ += silent ? 1 : 0;
    }
    AppendOutcome outcome = Call(thread, job.request);
    {
      const std::lock_guard lock(mutex_);
      silent_under_way_ -= silent ? 1 : 0;
      NoteAnswer(job.request.ledger(), outcome.status);
      changed_.notify_all();
    }
    job.done(std::move(outcome));
  }
}

void RoutedAppends::NoteAnswer(const std::string& ledger, const absl::Status& status) {
  if (!absl::IsUnavailable(status) && !absl::IsDeadlineExceeded(status)) {
    silent_.erase(ledger);
  } else if (silent_.size() < kSilentLedgersMax) {
    silent_.insert(ledger);
  }
}

AppendOutcome RoutedAppends::Call(size_t thread, const v1::AppendRequest& request) {
  grpc::ClientContext context;
  context.set_deadline(RpcNow() + kCallFor);
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) context.TryCancel();
    calls_[thread] = &context;
  }
  v1::AppendResponse response;
  const grpc::Status status = stub_->Append(&context, request, &response);
  const std::lock_guard lock(mutex_);
  calls_[thread] = nullptr;
  return status.ok() ? Recorded(std::move(response)) : Refused(status);
}

}  // namespace realise
