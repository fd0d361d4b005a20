#include "tests/torture/topic_surgeon.h"

#include <chrono>
#include <memory>

#include "fmt/format.h"
#include "libs/base/status_macros.h"
#include "libs/event_log/kafka/kafka_event_log.h"
#include "libs/kafka/kafka_admin.h"
#include "tests/torture/world.h"

namespace realise::torture {
namespace {

constexpr std::chrono::seconds kAdminMax{20};

std::string TopicOf(const std::string& ledger) { return "realise.ledger." + ledger; }

struct DeleteTopicOf {
  void operator()(rd_kafka_DeleteTopic_t* topic) const { rd_kafka_DeleteTopic_destroy(topic); }
};
struct DeleteRecordsOf {
  void operator()(rd_kafka_DeleteRecords_t* records) const { rd_kafka_DeleteRecords_destroy(records); }
};

absl::StatusOr<KafkaHandle> Client(const std::string& brokers) {
  return NewKafkaHandle(RD_KAFKA_PRODUCER, {{"bootstrap.servers", brokers}, {"log_level", "3"}}, {});
}

using ConfigResource = std::unique_ptr<rd_kafka_ConfigResource_t, KafkaConfigResourceDeleter>;

absl::StatusOr<KafkaEvent> DescribeSettings(rd_kafka_t* client, const std::string& topic) {
  const ConfigResource resource(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str()));
  const KafkaQueue queue(rd_kafka_queue_new(client));
  rd_kafka_ConfigResource_t* resources = resource.get();
  rd_kafka_DescribeConfigs(client, &resources, 1, nullptr, queue.get());
  return AwaitKafkaEvent(queue.get(), kAdminMax, "asking for a topic's settings");
}

absl::Status Await(rd_kafka_queue_t* queue, const std::string& what) {
  return AwaitKafkaEvent(queue, kAdminMax, what).status();
}

}  // namespace

absl::Status TopicSurgeon::AllInSync() const {
  ASSIGN_OR_RETURN(const KafkaHandle client, Client(brokers_));
  ASSIGN_OR_RETURN(const KafkaMetadata metadata,
                   QueryKafkaMetadata(client.get(), nullptr, kAdminMax, "whether all replicas are in sync"));
  for (int topic = 0; topic < metadata->topic_cnt; ++topic) {
    const rd_kafka_metadata_topic& of = metadata->topics[topic];
    for (int partition = 0; partition < of.partition_cnt; ++partition) {
      const rd_kafka_metadata_partition& found = of.partitions[partition];
      if (found.leader < 0 || found.isr_cnt < found.replica_cnt) {
        return absl::UnavailableError(fmt::format("partition {} of {} has {} of {} replicas in sync",
                                                  found.id, of.topic, found.isr_cnt, found.replica_cnt));
      }
    }
  }
  return absl::OkStatus();
}

absl::Status TopicSurgeon::Delete(const std::string& ledger) const {
  ASSIGN_OR_RETURN(const KafkaHandle client, Client(brokers_));
  const std::unique_ptr<rd_kafka_DeleteTopic_t, DeleteTopicOf> gone(
      rd_kafka_DeleteTopic_new(TopicOf(ledger).c_str()));
  const KafkaQueue queue(rd_kafka_queue_new(client.get()));
  rd_kafka_DeleteTopic_t* topics = gone.get();
  rd_kafka_DeleteTopics(client.get(), &topics, 1, nullptr, queue.get());
  return Await(queue.get(), "deleting a topic");
}

absl::Status TopicSurgeon::Replace(const std::string& ledger, const std::vector<std::string>& records) const {
  RETURN_IF_ERROR(Delete(ledger));
  ASSIGN_OR_RETURN(const auto log, KafkaEventLog::Open({.brokers = brokers_}));
  RETURN_IF_ERROR(Retry(kAdminMax, [&] { return log->CreateLedger(ledger); }));
  ASSIGN_OR_RETURN(const auto appender, log->OpenAppender(ledger));
  for (const std::string& record : records) RETURN_IF_ERROR(appender->Append(record));
  ASSIGN_OR_RETURN(const auto reader, log->OpenReader(ledger, 0));
  return Retry(kAdminMax, [&]() -> absl::Status {
    ASSIGN_OR_RETURN(const Address end, reader->End());
    if (end >= static_cast<Address>(records.size())) return absl::OkStatus();
    return absl::UnavailableError("not all of it is there yet");
  });
}

absl::Status TopicSurgeon::DeleteRecordsBelow(const std::string& ledger, int64_t offset) const {
  ASSIGN_OR_RETURN(const KafkaHandle client, Client(brokers_));
  const std::unique_ptr<rd_kafka_topic_partition_list_t, KafkaPartitionsDeleter> below(
      rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(below.get(), TopicOf(ledger).c_str(), 0)->offset = offset;
  const std::unique_ptr<rd_kafka_DeleteRecords_t, DeleteRecordsOf> request(
      rd_kafka_DeleteRecords_new(below.get()));
  const KafkaQueue queue(rd_kafka_queue_new(client.get()));
  rd_kafka_DeleteRecords_t* requests = request.get();
  rd_kafka_DeleteRecords(client.get(), &requests, 1, nullptr, queue.get());
  return Await(queue.get(), "deleting records");
}

// Kafka's request replaces all settings of a topic: those that it has are sent with the new one.
absl::Status TopicSurgeon::Set(const std::string& ledger, const std::string& setting,
                               const std::string& value) const {
  ASSIGN_OR_RETURN(const KafkaHandle client, Client(brokers_));
  ASSIGN_OR_RETURN(const KafkaEvent described, DescribeSettings(client.get(), TopicOf(ledger)));
  const ConfigResource resource(
      rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, TopicOf(ledger).c_str()));
  size_t count = 0;
  const auto* const* found = rd_kafka_DescribeConfigs_result_resources(
      rd_kafka_event_DescribeConfigs_result(described.get()), &count);
  for (size_t i = 0; i < count; ++i) {
    size_t entries = 0;
    const auto* const* entry = rd_kafka_ConfigResource_configs(found[i], &entries);
    for (size_t j = 0; j < entries; ++j) {
      const char* const name = rd_kafka_ConfigEntry_name(entry[j]);
      const bool own = rd_kafka_ConfigEntry_source(entry[j]) == RD_KAFKA_CONFIG_SOURCE_DYNAMIC_TOPIC_CONFIG;
      if (!own || name == setting) continue;
      rd_kafka_ConfigResource_set_config(resource.get(), name, rd_kafka_ConfigEntry_value(entry[j]));
    }
  }
  rd_kafka_ConfigResource_set_config(resource.get(), setting.c_str(), value.c_str());
  const KafkaQueue queue(rd_kafka_queue_new(client.get()));
  rd_kafka_ConfigResource_t* resources = resource.get();
  rd_kafka_AlterConfigs(client.get(), &resources, 1, nullptr, queue.get());
  return Await(queue.get(), "changing a topic's settings");
}

}  // namespace realise::torture
