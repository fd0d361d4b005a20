#include "tests/torture/append_stream.h"

#include <utility>

#include "libs/rpc/deadline.h"
#include "libs/rpc/rpc_status.h"

namespace realise::torture {

AppendCall AppendStream::Send(ServerStubs& server, const std::string& caller,
                              const v1::AppendRequest& request) {
  if (stream_ && std::chrono::steady_clock::now() - opened_ > call_max_ / 2) Close();
  if (!stream_) Open(server);
  AppendCall call;
  call.request = request;
  v1::AppendStreamRequest batch;
  batch.set_batch_id(++batches_);
  *batch.mutable_append() = request;
  BeginCall(server_->process, caller, call.times);
  v1::AppendStreamResponse response;
  if (!stream_->Write(batch) || !stream_->Read(&response)) return Ended(std::move(call));
  EndCall(server_->process, call.times);
  RpcError error;
  switch (response.outcome_case()) {
    case v1::AppendStreamResponse::kAppended:
      call.outcome = Outcome::kAnswered;
      call.response = std::move(*response.mutable_appended());
      break;
    case v1::AppendStreamResponse::kRefused:
      error.code = absl::StatusCode::kFailedPrecondition;
      error.reason = call.reason = response.refused().reason();
      error.decided_at = call.decided_at = response.decided_at();
      call.outcome = OutcomeOf(error);
      break;
    case v1::AppendStreamResponse::kFailed:
      error.code = static_cast<absl::StatusCode>(response.failed().code());
      call.outcome = OutcomeOf(error);
      call.reason = response.failed().message();
      break;
    case v1::AppendStreamResponse::OUTCOME_NOT_SET:
      call.reason = "an answer without an outcome";
      break;
  }
  return call;
}

void AppendStream::Open(ServerStubs& server) {
  server_ = &server;
  opened_ = std::chrono::steady_clock::now();
  context_ = std::make_unique<grpc::ClientContext>();
  context_->set_deadline(RpcNow() + call_max_);
  stream_ = server.append->AppendStream(context_.get());
}

void AppendStream::Close() {
  if (!stream_) return;
  stream_->WritesDone();
  v1::AppendStreamResponse late;
  while (stream_->Read(&late)) {
  }
  (void)stream_->Finish();
  stream_.reset();
}

// What was under way when a stream ended may be recorded, now or later, unless its end says otherwise.
AppendCall AppendStream::Ended(AppendCall call) {
  v1::AppendStreamResponse late;
  while (stream_->Read(&late)) {
  }
  const RpcError error = FromGrpcStatus(stream_->Finish());
  stream_.reset();
  EndCall(server_->process, call.times);
  call.reason = error.reason.empty() ? error.message : error.reason;
  return call;
}

}  // namespace realise::torture
