#include "libs/rpc/log_service.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "fmt/format.h"
#include "libs/base/status_macros.h"
#include "libs/domain/decide.h"
#include "libs/event_log/commit_scan.h"
#include "libs/rpc/rpc_status.h"
#include "realise/v1/commit.pb.h"

namespace realise {
namespace {

Sequence OrEnd(Sequence sequence) { return sequence == 0 ? std::numeric_limits<Sequence>::max() : sequence; }

absl::Status CallerGone() { return absl::CancelledError("the caller went away"); }

// Gathers items into messages of about kStreamedBytesMax and writes each when it is full.
template <typename Response>
class Chunks {
 public:
  explicit Chunks(grpc::ServerWriter<Response>& writer) : writer_(writer) {}

  Response& pending() { return pending_; }

  // Notes that `bytes` were put into pending().
  absl::Status Added(size_t bytes) {
    bytes_ += bytes;
    return bytes_ < kStreamedBytesMax ? absl::OkStatus() : Flush();
  }

  absl::Status Flush() {
    if (bytes_ == 0) return absl::OkStatus();
    if (!writer_.Write(pending_)) return CallerGone();
    pending_.Clear();
    bytes_ = 0;
    return absl::OkStatus();
  }

 private:
  grpc::ServerWriter<Response>& writer_;
  Response pending_;
  size_t bytes_ = 0;
};

// Which events a history is to hold.
struct HistoryFilter {
  Sequence from = 0;
  Sequence to = 0;
  std::string stream;
  std::vector<std::string> types;
  std::optional<Instant> recorded_from;
  std::optional<Instant> recorded_to;

