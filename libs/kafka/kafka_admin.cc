#include "libs/kafka/kafka_admin.h"

#include <algorithm>
#include <array>

#include "fmt/format.h"
#include "libs/base/status_macros.h"

namespace realise {
namespace {

constexpr int kReplicasMax = 3;

}  // namespace

absl::StatusOr<KafkaMetadata> QueryKafkaMetadata(rd_kafka_t* handle, rd_kafka_topic_t* topic,
                                                 std::chrono::milliseconds timeout, std::string_view what) {
  const rd_kafka_metadata_t* metadata = nullptr;
  const auto error = rd_kafka_metadata(handle, topic == nullptr, topic, &metadata, ToKafkaTimeout(timeout));
  RETURN_IF_ERROR(FromKafka(error, what));
  return KafkaMetadata(metadata);
}

absl::StatusOr<KafkaAdminOptions> NewKafkaAdminOptions(rd_kafka_t* handle, rd_kafka_admin_op_t operation,
                                                       std::chrono::milliseconds timeout) {
  KafkaAdminOptions options(rd_kafka_AdminOptions_new(handle, operation));
  std::array<char, 256> reason{};
  const auto error = rd_kafka_AdminOptions_set_request_timeout(options.get(), ToKafkaTimeout(timeout),
                                                               reason.data(), reason.size());
  RETURN_IF_ERROR(FromKafka(error, reason.data()));
  return options;
}

absl::StatusOr<KafkaEvent> AwaitKafkaEvent(rd_kafka_queue_t* queue, std::chrono::milliseconds timeout,
                                           std::string_view what) {
  // The request ends by itself at its own time-out; a second more keeps that answer from being missed.
  KafkaEvent event(rd_kafka_queue_poll(queue, ToKafkaTimeout(timeout + std::chrono::seconds(1))));
  if (event == nullptr) return absl::UnavailableError(fmt::format("Kafka, {}: no answer in time", what));
  RETURN_IF_ERROR(FromKafka(rd_kafka_event_error(event.get()), what));
  return event;
}

absl::StatusOr<int> ReplicasOfNewTopic(rd_kafka_t* handle, std::chrono::milliseconds timeout) {
  ASSIGN_OR_RETURN(const KafkaMetadata metadata,
                   QueryKafkaMetadata(handle, nullptr, timeout, "counting the brokers"));
  return std::clamp(metadata->broker_cnt, 1, kReplicasMax);
}

absl::Status CreateKafkaTopic(rd_kafka_t* handle, const NewKafkaTopicOptions& options,
                              std::chrono::milliseconds timeout) {
  const std::string what = fmt::format("creating topic {}", options.name);
  std::array<char, 256> reason{};
  const std::unique_ptr<rd_kafka_NewTopic_t, KafkaNewTopicDeleter> made(rd_kafka_NewTopic_new(
      options.name.c_str(), options.partitions, options.replicas, reason.data(), reason.size()));
  if (made == nullptr) return absl::InvalidArgumentError(fmt::format("Kafka, {}: {}", what, reason.data()));
  for (const auto& [name, value] : options.settings) {
    RETURN_IF_ERROR(FromKafka(rd_kafka_NewTopic_set_config(made.get(), name.c_str(), value.c_str()), name));
  }
  ASSIGN_OR_RETURN(const KafkaAdminOptions admin,
                   NewKafkaAdminOptions(handle, RD_KAFKA_ADMIN_OP_CREATETOPICS, timeout));
  const KafkaQueue queue(rd_kafka_queue_new(handle));
  rd_kafka_NewTopic_t* topics = made.get();
  rd_kafka_CreateTopics(handle, &topics, 1, admin.get(), queue.get());
  ASSIGN_OR_RETURN(const KafkaEvent event, AwaitKafkaEvent(queue.get(), timeout, what));
  size_t count = 0;
  const auto* const* results =
      rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event.get()), &count);
  for (size_t i = 0; i < count; ++i) {
    const auto error = rd_kafka_topic_result_error(results[i]);
    const char* const detail = rd_kafka_topic_result_error_string(results[i]);
    RETURN_IF_ERROR(FromKafka(error, fmt::format("{} ({})", what, detail == nullptr ? "" : detail)));
  }
  return absl::OkStatus();
}

}  // namespace realise
