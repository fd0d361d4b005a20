#include "libs/rpc/rpc_status.h"

#include <google/protobuf/any.pb.h>

#include "absl/strings/numbers.h"
#include "fmt/format.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace realise {
namespace {

// The upper case word at the beginning of a message that stands for its reason; empty if there is none.
std::string LeadingReason(std::string_view message) {
  size_t length = 0;
  while (length < message.size() &&
         ((message[length] >= 'A' && message[length] <= 'Z') || message[length] == '_')) {
    ++length;
  }
  const bool followed = length < message.size() && (message[length] == ':' || message[length] == ' ');
  return length >= 4 && followed ? std::string(message.substr(0, length)) : std::string();
}

grpc::Status Pack(const google::rpc::Status& rich) {
  return {static_cast<grpc::StatusCode>(rich.code()), rich.message(), rich.SerializeAsString()};
}

google::rpc::Status Rich(const absl::Status& status, const google::rpc::ErrorInfo& info) {
  google::rpc::Status rich;
  rich.set_code(static_cast<int>(status.code()));
  rich.set_message(std::string(status.message()));
  rich.add_details()->PackFrom(info);
  return rich;
}

}  // namespace

grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  const std::string message(status.message());
  google::rpc::ErrorInfo info;
  info.set_domain(std::string(kErrorDomain));
  info.set_reason(LeadingReason(message));
  if (info.reason().empty()) info.set_reason(absl::StatusCodeToString(status.code()));
  return Pack(Rich(status, info));
}

grpc::Status ToGrpcStatus(const absl::Status& status, const v1::Refusal& refusal, const std::string& ledger,
                          const std::string& decided_at) {
  google::rpc::ErrorInfo info;
  info.set_domain(std::string(kErrorDomain));
  info.set_reason(refusal.reason());
  (*info.mutable_metadata())["ledger"] = ledger;
  (*info.mutable_metadata())["decided_at"] = decided_at;
  (*info.mutable_metadata())["event_index"] = fmt::format("{}", refusal.event_index());
  google::rpc::Status rich = Rich(status, info);
  if (!refusal.field().empty()) {
    google::rpc::BadRequest bad_request;
    auto* violation = bad_request.add_field_violations();
    violation->set_field(fmt::format("events[{}].{}", refusal.event_index(), refusal.field()));
    violation->set_description(refusal.message());
    rich.add_details()->PackFrom(bad_request);
  }
  return Pack(rich);
}

RpcError FromGrpcStatus(const grpc::Status& status) {
  RpcError error;
  error.code = static_cast<absl::StatusCode>(status.error_code());
  error.message = status.error_message();
  google::rpc::Status rich;
  if (!rich.ParseFromString(status.error_details())) return error;
  for (const google::protobuf::Any& detail : rich.details()) {
    google::rpc::ErrorInfo info;
    google::rpc::BadRequest bad_request;
    if (detail.Is<google::rpc::ErrorInfo>() && detail.UnpackTo(&info)) {
      error.reason = info.reason();
      const auto decided_at = info.metadata().find("decided_at");
      if (decided_at != info.metadata().end()) error.decided_at = decided_at->second;
      const auto event_index = info.metadata().find("event_index");
      uint32_t index = 0;
      if (event_index != info.metadata().end() && absl::SimpleAtoi(event_index->second, &index))
        error.event_index = index;
    } else if (detail.UnpackTo(&bad_request) && bad_request.field_violations_size() > 0) {
      error.field = bad_request.field_violations(0).field();
    }
  }
  return error;
}

}  // namespace realise
