#include "libs/fleet/kafka/heartbeat_topic.h"

#include <array>
#include <utility>

#include "fmt/format.h"
#include "libs/base/status_macros.h"
#include "libs/kafka/kafka_admin.h"

namespace realise {
namespace {

using internal::v1::Heartbeat;

constexpr size_t kMessagesAtOnce = 64;
// Nothing read for as long: the topic may be gone.
constexpr std::chrono::milliseconds kQuietMax{2000};
// Short enough that whoever waits for it is not taken for gone.
constexpr std::chrono::milliseconds kMakeAgainMax{500};

KafkaSettings ProducerSettings(const KafkaSettings& connection) {
  KafkaSettings settings = connection;
  settings.insert(settings.end(), {{"acks", "1"},
                                   {"linger.ms", "0"},
                                   {"message.timeout.ms", "2000"},
                                   {"request.timeout.ms", "2000"},
                                   {"retry.backoff.ms", "50"},
                                   {"queue.buffering.max.messages", "100"},
                                   {"delivery.report.only.error", "true"}});
  return settings;
}

KafkaSettings TailSettings(const KafkaSettings& connection) {
  KafkaSettings settings = ConsumerSettings(connection);
  // What was lost of a topic like this one is not missed.
  settings.insert(settings.end(), {{"auto.offset.reset", "latest"}, {"fetch.wait.max.ms", "100"}});
  return settings;
}

// Nothing of it is needed after some seconds, and whatever replica is left will do.
absl::Status MakeTopic(rd_kafka_t* handle, const std::string& name, std::chrono::milliseconds timeout) {
  ASSIGN_OR_RETURN(const int replicas, ReplicasOfNewTopic(handle, timeout));
  const absl::Status made = CreateKafkaTopic(handle,
                                             {.name = name,
                                              .replicas = replicas,
                                              .settings = {{"cleanup.policy", "delete"},
                                                           {"retention.ms", "300000"},
                                                           {"segment.ms", "300000"},
                                                           {"segment.bytes", "1048576"},
                                                           {"max.message.bytes", "65536"},
                                                           {"min.insync.replicas", "1"},
                                                           {"unclean.leader.election.enable", "true"}}},
                                             timeout);
  return absl::IsAlreadyExists(made) ? absl::OkStatus() : made;
}

absl::Status MakeTopicIfMissing(rd_kafka_t* handle, const std::string& name,
                                std::chrono::milliseconds timeout) {
  ASSIGN_OR_RETURN(const KafkaTopic topic, NewKafkaTopic(handle, name));
  ASSIGN_OR_RETURN(
      const KafkaMetadata metadata,
      QueryKafkaMetadata(handle, topic.get(), timeout, fmt::format("looking for topic {}", name)));
  if (metadata->topic_cnt == 1 && metadata->topics[0].partition_cnt > 1) {
    return absl::InvalidArgumentError(
        fmt::format("topic {} has {} partitions, and must have 1: delete it, and it is made again", name,
                    metadata->topics[0].partition_cnt));
  }
  if (metadata->topic_cnt == 1 && metadata->topics[0].partition_cnt == 1) return absl::OkStatus();
  return MakeTopic(handle, name, timeout);
}

}  // namespace

absl::StatusOr<std::unique_ptr<HeartbeatTopic>> HeartbeatTopic::Open(const KafkaFleetOptions& options) {
  if (options.brokers.empty()) return absl::InvalidArgumentError("no Kafka brokers are named");
  const KafkaSettings connection = ConnectionSettings(options.brokers, options.connection);
  std::unique_ptr<HeartbeatTopic> topic(new HeartbeatTopic(options.topic));
  ASSIGN_OR_RETURN(topic->producer_, NewKafkaHandle(RD_KAFKA_PRODUCER, ProducerSettings(connection), {}));
  ASSIGN_OR_RETURN(topic->consumer_, NewKafkaHandle(RD_KAFKA_CONSUMER, TailSettings(connection), {}));
  ASSIGN_OR_RETURN(topic->published_, NewKafkaTopic(topic->producer_.get(), options.topic));
  RETURN_IF_ERROR(MakeTopicIfMissing(topic->producer_.get(), options.topic, options.request_timeout));
  ASSIGN_OR_RETURN(topic->read_, NewKafkaTopic(topic->consumer_.get(), options.topic));
  if (rd_kafka_consume_start(topic->read_.get(), 0, RD_KAFKA_OFFSET_END) != 0) {
    return FromKafka(rd_kafka_last_error(), fmt::format("reading topic {}", options.topic));
  }
  return topic;
}

HeartbeatTopic::~HeartbeatTopic() {
  if (read_ != nullptr) rd_kafka_consume_stop(read_.get(), 0);
  if (producer_ != nullptr)
    rd_kafka_purge(producer_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
}

absl::Status HeartbeatTopic::Publish(const Heartbeat& beat) {
  std::string bytes = beat.SerializeAsString();
  rd_kafka_poll(producer_.get(), 0);
  // librdkafka copies both; it takes pointers that are not const for its other modes.
  const int sent = rd_kafka_produce(published_.get(), 0, RD_KAFKA_MSG_F_COPY, bytes.data(), bytes.size(),
                                    beat.process_id().data(), beat.process_id().size(), nullptr);
  return sent == 0 ? absl::OkStatus()
                   : FromKafka(rd_kafka_last_error(), fmt::format("publishing to topic {}", name_));
}

absl::Status HeartbeatTopic::Read(std::chrono::milliseconds wait_max, std::vector<Heartbeat>& beats) {
  const auto take = [&](const rd_kafka_message_t& message) {
    if (message.err == RD_KAFKA_RESP_ERR__PARTITION_EOF) return RD_KAFKA_RESP_ERR_NO_ERROR;
    if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR) return message.err;
    Heartbeat beat;
    // What somebody else put there is no heartbeat of anybody.
    if (beat.ParseFromArray(message.payload, static_cast<int>(message.len))) beats.push_back(std::move(beat));
    return RD_KAFKA_RESP_ERR_NO_ERROR;
  };
  const KafkaMessage first(rd_kafka_consume(read_.get(), 0, ToKafkaTimeout(wait_max)));
  rd_kafka_poll(consumer_.get(), 0);
  rd_kafka_poll(producer_.get(), 0);
  if (first == nullptr) return LookIfQuiet();
  const size_t before = beats.size();
  rd_kafka_resp_err_t error = take(*first);
  std::array<rd_kafka_message_t*, kMessagesAtOnce> more{};
  const ssize_t count = rd_kafka_consume_batch(read_.get(), 0, 0, more.data(), more.size());
  for (ssize_t i = 0; i < count; ++i) {
    const KafkaMessage message(more.at(static_cast<size_t>(i)));
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) error = take(*message);
  }
  if (beats.size() > before) quiet_.reset();
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return LookIfQuiet();
  return absl::UnavailableError(FromKafka(error, fmt::format("reading topic {}", name_)).message());
}

// A deletion takes its time, and librdkafka tells of it once.  It finds the new topic by itself: a consumer
// that is stopped while its topic is gone could never be destroyed.
absl::Status HeartbeatTopic::LookIfQuiet() {
  if (!quiet_) quiet_.emplace(kQuietMax);
  if (quiet_->Left().count() > 0) return absl::OkStatus();
  quiet_.reset();
  return MakeTopicIfMissing(producer_.get(), name_, kMakeAgainMax);
}

}  // namespace realise
