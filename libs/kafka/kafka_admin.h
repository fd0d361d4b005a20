// Questions to a cluster, and topics made in it.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/kafka/kafka_handles.h"

namespace realise {

// A topic that is to be made.
struct NewKafkaTopicOptions {
  std::string name;
  int partitions = 1;
  int replicas = 1;
  KafkaSettings settings{};  // of the topic, Kafka's names: "retention.ms" ...
};

// Of one topic, or of all if `topic` is null.   UNAVAILABLE  no answer in time; `what` says what was asked.
[[nodiscard]] absl::StatusOr<KafkaMetadata> QueryKafkaMetadata(rd_kafka_t* handle, rd_kafka_topic_t* topic,
                                                               std::chrono::milliseconds timeout,
                                                               std::string_view what);

[[nodiscard]] absl::StatusOr<KafkaAdminOptions> NewKafkaAdminOptions(rd_kafka_t* handle,
                                                                     rd_kafka_admin_op_t operation,
                                                                     std::chrono::milliseconds timeout);

// The answer to an administrator's request that was sent with that time-out.   UNAVAILABLE  none came.
[[nodiscard]] absl::StatusOr<KafkaEvent> AwaitKafkaEvent(rd_kafka_queue_t* queue,
                                                         std::chrono::milliseconds timeout,
                                                         std::string_view what);

// As many as there are brokers, and at most 3.
[[nodiscard]] absl::StatusOr<int> ReplicasOfNewTopic(rd_kafka_t* handle, std::chrono::milliseconds timeout);

// Made when it returns; a broker other than the one that was asked may not know of it yet.
//   ALREADY_EXISTS  there is one.
[[nodiscard]] absl::Status CreateKafkaTopic(rd_kafka_t* handle, const NewKafkaTopicOptions& options,
                                            std::chrono::milliseconds timeout);

}  // namespace realise
