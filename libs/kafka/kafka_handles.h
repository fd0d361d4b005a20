// Who owns librdkafka's handles, how they are configured, and where its errors end.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "librdkafka/rdkafka.h"

namespace realise {

struct KafkaHandleDeleter {
  void operator()(rd_kafka_t* handle) const { rd_kafka_destroy(handle); }
};
struct KafkaTopicDeleter {
  void operator()(rd_kafka_topic_t* topic) const { rd_kafka_topic_destroy(topic); }
};
struct KafkaConfDeleter {
  void operator()(rd_kafka_conf_t* conf) const { rd_kafka_conf_destroy(conf); }
};
struct KafkaMessageDeleter {
  void operator()(rd_kafka_message_t* message) const { rd_kafka_message_destroy(message); }
};
struct KafkaQueueDeleter {
  void operator()(rd_kafka_queue_t* queue) const { rd_kafka_queue_destroy(queue); }
};
struct KafkaEventDeleter {
  void operator()(rd_kafka_event_t* event) const { rd_kafka_event_destroy(event); }
};
struct KafkaMetadataDeleter {
  void operator()(const rd_kafka_metadata_t* metadata) const { rd_kafka_metadata_destroy(metadata); }
};
struct KafkaNewTopicDeleter {
  void operator()(rd_kafka_NewTopic_t* topic) const { rd_kafka_NewTopic_destroy(topic); }
};
struct KafkaConfigResourceDeleter {
  void operator()(rd_kafka_ConfigResource_t* resource) const { rd_kafka_ConfigResource_destroy(resource); }
};
struct KafkaPartitionsDeleter {
  void operator()(rd_kafka_topic_partition_list_t* list) const {
    rd_kafka_topic_partition_list_destroy(list);
  }
};
struct KafkaAdminOptionsDeleter {
  void operator()(rd_kafka_AdminOptions_t* options) const { rd_kafka_AdminOptions_destroy(options); }
};

using KafkaHandle = std::unique_ptr<rd_kafka_t, KafkaHandleDeleter>;
using KafkaTopic = std::unique_ptr<rd_kafka_topic_t, KafkaTopicDeleter>;
using KafkaMessage = std::unique_ptr<rd_kafka_message_t, KafkaMessageDeleter>;
using KafkaQueue = std::unique_ptr<rd_kafka_queue_t, KafkaQueueDeleter>;
using KafkaEvent = std::unique_ptr<rd_kafka_event_t, KafkaEventDeleter>;
using KafkaMetadata = std::unique_ptr<const rd_kafka_metadata_t, KafkaMetadataDeleter>;
using KafkaAdminOptions = std::unique_ptr<rd_kafka_AdminOptions_t, KafkaAdminOptionsDeleter>;

// librdkafka's names and values, in the order in which they are set.
using KafkaSettings = std::vector<std::pair<std::string, std::string>>;

// What librdkafka calls from rd_kafka_poll, with `opaque`, which must outlive the handle.
struct KafkaCallbacks {
  void* opaque = nullptr;
  void (*error)(rd_kafka_t*, int, const char*, void*) = nullptr;
  void (*delivery)(rd_kafka_t*, const rd_kafka_message_t*, void*) = nullptr;
  // Every five seconds, with JSON that librdkafka frees if this returns 0.
  int (*statistics)(rd_kafka_t*, char*, size_t, void*) = nullptr;
  void (*rebalance)(rd_kafka_t*, rd_kafka_resp_err_t, rd_kafka_topic_partition_list_t*, void*) = nullptr;
  void (*commit)(rd_kafka_t*, rd_kafka_resp_err_t, rd_kafka_topic_partition_list_t*, void*) = nullptr;
};

//   INVALID_ARGUMENT  a setting is unknown or does not fit the others; the message names it.
[[nodiscard]] absl::StatusOr<KafkaHandle> NewKafkaHandle(rd_kafka_type_t type, const KafkaSettings& settings,
                                                         const KafkaCallbacks& callbacks);

// How every client connects: to `brokers`, "host:port,host:port", and as `more` says in librdkafka's names,
// security.protocol or sasl.username for example.
[[nodiscard]] KafkaSettings ConnectionSettings(const std::string& brokers, const KafkaSettings& more);

// The settings of every consumer, on top of `connection`: it starts where it is told, never elsewhere, shows
// every record to everybody, and checks checksums.
[[nodiscard]] KafkaSettings ConsumerSettings(const KafkaSettings& connection);

//   UNAVAILABLE  librdkafka refuses it; the message says why.
[[nodiscard]] absl::StatusOr<KafkaTopic> NewKafkaTopic(rd_kafka_t* handle, const std::string& topic);

// NOT_FOUND for a topic that does not exist, ALREADY_EXISTS for one that does, UNAVAILABLE for everything
// else. `what` says what was being done.
[[nodiscard]] absl::Status FromKafka(rd_kafka_resp_err_t error, std::string_view what);

// Whether an error of a consumer means that a stored record cannot be read as it was written.
[[nodiscard]] bool IsDamage(rd_kafka_resp_err_t error);

// Asks the leader of partition 0 for its first offset (RD_KAFKA_OFFSET_BEGINNING), or for its high watermark
// (RD_KAFKA_OFFSET_END).  Unlike rd_kafka_query_watermark_offsets it really ends at its time-out; a
// broker that leads the topic no more, or not yet, is not the last one that is asked.
[[nodiscard]] absl::StatusOr<int64_t> QueryOffset(rd_kafka_t* handle, const std::string& topic, int64_t which,
                                                  std::chrono::milliseconds timeout);

// Milliseconds as librdkafka takes them.
[[nodiscard]] int ToKafkaTimeout(std::chrono::milliseconds timeout);

// A moment up to which a call may wait.
class Deadline {
 public:
  explicit Deadline(std::chrono::milliseconds wait) : end_(std::chrono::steady_clock::now() + wait) {}
  // Never negative.
  std::chrono::milliseconds Left() const;

 private:
  std::chrono::steady_clock::time_point end_;
};

}  // namespace realise
