// The one place where absl::Status and refusals become grpc::Status, and come back from it at a client.
//
// On the wire: google.rpc.Status with ErrorInfo (domain "realise", a stable reason, and what it was decided
// on as metadata: "ledger", "decided_at", "event_index") and, where a field is to blame, BadRequest.
#pragma once

#include <grpcpp/support/status.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "realise/v1/append_service.pb.h"

namespace realise {

inline constexpr std::string_view kErrorDomain = "realise";

// A status without a refusal.  The reason is the upper case word that the message begins with
// ("RECEIPT_MISMATCH: ..."), or the name of the code.
[[nodiscard]] grpc::Status ToGrpcStatus(const absl::Status& status);

// A refused append.
[[nodiscard]] grpc::Status ToGrpcStatus(const absl::Status& status, const v1::Refusal& refusal,
                                        const std::string& ledger, const std::string& decided_at);

// What a client gets to see of an error.
struct RpcError {
  absl::StatusCode code = absl::StatusCode::kUnknown;
  std::string message;
  std::string reason;  // stable, upper case; empty if the server sent none
  std::string field;   // empty if no field is to blame
  std::string decided_at;
  std::optional<uint32_t> event_index;  // of the refused event; nothing if no event was refused
};
// REQUIRES: !status.ok()
[[nodiscard]] RpcError FromGrpcStatus(const grpc::Status& status);

}  // namespace realise
