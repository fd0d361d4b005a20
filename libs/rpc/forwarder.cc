#include "libs/rpc/forwarder.h"

#include <algorithm>
#include <utility>

#include "fmt/format.h"
#include "libs/rpc/deadline.h"
#include "libs/rpc/rpc_server.h"
#include "libs/rpc/rpc_status.h"

namespace realise {
namespace {

using Time = Placement::Time;

constexpr const char* kForwardedKey = "realise-forwarded";
constexpr const char* kNotTheWriter = "NOT_THE_WRITER";
constexpr std::chrono::milliseconds kTryAgainAfter{250};
constexpr std::chrono::milliseconds kWatchEvery{500};

Time Now() { return std::chrono::steady_clock::now(); }

SharedChannel NewChannel(const std::string& address) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMessageBytesMax);
  arguments.SetMaxSendMessageSize(kMessageBytesMax);
  // A process that is started again at the same address is found soon.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 500);
  // Processes talk to each other directly, whatever stands in the environment for others.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  // As servers listen: without TLS, on loopback only.
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
}

std::unique_ptr<grpc::ClientContext> ContextFor(const grpc::ServerContext& from) {
  auto context = grpc::ClientContext::FromServerContext(from);
  context->AddMetadata(kForwardedKey, "1");
  return context;
}

}  // namespace

Forwarder::Forwarder(const Placement& placement) : placement_(placement), watch_([this] { Watch(); }) {}

Forwarder::~Forwarder() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  watch_.join();
}

// A process that was stopped or cut off keeps its connections, and answers nothing on them.
void Forwarder::Watch() {
  while (true) {
    const uint64_t version = placement_.Version();
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return;
      for (Call* const call : calls_) {
        if (!placement_.IsAlive(call->process_)) call->context_->TryCancel();
      }
    }
    placement_.AwaitChange(version, Now() + kWatchEvery);
  }
}

bool Forwarder::IsLastToLeave(const std::string& ledger) const {
  return placement_.Leaving() && placement_.Of(ledger).where == Where::kUnknown;
}

void Forwarder::AwaitChange(uint64_t version, Time until) const {
  placement_.AwaitChange(version, std::min(until, Now() + kTryAgainAfter));
}

SharedChannel Forwarder::ChannelTo(const std::string& address) {
  const auto known = channels_.find(address);
  if (known != channels_.end()) return known->second;
  // Whoever uses one of them keeps it; the others are opened again when they are needed.
  if (channels_.size() >= kPeersMax) channels_.clear();
  return channels_[address] = NewChannel(address);
}

Forwarder::Call::Call(Forwarder& forwarder, const grpc::ServerContext& from, const Member& to)
    : forwarder_(forwarder), process_(to.id), context_(ContextFor(from)) {
  const std::lock_guard lock(forwarder_.mutex_);
  if (forwarder_.calls_.size() >= kForwardsMax) {
    admitted_ = ToGrpcStatus(absl::ResourceExhaustedError(
        "too many calls are being passed on to other processes; send again later, or to another process"));
  } else {
    channel_ = forwarder_.ChannelTo(to.address);
  }
  listed_ = forwarder_.calls_.insert(forwarder_.calls_.end(), this);
}

Forwarder::Call::~Call() {
  const std::lock_guard lock(forwarder_.mutex_);
  forwarder_.calls_.erase(listed_);
}

grpc::Status Forwarder::Route(const grpc::ServerContext& context, const std::string& ledger, const Here& here,
                              const There& there) {
  const bool forwarded = IsForwarded(context);
  const Time until = RouteUntil(context);
  while (true) {
    const uint64_t version = placement_.Version();
    const Place place = placement_.Of(ledger);
    if (place.where == Where::kDamaged) return LedgerDamaged(ledger, place.owner);
    grpc::Status status = NotTheWriter();
    if (place.where == Where::kHere) {
      status = here();
    } else if (place.where == Where::kElsewhere && !forwarded) {
      Call call(*this, context, place.owner);
      status = call.admitted().ok() ? there(call.channel(), call.context()) : call.admitted();
    }
    if (forwarded || !WorthAnotherTry(status) || context.IsCancelled() || Now() >= until) return status;
    if (IsLastToLeave(ledger)) return status;
    AwaitChange(version, until);
  }
}

bool IsForwarded(const grpc::ServerContext& context) {
  return context.client_metadata().find(kForwardedKey) != context.client_metadata().end();
}

Time RouteUntil(const grpc::ServerContext& context) {
  const auto left = context.deadline() - RpcNow();
  return Now() + std::clamp<std::chrono::nanoseconds>(left, std::chrono::nanoseconds(0), kRouteFor);
}

grpc::Status NotTheWriter() {
  return ToGrpcStatus(absl::UnavailableError(
      "NOT_THE_WRITER: this process does not write the ledger now, and decided nothing; send again"));
}

bool IsNotTheWriter(const grpc::Status& status) {
  return status.error_code() == grpc::StatusCode::UNAVAILABLE &&
         FromGrpcStatus(status).reason == kNotTheWriter;
}

grpc::Status LedgerDamaged(const std::string& ledger, const Member& found_by) {
  return ToGrpcStatus(absl::DataLossError(fmt::format(
      "ledger {} stopped: the process at {} found that its log is not what it read there before: damaged, "
      "truncated, recreated or swapped underneath.  No process appends to it.  Compare its receipts with "
      "those of a replica or a backup, restore the log, and then restart the process at {}",
      ledger, found_by.address, found_by.address)));
}

bool WorthAnotherTry(const grpc::Status& status) {
  const bool gone = (status.error_code() == grpc::StatusCode::UNAVAILABLE ||
                     status.error_code() == grpc::StatusCode::CANCELLED) &&
                    status.error_details().empty();
  return gone || IsNotTheWriter(status);
}

}  // namespace realise
