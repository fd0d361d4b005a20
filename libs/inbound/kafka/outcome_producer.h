// Publishes outcomes and copies of rejected messages until the topic has them.  Private to this folder.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "libs/inbound/inbound_message.h"
#include "libs/kafka/kafka_handles.h"

namespace realise {

// The message that something is published about.
struct SettledPlace {
  int32_t partition = 0;
  uint64_t assignment = 0;  // which time this process got the partition
  int64_t offset = 0;
};

// Used by one thread.
class OutcomeProducer {
 public:
  // `wake` is called, on any thread, when Poll has something to do.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<OutcomeProducer>> Open(
      const KafkaSettings& connection, const std::string& outcomes_topic, const std::string& rejected_topic,
      std::function<void()> wake);
  ~OutcomeProducer();

  OutcomeProducer(const OutcomeProducer&) = delete;
  OutcomeProducer& operator=(const OutcomeProducer&) = delete;

  // It is tried again until the topic has it.  A copy that is too large for its topic goes without its value,
  // and if that is still too large, as no more than where the message stands and why it was rejected.
  void SendOutcome(MessageContent outcome, const SettledPlace& about);
  void SendRejected(MessageContent copy, const SettledPlace& about);

  // What was delivered since the last call, each once.  Does not wait.
  [[nodiscard]] std::vector<SettledPlace> Poll(std::chrono::steady_clock::time_point now);
  size_t under_way() const { return under_way_; }
  // Why the last outcome, or the last copy, could not be delivered; OK after one of the same could.
  const absl::Status& failure() const { return outcome_failure_.ok() ? copy_failure_ : outcome_failure_; }

 private:
  struct Sent {
    SettledPlace about;
    bool is_copy = false;
  };
  absl::Status& FailureOf(const Sent& sent) { return sent.is_copy ? copy_failure_ : outcome_failure_; }
  struct Again {
    std::unique_ptr<Sent> sent;
    MessageContent content;
  };

  explicit OutcomeProducer(std::function<void()> wake) : wake_(std::move(wake)) {}
  static void NoteDelivery(rd_kafka_t* handle, const rd_kafka_message_t* message, void* opaque);
  static void Wake(rd_kafka_t* handle, void* opaque);
  void Send(std::unique_ptr<Sent> sent, MessageContent content);
  void TryAgain(std::unique_ptr<Sent> sent, MessageContent content, absl::Status why, bool too_large);

  const std::function<void()> wake_;
  size_t under_way_ = 0;
  std::vector<SettledPlace> delivered_;
  std::deque<Again> again_;
  std::chrono::steady_clock::time_point again_at_{};
  absl::Status outcome_failure_;
  absl::Status copy_failure_;
  KafkaHandle handle_;  // its callback uses the above
  KafkaTopic outcomes_;
  KafkaTopic rejected_;
};

}  // namespace realise
