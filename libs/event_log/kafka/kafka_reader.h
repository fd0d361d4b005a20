// Following the topics of ledgers.  Private to this folder.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/event_log/event_log.h"
#include "libs/event_log/kafka/kafka_topics.h"
#include "libs/kafka/kafka_handles.h"
#include "libs/kafka/kafka_statistics.h"

namespace realise {

// One client that fetches any number of topics, each for one reader: one thread and one connection per broker
// serve them all.
struct KafkaConsumer {
  KafkaStatistics* statistics = nullptr;  // told how it fares, if not null
  std::atomic<uint64_t> outages{0};       // how often no broker was left; outlives the handle
  KafkaHandle handle;
  std::set<std::string> topics;  // under the pool's mutex
};

// The consumers of a log: one, unless several readers follow the same topic, which librdkafka allows once per
// client. Thread-safe.
class KafkaConsumerPool {
 public:
  // `statistics`, if not null, is told how they fare, and must outlive the pool.
  explicit KafkaConsumerPool(KafkaSettings connection, KafkaStatistics* statistics = nullptr)
      : connection_(std::move(connection)), statistics_(statistics) {}

  // A consumer that does not follow `topic` yet; the pool's.  Give it back with Release.
  [[nodiscard]] absl::StatusOr<KafkaConsumer*> Acquire(const std::string& topic);
  void Release(KafkaConsumer& consumer, const std::string& topic);

 private:
  const KafkaSettings connection_;
  KafkaStatistics* const statistics_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<KafkaConsumer>> consumers_;  // under mutex_; never shrinks
};

// Follows partition 0 of one topic from where it is told, by assignment and never by a group's offsets.
class KafkaReader : public LogReader {
 public:
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<KafkaReader>> Open(KafkaConsumerPool& pool,
                                                                         KafkaTopics& topics,
                                                                         const std::string& topic,
                                                                         Address from);
  ~KafkaReader() override;

  KafkaReader(const KafkaReader&) = delete;
  KafkaReader& operator=(const KafkaReader&) = delete;

  [[nodiscard]] absl::StatusOr<std::vector<LogRecord>> Read(std::chrono::milliseconds wait_max,
                                                            size_t bytes_max) override;
  [[nodiscard]] absl::StatusOr<Address> End() override;
  Address next_address() const override { return next_; }

 private:
  KafkaReader(KafkaConsumerPool& pool, KafkaTopics& topics, std::string name, KafkaConsumer& consumer,
              KafkaTopic topic, Address from)
      : pool_(pool),
        topics_(topics),
        name_(std::move(name)),
        consumer_(consumer),
        topic_(std::move(topic)),
        next_(from),
        outages_seen_(consumer.outages) {}

  absl::Status Start();
  void Halt();
  absl::Status Fetch(std::chrono::milliseconds wait);
  void Nudge(const rd_kafka_message_t& taken);
  absl::Status Explain(rd_kafka_resp_err_t error);
  absl::Status Stop(const std::string& what);

  KafkaConsumerPool& pool_;
  KafkaTopics& topics_;
  const std::string name_;
  KafkaConsumer& consumer_;
  const KafkaTopic topic_;
  Address next_;
  Address end_seen_ = 0;
  uint64_t outages_seen_;
  bool started_ = false;
  size_t messages_since_nudge_ = 0;
  size_t bytes_since_nudge_ = 0;
  std::deque<KafkaMessage> pending_;  // fetched, and not yet returned
  absl::Status stopped_;
};

}  // namespace realise
