#include "tests/end_to_end/told.h"

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "grpc/health/v1/health.grpc.pb.h"
#include "libs/rpc/deadline.h"

namespace realise::testing {
namespace {

constexpr std::chrono::seconds kPatience{30};

}  // namespace

std::map<std::string, std::string> HealthOf(const std::string& address) {
  const auto health =
      grpc::health::v1::Health::NewStub(grpc::CreateChannel(address, grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  context.set_deadline(RpcNow() + std::chrono::seconds(10));
  grpc::health::v1::HealthListResponse response;
  const grpc::Status status = health->List(&context, {}, &response);
  EXPECT_TRUE(status.ok()) << status.error_message();
  std::map<std::string, std::string> services;
  for (const auto& [service, answer] : response.statuses()) {
    if (service.rfind("ledger/", 0) == 0) continue;  // of other tests
    services[service] = grpc::health::v1::HealthCheckResponse::ServingStatus_Name(answer.status());
  }
  return services;
}

std::string AwaitHealth(const std::string& address, const std::string& service, const std::string& status) {
  const auto health =
      grpc::health::v1::Health::NewStub(grpc::CreateChannel(address, grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  context.set_deadline(RpcNow() + kPatience);
  grpc::health::v1::HealthCheckRequest request;
  request.set_service(service);
  const auto watch = health->Watch(&context, request);
  grpc::health::v1::HealthCheckResponse response;
  std::string last = "no answer";
  while (last != status && watch->Read(&response)) {
    last = grpc::health::v1::HealthCheckResponse::ServingStatus_Name(response.status());
  }
  context.TryCancel();
  return last;
}

double SampleOf(const ServerProcess& process, const std::string& sample) {
  const std::string page = HttpGet(process.metrics_address(), "/metrics");
  const size_t at = page.find("\n" + sample + " ");
  return at == std::string::npos ? -1 : std::atof(page.c_str() + at + sample.size() + 2);
}

double AwaitSample(const ServerProcess& process, const std::string& sample, double least) {
  const auto until = std::chrono::steady_clock::now() + kPatience;
  double value = SampleOf(process, sample);
  while (value < least && std::chrono::steady_clock::now() < until) value = SampleOf(process, sample);
  return value;
}

}  // namespace realise::testing