  bool TakesTime(Instant recorded_at) const {
    return (!recorded_from || recorded_at >= *recorded_from) && (!recorded_to || recorded_at < *recorded_to);
  }
  bool Takes(Sequence sequence, const v1::Event& event) const {
    if (sequence < from || sequence > to || (!stream.empty() && event.stream() != stream)) return false;
    return types.empty() || std::find(types.begin(), types.end(), TypeOf(event)) != types.end();
  }
};

absl::Status ParseTime(const std::string& text, std::string_view field, std::optional<Instant>& time) {
  if (text.empty()) return absl::OkStatus();
  time = ParseInstant(text);
  if (time) return absl::OkStatus();
  return absl::InvalidArgumentError(
      fmt::format("{}: has to be RFC 3339 in UTC, 2025-04-09T08:15:00Z", field));
}

absl::StatusOr<HistoryFilter> ParseFilter(const v1::ReadHistoryRequest& request) {
  HistoryFilter filter{.from = request.from_sequence(),
                       .to = OrEnd(request.to_sequence()),
                       .stream = request.stream(),
                       .types = {request.types().begin(), request.types().end()},
                       .recorded_from = std::nullopt,
                       .recorded_to = std::nullopt};
  const auto* body = v1::Event::descriptor()->FindOneofByName("body");
  for (const std::string& type : filter.types) {
    const auto* field = v1::Event::descriptor()->FindFieldByName(type);
    if (field == nullptr || field->containing_oneof() != body) {
      return absl::InvalidArgumentError("types: no such event type; \"claim_validated\" is one");
    }
  }
  RETURN_IF_ERROR(ParseTime(request.recorded_from(), "recorded_from", filter.recorded_from));
  RETURN_IF_ERROR(ParseTime(request.recorded_to(), "recorded_to", filter.recorded_to));
  return filter;
}

absl::Status AddHistory(const ReadCommit& commit, const HistoryFilter& filter,
                        Chunks<v1::ReadHistoryResponse>& chunks) {
  v1::CommitBody body;
  if (!body.ParseFromArray(commit.body().data(), static_cast<int>(commit.body().size()))) {
    return absl::DataLossError(fmt::format("the body of the commit that begins at {} does not decode",
                                           commit.header.first_sequence));
  }
  Sequence sequence = commit.header.first_sequence;
  for (v1::Event& event : *body.mutable_events()) {
    if (filter.Takes(sequence, event)) {
      v1::HistoryEntry& entry = *chunks.pending().add_entries();
      entry.set_sequence(sequence);
      entry.set_recorded_at(FormatInstant(commit.header.recorded_at));
      *entry.mutable_event() = std::move(event);
      RETURN_IF_ERROR(chunks.Added(entry.ByteSizeLong()));
    }
    ++sequence;
  }
  return absl::OkStatus();
}

absl::Status Verify(EventLog& log, const std::string& text, v1::VerifyReceiptResponse& response) {
  const auto receipt = Receipt::Parse(text);
  if (!receipt || !receipt->digest) {
    return absl::InvalidArgumentError("receipt: has to be CODE@SEQUENCE#DIGEST, as an answer gave it");
  }
  response.set_verdict(v1::RECEIPT_VERDICT_NO_SUCH_COMMIT);
  return ScanCommits(log, receipt->ledger, [&](const ReadCommit& commit) -> absl::StatusOr<Scan> {
    const Receipt here{
        .ledger = receipt->ledger, .sequence = commit.header.LastSequence(), .digest = commit.digest};
    response.set_latest(here.ToString());
    if (here.sequence != receipt->sequence || response.verdict() == v1::RECEIPT_VERDICT_VALID)
      return Scan::kGoOn;
    // Empty commits share their end with the one before: any of them may be the one that the receipt means.
    response.set_verdict(here == *receipt ? v1::RECEIPT_VERDICT_VALID : v1::RECEIPT_VERDICT_MISMATCH);
    response.set_recorded_at(FormatInstant(commit.header.recorded_at));
    return Scan::kGoOn;
  });
}

}  // namespace

grpc::Status LogServiceImpl::ReadCommits(grpc::ServerContext* /*context*/,
                                         const v1::ReadCommitsRequest* request,
                                         grpc::ServerWriter<v1::ReadCommitsResponse>* writer) {
  const Sequence to = OrEnd(request->to_sequence());
  Chunks<v1::ReadCommitsResponse> chunks(*writer);
  absl::Status status =
      ScanCommits(log_, request->ledger(), [&](const ReadCommit& commit) -> absl::StatusOr<Scan> {
        if (commit.header.LastSequence() >= request->from_sequence()) {
          chunks.pending().add_commits(commit.stored);
          RETURN_IF_ERROR(chunks.Added(commit.stored.size()));
        }
        return commit.header.LastSequence() >= to ? Scan::kStop : Scan::kGoOn;
      });
  if (status.ok()) status = chunks.Flush();
  return ToGrpcStatus(status);
}

grpc::Status LogServiceImpl::ReadHistory(grpc::ServerContext* /*context*/,
                                         const v1::ReadHistoryRequest* request,
                                         grpc::ServerWriter<v1::ReadHistoryResponse>* writer) {
  const auto filter = ParseFilter(*request);
  if (!filter.ok()) return ToGrpcStatus(filter.status());
  Chunks<v1::ReadHistoryResponse> chunks(*writer);
  absl::Status status =
      ScanCommits(log_, request->ledger(), [&](const ReadCommit& commit) -> absl::StatusOr<Scan> {
        if (commit.header.first_sequence > filter->to) return Scan::kStop;
        if (commit.header.LastSequence() < filter->from || !filter->TakesTime(commit.header.recorded_at)) {
          return Scan::kGoOn;
        }
        RETURN_IF_ERROR(AddHistory(commit, *filter, chunks));
        return Scan::kGoOn;
      });
  if (status.ok()) status = chunks.Flush();
  return ToGrpcStatus(status);
}

grpc::Status LogServiceImpl::VerifyReceipt(grpc::ServerContext* /*context*/,
                                           const v1::VerifyReceiptRequest* request,
                                           v1::VerifyReceiptResponse* response) {
  return ToGrpcStatus(Verify(log_, request->receipt(), *response));
}

}  // namespace realise
