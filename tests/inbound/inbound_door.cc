#include "tests/inbound/inbound_door.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <cctype>
#include <cstdlib>
#include <iostream>

#include "libs/base/ids.h"
#include "libs/inbound/kafka/kafka_messages.h"

namespace realise::testing {
namespace {

constexpr int kWaitMs = 60'000;

struct DeleteTopicDeleter {
  void operator()(rd_kafka_DeleteTopic_t* topic) const { rd_kafka_DeleteTopic_destroy(topic); }
};

struct DeleteRecordsDeleter {
  void operator()(rd_kafka_DeleteRecords_t* records) const { rd_kafka_DeleteRecords_destroy(records); }
};

[[noreturn]] void Give(const std::string& why) {
  std::cerr << why << "\n";
  std::exit(1);
}

std::string Unique() { return ToHex(RandomLedgerId().view()).substr(0, 10); }

std::string Brokers() {
  const char* const brokers = std::getenv("REALISE_KAFKA_BROKERS");
  if (brokers == nullptr || *brokers == '\0') Give("REALISE_KAFKA_BROKERS is not set: run tools/kafka up");
  return brokers;
}

using PartitionList = std::unique_ptr<rd_kafka_topic_partition_list_t, KafkaPartitionsDeleter>;

PartitionList AllPartitions(const std::string& topic, int partitions, int64_t offset) {
  PartitionList list(rd_kafka_topic_partition_list_new(partitions));
  for (int i = 0; i < partitions; ++i)
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), i)->offset = offset;
  return list;
}

}  // namespace

std::string FreshLedger() {
  std::string code = "I" + Unique().substr(0, 8);
  for (char& c : code) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return code;
}

InboundDoor::InboundDoor(int partitions)
    : cluster_{.brokers = Brokers()},
      topics_(InboundTopicsOf("test." + Unique() + ".inbound")),
      partitions_(partitions) {
  const auto made = CreateInboundTopics(cluster_, topics_, {.partitions = partitions});
  if (!made.ok()) Give(made.status().ToString());
  producer_ = *NewKafkaHandle(RD_KAFKA_PRODUCER,
                              OutcomeProducerSettings(ConnectionSettings(cluster_.brokers, {})), {});
  inbound_ = *NewKafkaTopic(producer_.get(), topics_.inbound);
  KafkaSettings settings = ConsumerSettings(ConnectionSettings(cluster_.brokers, {}));
  settings.insert(settings.end(), {{"group.id", topics_.group}});
  reader_ = *NewKafkaHandle(RD_KAFKA_CONSUMER, settings, {});
  rd_kafka_poll_set_consumer(reader_.get());
  rd_kafka_assign(reader_.get(),
                  AllPartitions(topics_.outcomes, partitions, RD_KAFKA_OFFSET_BEGINNING).get());
}

InboundDoor::~InboundDoor() {
  // librdkafka 2.0.2 may wait for ever at the end of a consumer whose topics are being deleted.
  rd_kafka_assign(reader_.get(), nullptr);
  reader_.reset();
  for (const std::string& topic : {topics_.inbound, topics_.outcomes, topics_.rejected}) DeleteTopic(topic);
}

void InboundDoor::DeleteTopic(const std::string& topic) {
  const std::unique_ptr<rd_kafka_DeleteTopic_t, DeleteTopicDeleter> gone(
      rd_kafka_DeleteTopic_new(topic.c_str()));
  const KafkaQueue queue(rd_kafka_queue_new(producer_.get()));
  rd_kafka_DeleteTopic_t* topics = gone.get();
  rd_kafka_DeleteTopics(producer_.get(), &topics, 1, nullptr, queue.get());
  const KafkaEvent answered(rd_kafka_queue_poll(queue.get(), kWaitMs));
  EXPECT_NE(answered, nullptr) << topic;
}

