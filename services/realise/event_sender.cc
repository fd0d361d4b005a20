#include "services/realise/event_sender.h"

#include <algorithm>
#include <utility>

#include "fmt/format.h"
#include "libs/base/status_macros.h"
#include "libs/ledger/ledger_writer.h"

namespace realise {

// One ledger's stream, and the thread that reads its answers.
class EventSender::Stream {
 public:
  Stream(EventSender& sender, std::string ledger) : sender_(sender), ledger_(std::move(ledger)) {
    Connection::Prepare(context_, std::chrono::hours(6));
    stream_ = sender_.connection_.append().AppendStream(&context_);
    answers_ = std::thread([this] { ReadAnswers(); });
  }

  const std::string& ledger() const { return ledger_; }

  // False once the stream has ended.
  bool Write(v1::AppendRequest request, int64_t line) {
    v1::AppendStreamRequest batch;
    const uint64_t batch_id = next_batch_++;
    {
      const std::lock_guard lock(mutex_);
      under_way_[batch_id] = {line, request.events_size()};
    }
    batch.set_batch_id(batch_id);
    *batch.mutable_append() = std::move(request);
    return stream_->Write(batch);
  }

  // Ends the stream and waits for its answers.  What was not answered is reported as unknown.
  grpc::Status Finish() {
    stream_->WritesDone();
    answers_.join();
    grpc::Status status = stream_->Finish();
    for (const auto& [batch_id, sent] : under_way_) {
      v1::AppendStreamResponse lost;
      lost.mutable_failed()->set_code(status.error_code());
      lost.mutable_failed()->set_message(status.ok() ? "the server gave no answer" : status.error_message());
      sender_.Note(ledger_, sent.line, sent.events, lost);
    }
    return status;
  }

 private:
  struct Sent {
    int64_t line = 0;
    int events = 0;
  };

  void ReadAnswers() {
    v1::AppendStreamResponse response;
    while (stream_->Read(&response)) {
      Sent sent;
      {
        const std::lock_guard lock(mutex_);
        const auto at = under_way_.find(response.batch_id());
        if (at == under_way_.end()) continue;
        sent = at->second;
        under_way_.erase(at);
      }
      sender_.Note(ledger_, sent.line, sent.events, response);
    }
  }

  EventSender& sender_;
  const std::string ledger_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::AppendStreamRequest, v1::AppendStreamResponse>> stream_;
  uint64_t next_batch_ = 1;
  std::mutex mutex_;
  std::map<uint64_t, Sent> under_way_;  // guarded by mutex_
  std::thread answers_;
};

EventSender::EventSender(Connection& connection, bool check,
                         std::function<void(const LineProblem&)> on_problem)
    : connection_(connection), check_(check), on_problem_(std::move(on_problem)) {}

EventSender::~EventSender() {
  for (auto& stream : streams_) static_cast<void>(stream->Finish());
}

absl::Status EventSender::Send(v1::AppendRequest request, int64_t line) {
  const std::string ledger = request.ledger();
  if (check_) {
    auto& [all, lines] = checks_[ledger];
    all.set_ledger(ledger);
    all.set_dry_run(true);
    if (!request.simulated_time().empty()) all.set_simulated_time(request.simulated_time());
    lines.insert(lines.end(), static_cast<size_t>(request.events_size()), line);
    all.mutable_events()->MergeFrom(request.events());
    if (all.events_size() <= kDryRunEventsMax) return absl::OkStatus();
    return absl::OutOfRangeError(fmt::format(
        "line {}: a check takes at most {} events of one ledger; split the file", line, kDryRunEventsMax));
  }
  auto at =
      std::find_if(streams_.begin(), streams_.end(), [&](const auto& s) { return s->ledger() == ledger; });
  if (at == streams_.end()) {
    if (streams_.size() == kOpenStreamsMax) {
      std::unique_ptr<Stream> oldest = std::move(streams_.back());
      streams_.pop_back();
      RETURN_IF_ERROR(Close(std::move(oldest)));
    }
    streams_.push_front(std::make_unique<Stream>(*this, ledger));
  } else if (at != streams_.begin()) {
    streams_.splice(streams_.begin(), streams_, at);
  }
  if (streams_.front()->Write(std::move(request), line)) return absl::OkStatus();
  std::unique_ptr<Stream> ended = std::move(streams_.front());
  streams_.pop_front();
  RETURN_IF_ERROR(Close(std::move(ended)));
  return absl::UnavailableError("the server ended the stream; send again");
}

absl::Status EventSender::Close(std::unique_ptr<Stream> stream) {
  const grpc::Status status = stream->Finish();
  if (status.ok()) return absl::OkStatus();
  return {static_cast<absl::StatusCode>(status.error_code()),
          fmt::format("{}: {}", stream->ledger(), status.error_message())};
}

absl::Status EventSender::Finish() {
  absl::Status first;
  while (!streams_.empty()) {
    std::unique_ptr<Stream> stream = std::move(streams_.front());
    streams_.pop_front();
    first.Update(Close(std::move(stream)));
  }
  for (auto& [ledger, check] : checks_) first.Update(Check(ledger, check.first, check.second));
  checks_.clear();
  return first;
}

absl::Status EventSender::Check(const std::string& ledger, const v1::AppendRequest& request,
                                const std::vector<int64_t>& lines) {
  grpc::ClientContext context;
  Connection::Prepare(context, std::chrono::minutes(5));
  v1::AppendResponse response;
  const grpc::Status status = connection_.append().Append(&context, request, &response);
  if (!status.ok()) {
    const RpcError error = FromGrpcStatus(status);
    return {error.code,
            error.reason.empty() ? error.message : fmt::format("{} [{}]", error.message, error.reason)};
  }
  LedgerTally& tally = tallies_[ledger];
  for (const v1::Appended& event : response.events())
    ++(event.already_recorded() ? tally.already_recorded : tally.appended);
  tally.refused += static_cast<uint64_t>(response.refusals_size());
  tally.receipt = response.receipt();
  for (const v1::Refusal& refusal : response.refusals()) {
    Report({.line = refusal.event_index() < lines.size() ? lines[refusal.event_index()] : 0,
            .field = refusal.field(),
            .reason = refusal.reason(),
            .message = refusal.message()});
  }
  return absl::OkStatus();
}

void EventSender::Note(const std::string& ledger, int64_t line, int events,
                       const v1::AppendStreamResponse& response) {
  ++answered_;
  const std::lock_guard lock(mutex_);
  LedgerTally& tally = tallies_[ledger];
  if (response.has_appended()) {
    for (const v1::Appended& event : response.appended().events()) {
      ++(event.already_recorded() ? tally.already_recorded : tally.appended);
    }
    tally.receipt = response.appended().receipt();
  } else if (response.has_refused()) {
    tally.refused += static_cast<uint64_t>(events);
    on_problem_({.line = line,
                 .field = response.refused().field(),
                 .reason = response.refused().reason(),
                 .message = response.refused().message()});
  } else {
    tally.failed += static_cast<uint64_t>(events);
    on_problem_({.line = line,
                 .field = "",
                 .reason = absl::StatusCodeToString(static_cast<absl::StatusCode>(response.failed().code())),
                 .message = response.failed().message()});
  }
}

void EventSender::Report(const LineProblem& problem) {
  const std::lock_guard lock(mutex_);
  on_problem_(problem);
}

}  // namespace realise
