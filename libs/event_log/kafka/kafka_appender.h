// Appending to the topics of ledgers.  Private to this folder.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/event_log/event_log.h"
#include "libs/kafka/kafka_handles.h"
#include "libs/kafka/kafka_statistics.h"

namespace realise {

// Longer records are refused: with what Kafka wraps it in, this one fits into the 1 MiB that a safe topic
// takes at least.
inline constexpr size_t kKafkaRecordBytesMax = 1024 * 1024 - 1024;

struct KafkaProducerLimits {
  std::chrono::milliseconds delivery_timeout{};  // until a record under way counts as failed
  size_t queued_bytes_max = 0;
  KafkaStatistics* statistics = nullptr;  // told how the producer fares, if not null
};

// The one idempotent producer of a process.  A fatal error ends it for good.  Thread-safe.
class KafkaProducer {
 public:
  [[nodiscard]] static absl::StatusOr<std::shared_ptr<KafkaProducer>> Open(const KafkaSettings& connection,
                                                                           const KafkaProducerLimits& limits);
  // Waits a moment for what is under way.
  ~KafkaProducer();

  KafkaProducer(const KafkaProducer&) = delete;
  KafkaProducer& operator=(const KafkaProducer&) = delete;

  rd_kafka_t* handle() const { return handle_.get(); }
  bool dead() const;

  // A sender is who is told of the failures of what it sent.
  uint64_t AddSender();
  void RemoveSender(uint64_t sender);

  // As LogAppender::Append and TakeFailure.
  [[nodiscard]] absl::Status Send(uint64_t sender, rd_kafka_topic_t* topic, const std::string& stored);
  [[nodiscard]] absl::Status TakeFailure(uint64_t sender);

 private:
  explicit KafkaProducer(KafkaStatistics* statistics) : statistics_(statistics) {}
  static int NoteStatistics(rd_kafka_t* handle, char* json, size_t length, void* opaque);
  static void NoteDelivery(rd_kafka_t* handle, const rd_kafka_message_t* message, void* opaque);

  KafkaStatistics* const statistics_;
  std::mutex mutex_;
  uint64_t last_sender_ = 0;                   // under mutex_
  std::map<uint64_t, absl::Status> failures_;  // under mutex_; the first one of each sender, or OK
  KafkaHandle handle_;                         // last: its callback uses the others
};

class KafkaAppender : public LogAppender {
 public:
  // The producer is shared because one that died is replaced for new appenders, while the old ones still hold
  // it.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<KafkaAppender>> Open(
      std::shared_ptr<KafkaProducer> producer, const std::string& topic);
  ~KafkaAppender() override;

  KafkaAppender(const KafkaAppender&) = delete;
  KafkaAppender& operator=(const KafkaAppender&) = delete;

  [[nodiscard]] absl::Status Append(std::string stored) override;
  [[nodiscard]] absl::Status TakeFailure() override;

 private:
  KafkaAppender(std::shared_ptr<KafkaProducer> producer, KafkaTopic topic)
      : producer_(std::move(producer)), sender_(producer_->AddSender()), topic_(std::move(topic)) {}

  const std::shared_ptr<KafkaProducer> producer_;
  const uint64_t sender_;
  const KafkaTopic topic_;
};

}  // namespace realise
