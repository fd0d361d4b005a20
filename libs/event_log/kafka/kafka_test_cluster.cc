#include "libs/event_log/kafka/kafka_test_cluster.h"

#include <array>
#include <cstdlib>
#include <iostream>
#include <utility>

#include "fmt/format.h"
#include "gtest/gtest.h"
#include "libs/base/ids.h"

namespace realise {
namespace {

constexpr int kWaitMs = 20'000;

struct DeleteTopicDeleter {
  void operator()(rd_kafka_DeleteTopic_t* topic) const { rd_kafka_DeleteTopic_destroy(topic); }
};
struct DeleteRecordsDeleter {
  void operator()(rd_kafka_DeleteRecords_t* records) const { rd_kafka_DeleteRecords_destroy(records); }
};
struct PartitionListDeleter {
  void operator()(rd_kafka_topic_partition_list_t* list) const {
    rd_kafka_topic_partition_list_destroy(list);
  }
};
struct ErrorDeleter {
  void operator()(rd_kafka_error_t* error) const { rd_kafka_error_destroy(error); }
};

void ExpectAnswer(rd_kafka_queue_t* queue, const std::string& what) {
  const KafkaEvent event(rd_kafka_queue_poll(queue, kWaitMs));
  ASSERT_NE(event, nullptr) << what << ": no answer";
  EXPECT_EQ(rd_kafka_event_error(event.get()), RD_KAFKA_RESP_ERR_NO_ERROR)
      << what << ": " << rd_kafka_event_error_string(event.get());
}

void ExpectDone(rd_kafka_error_t* failed, const std::string& what) {
  const std::unique_ptr<rd_kafka_error_t, ErrorDeleter> error(failed);
  EXPECT_EQ(error, nullptr) << what << ": " << rd_kafka_error_string(error.get());
}

}  // namespace

std::string TestBrokers() {
  const char* const brokers = std::getenv("REALISE_KAFKA_BROKERS");
  if (brokers != nullptr && *brokers != '\0') return brokers;
  std::cerr << "This test needs a real Kafka broker and REALISE_KAFKA_BROKERS is not set.  Run\n"
               "  export REALISE_KAFKA_BROKERS=$(tools/kafka up)\n"
               "and then the test again.\n";
  std::exit(1);
}

TestTopics::TestTopics()
    : TestTopics(fmt::format("test.{}.", ToHex(RandomLedgerId().view()).substr(0, 12))) {}

TestTopics::TestTopics(std::string prefix) : brokers_(TestBrokers()), prefix_(std::move(prefix)) {
  auto handle = NewKafkaHandle(RD_KAFKA_PRODUCER, {{"bootstrap.servers", brokers_}, {"log_level", "3"}}, {});
  EXPECT_TRUE(handle.ok()) << handle.status();
  if (handle.ok()) handle_ = *std::move(handle);
}

TestTopics::~TestTopics() {
  const rd_kafka_metadata_t* found = nullptr;
  if (rd_kafka_metadata(handle_.get(), 1, nullptr, &found, kWaitMs) != RD_KAFKA_RESP_ERR_NO_ERROR) return;
  const std::unique_ptr<const rd_kafka_metadata_t, KafkaMetadataDeleter> metadata(found);
  for (int i = 0; i < metadata->topic_cnt; ++i) {
    const std::string topic = metadata->topics[i].topic;
    if (topic.rfind(prefix_, 0) == 0) DeleteTopic(topic);
  }
}

void TestTopics::Create(const std::string& ledger, int partitions,
                        const std::map<std::string, std::string>& settings) {
  const std::string topic = prefix_ + ledger;
  std::array<char, 256> reason{};
  const std::unique_ptr<rd_kafka_NewTopic_t, KafkaNewTopicDeleter> made(
      rd_kafka_NewTopic_new(topic.c_str(), partitions, 1, reason.data(), reason.size()));
  ASSERT_NE(made, nullptr) << reason.data();
  for (const auto& [name, value] : settings) {
    rd_kafka_NewTopic_set_config(made.get(), name.c_str(), value.c_str());
  }
  const KafkaQueue queue(rd_kafka_queue_new(handle_.get()));
  rd_kafka_NewTopic_t* topics = made.get();
  rd_kafka_CreateTopics(handle_.get(), &topics, 1, nullptr, queue.get());
  ExpectAnswer(queue.get(), "creating " + topic);
  // A single broker knows it at once; the first question may still come too early.
  KafkaTopic asked(rd_kafka_topic_new(handle_.get(), topic.c_str(), nullptr));
  for (int tries = 0; tries < 200; ++tries) {
    const rd_kafka_metadata_t* found = nullptr;
    ASSERT_EQ(rd_kafka_metadata(handle_.get(), 0, asked.get(), &found, kWaitMs), RD_KAFKA_RESP_ERR_NO_ERROR);
    const std::unique_ptr<const rd_kafka_metadata_t, KafkaMetadataDeleter> metadata(found);
    if (metadata->topics[0].partition_cnt == partitions && metadata->topics[0].partitions[0].leader >= 0)
      return;
    const KafkaEvent none(rd_kafka_queue_poll(queue.get(), 10));
  }
  ADD_FAILURE() << topic << " did not come up";
}

void TestTopics::Delete(const std::string& ledger) { DeleteTopic(prefix_ + ledger); }

void TestTopics::DeleteTopic(const std::string& topic) {
  const std::unique_ptr<rd_kafka_DeleteTopic_t, DeleteTopicDeleter> gone(
      rd_kafka_DeleteTopic_new(topic.c_str()));
  const KafkaQueue queue(rd_kafka_queue_new(handle_.get()));
  rd_kafka_DeleteTopic_t* topics = gone.get();
  rd_kafka_DeleteTopics(handle_.get(), &topics, 1, nullptr, queue.get());
  ExpectAnswer(queue.get(), "deleting " + topic);
}

void TestTopics::DeleteRecordsBelow(const std::string& ledger, Address address) {
  const std::string topic = prefix_ + ledger;
  const std::unique_ptr<rd_kafka_topic_partition_list_t, PartitionListDeleter> below(
      rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(below.get(), topic.c_str(), 0)->offset = address;
  const std::unique_ptr<rd_kafka_DeleteRecords_t, DeleteRecordsDeleter> request(
      rd_kafka_DeleteRecords_new(below.get()));
  const KafkaQueue queue(rd_kafka_queue_new(handle_.get()));
  rd_kafka_DeleteRecords_t* requests = request.get();
  rd_kafka_DeleteRecords(handle_.get(), &requests, 1, nullptr, queue.get());
  ExpectAnswer(queue.get(), "deleting records of " + topic);
}

void TestTopics::AppendTransaction(const std::string& ledger, const std::vector<std::string>& records,
                                   bool commit) {
  auto producer = NewKafkaHandle(
      RD_KAFKA_PRODUCER,
      {{"bootstrap.servers", brokers_}, {"transactional.id", prefix_ + ledger}, {"log_level", "3"}}, {});
  ASSERT_TRUE(producer.ok()) << producer.status();
  ExpectDone(rd_kafka_init_transactions(producer->get(), kWaitMs), "init_transactions");
  ExpectDone(rd_kafka_begin_transaction(producer->get()), "begin_transaction");
  const auto topic = NewKafkaTopic(producer->get(), prefix_ + ledger);
  ASSERT_TRUE(topic.ok()) << topic.status();
  for (const std::string& record : records) {
    EXPECT_EQ(rd_kafka_produce(topic->get(), 0, RD_KAFKA_MSG_F_COPY, const_cast<char*>(record.data()),
                               record.size(), nullptr, 0, nullptr),
              0);
  }
  EXPECT_EQ(rd_kafka_flush(producer->get(), kWaitMs), RD_KAFKA_RESP_ERR_NO_ERROR);
  ExpectDone(commit ? rd_kafka_commit_transaction(producer->get(), kWaitMs)
                    : rd_kafka_abort_transaction(producer->get(), kWaitMs),
             "end of transaction");
}

}  // namespace realise
