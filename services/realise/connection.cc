#include "services/realise/connection.h"

#include <grpcpp/grpcpp.h>

#include "fmt/format.h"
#include "libs/rpc/deadline.h"
#include "libs/rpc/rpc_server.h"
#include "services/realise/exit_codes.h"
#include "services/realise/output.h"

namespace realise {
namespace {

// The option that fills a field of a question.
struct FieldOption {
  std::string_view field;
  std::string_view option;
};

constexpr FieldOption kOptions[] = {
    {"basis.position", "--as-at"},
    {"basis.time", "--as-at"},
    {"basis.closed_period", "--as-at"},
    {"basis.at_least", "--at-least"},
    {"period", "--period"},
    {"period_from", "--from"},
    {"period_to", "--to"},
    {"savings.period_from", "--from"},
    {"savings.period_to", "--to"},
    {"measure.period_from", "--from"},
    {"measure.period_to", "--to"},
    {"measure.count", "--count"},
    {"recorded_from", "--recorded-from"},
    {"recorded_to", "--recorded-to"},
    {"types", "--type"},
};

// A message that begins with a field of the question, with the option that the caller knows in its place.
std::string WithOption(const std::string& message) {
  const size_t colon = message.find(": ");
  if (colon == std::string::npos) return message;
  for (const FieldOption& known : kOptions) {
    if (message.compare(0, colon, known.field) == 0) return std::string(known.option) + message.substr(colon);
  }
  return message;
}

// A question that cannot be taken was put wrongly; an event that is refused never comes here.
int ExitCodeOfQuestion(absl::StatusCode code) {
  return code == absl::StatusCode::kInvalidArgument ? kExitUsage : ExitCodeOf(code);
}

// gRPC shares a channel among its stubs.
std::shared_ptr<grpc::Channel> ChannelTo(const Servers& servers, const std::string& one) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMessageBytesMax);
  return grpc::CreateCustomChannel(one.empty() ? servers.all : one, grpc::InsecureChannelCredentials(),
                                   arguments);
}

}  // namespace

Connection::Connection(const Servers& servers) {
  const auto ingest = ChannelTo(servers, servers.ingest);
  const auto projection = ChannelTo(servers, servers.projection);
  append_ = v1::AppendService::NewStub(ingest);
  ledger_ = v1::LedgerService::NewStub(ingest);
  status_ = v1::LedgerService::NewStub(projection);
  query_ = v1::QueryService::NewStub(projection);
  log_ = v1::LogService::NewStub(ChannelTo(servers, servers.audit));
}

void Connection::Prepare(grpc::ClientContext& context, std::chrono::seconds deadline) {
  context.set_deadline(RpcNow() + deadline);
}

int FailedCall(const grpc::Status& status) {
  const RpcError error = FromGrpcStatus(status);
  std::string line = "realise: " + WithOption(error.message);
  const bool says_reason = error.message.starts_with(error.reason);
  if (!says_reason) line += fmt::format(" [{}]", error.reason);
  if (!error.field.empty()) line += fmt::format("\n  field: {}", error.field);
  if (!error.decided_at.empty()) line += fmt::format("\n  decided at: {}", error.decided_at);
  if (error.code == absl::StatusCode::kUnavailable && error.reason.empty()) {
    line +=
        "\n  is the server running? `realise serve` starts one; --server, or --ingest, --projection and "
        "--audit, say where it is";
  }
  if (error.code == absl::StatusCode::kUnimplemented && error.reason.empty()) {
    line +=
        "\n  that server does not do this: realise-ingest appends, realise-projection answers, realise-audit "
        "reads the log; --ingest, --projection and --audit say where they are";
  }
  Say(line);
  return ExitCodeOfQuestion(error.code);
}

int FailedQuestion(const absl::Status& status) {
  Say(fmt::format("realise: {}", WithOption(std::string(status.message()))));
  return ExitCodeOfQuestion(status.code());
}

int Failed(const absl::Status& status) {
  Say(fmt::format("realise: {}", std::string(status.message())));
  return ExitCodeOf(status.code());
}

}  // namespace realise