void InboundDoor::DeleteBelow(int64_t offset) {
  const PartitionList below(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(below.get(), topics_.inbound.c_str(), 0)->offset = offset;
  const std::unique_ptr<rd_kafka_DeleteRecords_t, DeleteRecordsDeleter> request(
      rd_kafka_DeleteRecords_new(below.get()));
  const KafkaQueue queue(rd_kafka_queue_new(producer_.get()));
  rd_kafka_DeleteRecords_t* requests = request.get();
  rd_kafka_DeleteRecords(producer_.get(), &requests, 1, nullptr, queue.get());
  const KafkaEvent answered(rd_kafka_queue_poll(queue.get(), kWaitMs));
  ASSERT_NE(answered, nullptr);
  ASSERT_EQ(rd_kafka_event_error(answered.get()), RD_KAFKA_RESP_ERR_NO_ERROR);
}

void InboundDoor::LimitRejectedTopic(int64_t message_bytes) {
  const std::unique_ptr<rd_kafka_ConfigResource_t, KafkaConfigResourceDeleter> resource(
      rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topics_.rejected.c_str()));
  rd_kafka_ConfigResource_set_config(resource.get(), "cleanup.policy", "delete");
  rd_kafka_ConfigResource_set_config(resource.get(), "unclean.leader.election.enable", "false");
  rd_kafka_ConfigResource_set_config(resource.get(), "max.message.bytes",
                                     std::to_string(message_bytes).c_str());
  const KafkaQueue queue(rd_kafka_queue_new(producer_.get()));
  rd_kafka_ConfigResource_t* resources = resource.get();
  rd_kafka_AlterConfigs(producer_.get(), &resources, 1, nullptr, queue.get());
  const KafkaEvent answered(rd_kafka_queue_poll(queue.get(), kWaitMs));
  ASSERT_NE(answered, nullptr);
  ASSERT_EQ(rd_kafka_event_error(answered.get()), RD_KAFKA_RESP_ERR_NO_ERROR);
}

void InboundDoor::Publish(int32_t partition, const MessageContent& message) {
  const absl::Status handed_over = Produce(producer_.get(), inbound_.get(), partition, message, nullptr);
  EXPECT_TRUE(handed_over.ok()) << handed_over;
  rd_kafka_poll(producer_.get(), 0);
}

void InboundDoor::Flush() { EXPECT_EQ(rd_kafka_flush(producer_.get(), kWaitMs), RD_KAFKA_RESP_ERR_NO_ERROR); }

void InboundDoor::PublishPacked(const MessageContent& message) {
  KafkaSettings settings = OutcomeProducerSettings(ConnectionSettings(cluster_.brokers, {}));
  settings.insert(settings.end(), {{"compression.codec", "gzip"}});
  const KafkaHandle producer = *NewKafkaHandle(RD_KAFKA_PRODUCER, settings, {});
  const KafkaTopic topic = *NewKafkaTopic(producer.get(), topics_.inbound);
  EXPECT_TRUE(Produce(producer.get(), topic.get(), 0, message, nullptr).ok());
  EXPECT_EQ(rd_kafka_flush(producer.get(), kWaitMs), RD_KAFKA_RESP_ERR_NO_ERROR);
}

void InboundDoor::Await(size_t messages, std::chrono::seconds wait) {
  Deadline deadline(wait);
  while (told_.size() < messages && deadline.Left().count() > 0) {
    const KafkaMessage message(rd_kafka_consumer_poll(reader_.get(), ToKafkaTimeout(deadline.Left())));
    if (message == nullptr || message->err != RD_KAFKA_RESP_ERR_NO_ERROR) continue;
    v1::InboundOutcome outcome;
    const MessageContent content = ContentOf(*message);
    const auto parsed = google::protobuf::util::JsonStringToMessage(content.value.value_or(""), &outcome);
    ASSERT_TRUE(parsed.ok()) << parsed;
    EXPECT_THAT(content.headers,
                ::testing::Contains(MessageHeader{"ce_type", OutcomeTypeOf(outcome.outcome())}));
    EXPECT_EQ(content.key.value_or(""), outcome.source());
    const v1::InboundPlace& at = outcome.inbound();
    told_[{at.topic(), at.partition(), at.offset()}].push_back(outcome);
    deadline = Deadline(wait);
  }
  EXPECT_EQ(told_.size(), messages) << "messages with an outcome";
}

const v1::InboundOutcome& InboundDoor::Last(int64_t offset) const {
  const auto found = told_.find({topics_.inbound, 0, offset});
  if (found == told_.end()) Give("nothing was told of offset " + std::to_string(offset));
  return found->second.back();
}

std::vector<int64_t> InboundDoor::Committed() const {
  const PartitionList list = AllPartitions(topics_.inbound, partitions_, RD_KAFKA_OFFSET_INVALID);
  EXPECT_EQ(rd_kafka_committed(reader_.get(), list.get(), kWaitMs), RD_KAFKA_RESP_ERR_NO_ERROR);
  std::vector<int64_t> offsets;
  for (int i = 0; i < list->cnt; ++i) offsets.push_back(std::max<int64_t>(list->elems[i].offset, -1));
  return offsets;
}

}  // namespace realise::testing
