#include "tests/crash/serve_crash_publishers.h"

#include <chrono>
#include <map>
#include <string>
#include <utility>

#include "fmt/format.h"
#include "gtest/gtest.h"
#include "libs/rpc/rpc_status.h"

namespace realise::crash {
namespace {

// Before an unknown outcome is asked for again.
constexpr std::chrono::milliseconds kRetryAfter{20};

bool OutcomeUnknown(absl::StatusCode code) {
  return code == absl::StatusCode::kUnavailable || code == absl::StatusCode::kCancelled ||
         code == absl::StatusCode::kDeadlineExceeded;
}

void Expect(const std::string& stream, uint64_t version, v1::AppendRequest& request) {
  for (const v1::ExpectedVersion& expected : request.expected_versions()) {
    if (expected.stream() == stream) return;
  }
  v1::ExpectedVersion& expected = *request.add_expected_versions();
  expected.set_stream(stream);
  expected.set_version(version);
}

void AddStep(testing::Step step, v1::AppendRequest& request) {
  Expect(step.event.stream(), step.version_before, request);
  *request.add_events() = std::move(step.event);
}

// What was accepted stands right behind the versions that were expected.
void ExpectVersions(const v1::AppendRequest& request,
                    const google::protobuf::RepeatedPtrField<v1::Appended>& appended) {
  std::map<std::string, uint64_t> versions;
  for (const v1::ExpectedVersion& expected : request.expected_versions()) {
    versions[expected.stream()] = expected.version();
  }
  for (int i = 0; i < appended.size(); ++i) {
    const auto version = versions.find(request.events(i).stream());
    if (version == versions.end()) continue;
    EXPECT_EQ(appended.at(i).stream_version(), ++version->second) << request.events(i).id();
  }
}

}  // namespace

CallPublisher::CallPublisher(const Options& options, Answers& answers, SharedVersion& shared)
    : options_(options),
      answers_(answers),
      shared_(shared),
      random_(options.seed),
      story_(options.name, options.seed + 1) {}

void CallPublisher::Run(const Life& life) {
  Services services(life.address());
  while (!life.Ended()) {
    Asked asked = unknown_ ? *std::exchange(unknown_, std::nullopt) : Next();
    if (Send(services, life, asked)) continue;
    unknown_ = std::move(asked);
    if (life.WaitForEnd(kRetryAfter)) return;
  }
}

void CallPublisher::Settle(const Life& life) {
  Services services(life.address());
  while (unknown_ && !life.Ended()) {
    if (Send(services, life, *unknown_)) {
      unknown_.reset();
    } else if (life.WaitForEnd(kRetryAfter)) {
      return;
    }
  }
}

CallPublisher::Asked CallPublisher::Next() {
  const uint64_t choice = random_() % 20;
  if (choice == 0 && recorded_) return NextDuplicate();
  if (choice == 1 && recorded_) return NextConflict();
  if (choice <= 3) return NextQuery();
  return NextSteps();
}

CallPublisher::Asked CallPublisher::NextSteps() {
  Asked asked;
  const uint64_t count = 1 + random_() % static_cast<uint64_t>(options_.batch_max);
  for (uint64_t i = 0; i < count; ++i) AddStep(story_.Next(), asked.request);
  return asked;
}

CallPublisher::Asked CallPublisher::NextQuery() {
  Asked asked;
  asked.races = true;
  AddStep({testing::SharedQuery(fmt::format("{}-query-{}", options_.name, ++queries_)), shared_.load()},
          asked.request);
  return asked;
}

// Recorded already, and sent once more.
CallPublisher::Asked CallPublisher::NextDuplicate() {
  Asked asked;
  *asked.request.add_events() = *recorded_;
  return asked;
}

// Under an id that is taken, something else.
CallPublisher::Asked CallPublisher::NextConflict() {
  Asked asked;
  *asked.request.add_events() = *recorded_;
  asked.request.mutable_events(0)->set_occurred_on("2023-04-07");
  asked.expected_refusal = "CONFLICTING_DUPLICATE";
  return asked;
}

bool CallPublisher::Send(Services& services, const Life& life, Asked& asked) {
  asked.request.set_ledger(life.ledger());
  if (asked.expected_refusal.empty()) {
    for (const v1::Event& event : asked.request.events()) answers_.Sent(event);
  }
  grpc::ClientContext context;
  SetDeadline(context);
  v1::AppendResponse response;
  const grpc::Status status = services.append->Append(&context, asked.request, &response);
  if (status.ok()) {
    TakeAnswer(asked, response);
    return true;
  }
  if (OutcomeUnknown(FromGrpcStatus(status).code)) return false;
  TakeRefusal(asked, status);
  return true;
}

void CallPublisher::TakeAnswer(const Asked& asked, const v1::AppendResponse& response) {
  EXPECT_EQ(asked.expected_refusal, "") << "accepted: " << asked.request.ShortDebugString();
  ASSERT_EQ(response.events_size(), asked.request.events_size());
  ExpectVersions(asked.request, response.events());
  for (int i = 0; i < response.events_size(); ++i) {
    answers_.Accepted(response.events(i), asked.request.events(i), response.receipt());
  }
  if (!asked.races) {
    recorded_ = asked.request.events(0);
    return;
  }
  const uint64_t version = response.events(0).stream_version();
  uint64_t believed = shared_.load();
  while (believed < version && !shared_.compare_exchange_weak(believed, version)) {
  }
}

void CallPublisher::TakeRefusal(const Asked& asked, const grpc::Status& status) {
  const RpcError error = FromGrpcStatus(status);
  if (!asked.expected_refusal.empty()) {
    EXPECT_EQ(error.reason, asked.expected_refusal) << error.message;
    return;
  }
  EXPECT_TRUE(asked.races && error.reason == "WRONG_EXPECTED_VERSION")
      << error.reason << ": " << error.message << ": " << asked.request.ShortDebugString();
  for (const v1::Event& event : asked.request.events()) answers_.Refused(event);
}

StreamPublisher::StreamPublisher(const std::string& name, uint64_t seed, Answers& answers)
    : answers_(answers), random_(seed), story_(name, seed + 1) {}

void StreamPublisher::Run(const Life& life) {
  while (!SendAll(life, true)) {
    if (life.WaitForEnd(kRetryAfter)) return;
  }
}

void StreamPublisher::Settle(const Life& life) {
  while (!SendAll(life, false)) {
    if (life.WaitForEnd(kRetryAfter)) return;
  }
}

v1::AppendStreamRequest StreamPublisher::NextBatch() {
  v1::AppendStreamRequest batch;
  batch.set_batch_id(++batches_);
  const uint64_t count = 1 + random_() % kBatchMax;
  for (uint64_t i = 0; i < count; ++i) AddStep(story_.Next(), *batch.mutable_append());
  return batch;
}

bool StreamPublisher::SendAll(const Life& life, bool go_on) {
  Services services(life.address());
  grpc::ClientContext context;
  SetDeadline(context);
  const auto stream = services.append->AppendStream(&context);
  size_t under_way = 0;  // of the oldest of unknown_
  bool whole = true;
  v1::AppendStreamResponse response;
  while (whole) {
    const bool more = under_way < unknown_.size() || (go_on && !life.Ended());
    if (more && under_way < kWindow) {
      if (under_way == unknown_.size()) unknown_.push_back(NextBatch());
      v1::AppendStreamRequest& batch = unknown_[under_way];
      batch.mutable_append()->set_ledger(life.ledger());
      for (const v1::Event& event : batch.append().events()) answers_.Sent(event);
      whole = stream->Write(batch);
      if (whole) ++under_way;
      continue;
    }
    if (under_way == 0) break;
    whole = stream->Read(&response) && TakeAnswer(response);
    if (whole) --under_way;
  }
  // Answers to what is behind an unknown batch are thrown away: it is sent again, behind that batch.
  if (!whole) context.TryCancel();
  stream->WritesDone();
  while (stream->Read(&response)) {
  }
  const grpc::Status status = stream->Finish();
  if (whole) {
    EXPECT_TRUE(status.ok()) << status.error_message();
  } else {
    EXPECT_TRUE(status.ok() || OutcomeUnknown(FromGrpcStatus(status).code)) << status.error_message();
  }
  return whole;
}

bool StreamPublisher::TakeAnswer(const v1::AppendStreamResponse& response) {
  const v1::AppendStreamRequest& batch = unknown_.front();
  EXPECT_EQ(response.batch_id(), batch.batch_id()) << "answers come in the order of the batches";
  if (response.has_failed()) {
    EXPECT_TRUE(OutcomeUnknown(static_cast<absl::StatusCode>(response.failed().code())))
        << response.failed().message();
    return false;
  }
  const auto& recorded = response.appended().events();
  if (recorded.size() != batch.append().events_size()) {
    ADD_FAILURE() << response.ShortDebugString();
    return false;
  }
  ExpectVersions(batch.append(), recorded);
  for (int i = 0; i < recorded.size(); ++i) {
    answers_.Accepted(recorded.at(i), batch.append().events(i), response.appended().receipt());
  }
  unknown_.pop_front();
  return true;
}

}  // namespace realise::crash
