// Following the topics of ledgers.  Private to this folder.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/event_log/event_log.h"
#include "libs/event_log/kafka/kafka_feed.h"
#include "libs/event_log/kafka/kafka_topics.h"

namespace realise {

// Follows partition 0 of one topic from where it is told, by assignment and never by a group's offsets.
// `feeds` and `topics` must outlive it.
class KafkaReader : public LogReader {
 public:
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<KafkaReader>> Open(KafkaFeeds& feeds,
                                                                         KafkaTopics& topics,
                                                                         const std::string& topic,
                                                                         Address from);
  ~KafkaReader() override;

  KafkaReader(const KafkaReader&) = delete;
  KafkaReader& operator=(const KafkaReader&) = delete;

  [[nodiscard]] absl::StatusOr<std::vector<LogRecord>> Read(std::chrono::milliseconds wait_max,
                                                            size_t bytes_max) override;
  [[nodiscard]] absl::StatusOr<Address> End() override;
  Address next_address() const override { return cursor_.next; }

 private:
  KafkaReader(KafkaFeeds& feeds, KafkaTopics& topics, std::string name, Address from)
      : feeds_(feeds), topics_(topics), name_(std::move(name)), cursor_{from} {}

  absl::Status Join();
  void Leave();
  void NoteOutage();
  absl::StatusOr<FedRecords> Take(std::chrono::milliseconds wait_max, size_t bytes_max);
  absl::Status Explain(rd_kafka_resp_err_t error);
  absl::Status Stop(const std::string& what);

  KafkaFeeds& feeds_;
  KafkaTopics& topics_;
  const std::string name_;
  FeedCursor cursor_;
  KafkaFeed* feed_ = nullptr;  // null when it has to be joined anew
  Address end_seen_ = 0;
  uint64_t outages_seen_ = 0;  // of the feed's consumer
  bool outage_ = false;        // and not yet told
  absl::Status stopped_;
};

}  // namespace realise
