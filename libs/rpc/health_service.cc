#include "libs/rpc/health_service.h"

#include <algorithm>
#include <chrono>
#include <string>

namespace realise {
namespace {

using grpc::health::v1::HealthCheckResponse;

constexpr std::chrono::milliseconds kWatchEvery(500);
constexpr std::string_view kLedgerPrefix = "ledger/";
constexpr std::string_view kAppends = "realise.v1.AppendService";
constexpr std::string_view kLog = "realise.v1.LogService";
constexpr std::string_view kCaughtUpSuffix = "/caught-up";
constexpr std::string_view kQueries = "realise.v1.QueryService";

}  // namespace

HealthServiceImpl::HealthServiceImpl(const RpcParts& parts)
    : log_(parts.log),
      log_reachable_(parts.log_reachable),
      placement_(parts.placement),
      named_health_(parts.named_health),
      projection_(parts.projection),
      services_{"", "realise.v1.LedgerService"} {
  if (parts.writers != nullptr) services_.emplace_back(kAppends);
  if (parts.projection != nullptr) services_.emplace_back(kQueries);
  if (parts.audit) services_.emplace_back(kLog);
  for (const NamedHealth& part : named_health_) services_.push_back(part.name);
}

HealthCheckResponse::ServingStatus HealthServiceImpl::StatusOf(const std::string& service) const {
  const std::lock_guard lock(mutex_);
  const auto status = [&](bool serving) {
    return serving && !stopping_ ? HealthCheckResponse::SERVING : HealthCheckResponse::NOT_SERVING;
  };
  if (std::ranges::find(services_, service) != services_.end()) return status(IsWell(service));
  if (projection_ == nullptr || !service.starts_with(kLedgerPrefix))
    return HealthCheckResponse::SERVICE_UNKNOWN;
  std::string ledger = service.substr(kLedgerPrefix.size());
  const bool asks_caught_up = ledger.ends_with(kCaughtUpSuffix);
  if (asks_caught_up) ledger.resize(ledger.size() - kCaughtUpSuffix.size());
  const auto ledgers = projection_->Status({ledger});
  if (ledgers.empty()) return HealthCheckResponse::SERVICE_UNKNOWN;
  const v1::FoldState state = ledgers.front().fold_state();
  return status(asks_caught_up ? state == v1::FOLD_STATE_CAUGHT_UP : state != v1::FOLD_STATE_STOPPED);
}

// REQUIRES: one of services_.
bool HealthServiceImpl::IsWell(const std::string& service) const {
  const bool log_answers = log_reachable_ == nullptr || log_reachable_();
  if (service == kAppends) {
    return log_answers && log_.Health().ok() && (placement_ == nullptr || !placement_->Members().empty());
  }
  if (service == kLog) return log_answers;
  if (service == kQueries) return projection_->Ready();
  const auto part = std::ranges::find(named_health_, service, &NamedHealth::name);
  return part == named_health_.end() || part->health().ok();
}

grpc::Status HealthServiceImpl::Check(grpc::ServerContext* /*context*/,
                                      const grpc::health::v1::HealthCheckRequest* request,
                                      HealthCheckResponse* response) {
  const auto status = StatusOf(request->service());
  if (status == HealthCheckResponse::SERVICE_UNKNOWN) {
    return {grpc::StatusCode::NOT_FOUND, "no such service; \"ledger/RH5\" asks for a ledger"};
  }
  response->set_status(status);
  return grpc::Status::OK;
}

grpc::Status HealthServiceImpl::List(grpc::ServerContext* /*context*/,
                                     const grpc::health::v1::HealthListRequest* /*request*/,
                                     grpc::health::v1::HealthListResponse* response) {
  for (const std::string& service : services_) {
    (*response->mutable_statuses())[service].set_status(StatusOf(service));
  }
  if (projection_ == nullptr) return grpc::Status::OK;
  for (const v1::LedgerStatus& ledger : projection_->Status({})) {
    const std::string service = std::string(kLedgerPrefix) + ledger.ledger();
    for (const std::string& name : {service, service + std::string(kCaughtUpSuffix)}) {
      (*response->mutable_statuses())[name].set_status(StatusOf(name));
    }
  }
  return grpc::Status::OK;
}

grpc::Status HealthServiceImpl::Watch(grpc::ServerContext* context,
                                      const grpc::health::v1::HealthCheckRequest* request,
                                      grpc::ServerWriter<HealthCheckResponse>* writer) {
  auto last = HealthCheckResponse::UNKNOWN;
  while (!context->IsCancelled()) {
    const auto status = StatusOf(request->service());
    if (status != last) {
      HealthCheckResponse response;
      response.set_status(status);
      if (!writer->Write(response)) break;
      last = status;
    }
    std::unique_lock lock(mutex_);
    if (stopping_) break;
    stopping_changed_.wait_for(lock, kWatchEvery, [&] { return stopping_; });
  }
  return grpc::Status::OK;
}

void HealthServiceImpl::Stop() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  stopping_changed_.notify_all();
}

}  // namespace realise
