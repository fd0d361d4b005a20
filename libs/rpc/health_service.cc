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

}  // namespace

HealthServiceImpl::HealthServiceImpl(const RpcParts& parts)
    : log_reachable_(parts.log_reachable),
      projection_(parts.projection),
      services_{"", "realise.v1.LedgerService"} {
  if (parts.writers != nullptr) services_.emplace_back(kAppends);
  if (parts.projection != nullptr) services_.emplace_back("realise.v1.QueryService");
  if (parts.audit) services_.emplace_back(kLog);
}

HealthCheckResponse::ServingStatus HealthServiceImpl::StatusOf(const std::string& service) const {
  const std::lock_guard lock(mutex_);
  if (std::ranges::find(services_, service) != services_.end()) {
    const bool needs_log = service == kAppends || service == kLog;
    const bool serving = !stopping_ && (!needs_log || log_reachable_ == nullptr || log_reachable_());
    return serving ? HealthCheckResponse::SERVING : HealthCheckResponse::NOT_SERVING;
  }
  if (projection_ == nullptr || service.rfind(kLedgerPrefix, 0) != 0)
    return HealthCheckResponse::SERVICE_UNKNOWN;
  const auto ledgers = projection_->Status({service.substr(kLedgerPrefix.size())});
  if (ledgers.empty()) return HealthCheckResponse::SERVICE_UNKNOWN;
  const bool serving = !stopping_ && ledgers.front().fold_state() != v1::FOLD_STATE_STOPPED;
  return serving ? HealthCheckResponse::SERVING : HealthCheckResponse::NOT_SERVING;
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
    (*response->mutable_statuses())[service].set_status(StatusOf(service));
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
