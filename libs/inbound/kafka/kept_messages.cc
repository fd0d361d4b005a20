#include "libs/inbound/kafka/kept_messages.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "libs/base/sha256.h"
#include "libs/base/status_macros.h"
#include "libs/event_log/kafka/kafka_topics.h"
#include "libs/inbound/kafka/kafka_messages.h"
#include "libs/kafka/kafka_handles.h"

namespace realise {
namespace {

constexpr int kFlushMs = 60'000;
constexpr size_t kProduceTogether = 1000;

using PartitionList = std::unique_ptr<rd_kafka_topic_partition_list_t, KafkaPartitionsDeleter>;

absl::StatusOr<int> PartitionsOf(const InboundCluster& cluster, const std::string& topic) {
  ASSIGN_OR_RETURN(
      const auto client,
      KafkaTopics::Open(ConnectionSettings(cluster.brokers, cluster.connection), cluster.request_timeout));
  ASSIGN_OR_RETURN(const TopicShape shape, client->Describe(topic));
  return shape.partitions;
}

// A client that reads a topic once, from its beginning to where it ends.
absl::StatusOr<KafkaHandle> OpenFromTheBeginning(const InboundCluster& cluster, const std::string& topic,
                                                 int partitions) {
  KafkaSettings settings = ConsumerSettings(ConnectionSettings(cluster.brokers, cluster.connection));
  // It assigns its partitions itself, and joins no group; librdkafka wants a name all the same.
  settings.insert(settings.end(), {{"group.id", "realise-inbound-list"}});
  ASSIGN_OR_RETURN(KafkaHandle handle, NewKafkaHandle(RD_KAFKA_CONSUMER, settings, {}));
  RETURN_IF_ERROR(FromKafka(rd_kafka_poll_set_consumer(handle.get()), "reading topic " + topic));
  const PartitionList from(rd_kafka_topic_partition_list_new(partitions));
  for (int i = 0; i < partitions; ++i) {
    rd_kafka_topic_partition_list_add(from.get(), topic.c_str(), i)->offset = RD_KAFKA_OFFSET_BEGINNING;
  }
  RETURN_IF_ERROR(FromKafka(rd_kafka_assign(handle.get(), from.get()), "reading topic " + topic));
  return handle;
}

Digest DigestOf(const MessageContent& content) {
  // Lengths in front keep one part from running into the next.
  std::string all;
  const auto add = [&](const std::optional<std::string>& part) {
    all += part ? fmt::format("{}:{}", part->size(), *part) : "none";
  };
  add(content.key);
  add(content.value);
  for (const MessageHeader& header : content.headers) {
    add(header.name);
    add(header.value);
  }
  return Sha256(all);
}

struct Deliveries {
  size_t failed = 0;
  std::string why;
};

void NoteDelivery(rd_kafka_t* /*handle*/, const rd_kafka_message_t* message, void* opaque) {
  if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) return;
  Deliveries& deliveries = *static_cast<Deliveries*>(opaque);
  ++deliveries.failed;
  deliveries.why = rd_kafka_err2str(message->err);
}

}  // namespace

absl::Status ReadKeptMessages(const InboundCluster& cluster, const InboundTopics& topics,
                              const KeptSelection& selection,
                              const std::function<bool(const KeptMessage&, const ReadMessage&)>& each) {
  ASSIGN_OR_RETURN(const int partitions, PartitionsOf(cluster, topics.rejected));
  ASSIGN_OR_RETURN(const KafkaHandle handle, OpenFromTheBeginning(cluster, topics.rejected, partitions));
  std::set<int32_t> at_end;
  while (at_end.size() < static_cast<size_t>(partitions)) {
    const KafkaMessage message(rd_kafka_consumer_poll(handle.get(), ToKafkaTimeout(cluster.request_timeout)));
    if (message == nullptr) {
      return absl::UnavailableError(
          fmt::format("Kafka, reading topic {}: no answer in time", topics.rejected));
    }
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      at_end.insert(message->partition);
      continue;
    }
    RETURN_IF_ERROR(FromKafka(message->err, fmt::format("reading topic {}", topics.rejected)));
    // What somebody else put there is no copy.
    const std::optional<KeptMessage> kept = ReadKept(ToInbound(*message));
    if (!kept) continue;
    const ReadMessage read = ReadCloudEvent(kept->message.content);
    if (selection.Matches(*kept, read) && !each(*kept, read)) return absl::OkStatus();
  }
  return absl::OkStatus();
}

absl::StatusOr<Replay> PlanReplay(const InboundCluster& cluster, const InboundTopics& topics,
                                  const KeptSelection& selection) {
  Replay replay;
  size_t bytes = 0;
  bool too_much = false;
  RETURN_IF_ERROR(
      ReadKeptMessages(cluster, topics, selection, [&](const KeptMessage& kept, const ReadMessage&) {
        if (!kept.has_value) {
          ++replay.without_value;
          return true;
        }
        bytes += kept.message.content.Bytes();
        too_much = replay.messages.size() >= kReplayMessagesMax || bytes > kReplayBytesMax;
        if (!too_much) replay.messages.push_back(kept);
        return !too_much;
      }));
  if (too_much) {
    return absl::ResourceExhaustedError(fmt::format(
        "more than {} messages or {} MiB are selected; select less, by --from and --to for example",
        kReplayMessagesMax, kReplayBytesMax / (1024 * 1024)));
  }
  std::sort(replay.messages.begin(), replay.messages.end(),
            [](const KeptMessage& a, const KeptMessage& b) { return a.message.place < b.message.place; });
  std::set<Digest> seen;
  const size_t before = replay.messages.size();
  std::erase_if(replay.messages,
                [&](const KeptMessage& kept) { return !seen.insert(DigestOf(kept.message.content)).second; });
  replay.same = before - replay.messages.size();
  return replay;
}

absl::Status SendReplay(const InboundCluster& cluster, const InboundTopics& topics, const Replay& replay) {
  ASSIGN_OR_RETURN(const int partitions, PartitionsOf(cluster, topics.inbound));
  Deliveries deliveries;
  KafkaSettings settings = OutcomeProducerSettings(ConnectionSettings(cluster.brokers, cluster.connection));
  settings.insert(settings.end(), {{"message.timeout.ms", std::to_string(cluster.request_timeout.count())}});
  ASSIGN_OR_RETURN(const KafkaHandle handle,
                   NewKafkaHandle(RD_KAFKA_PRODUCER, settings,
                                  {.opaque = &deliveries, .error = nullptr, .delivery = NoteDelivery}));
  ASSIGN_OR_RETURN(const KafkaTopic topic, NewKafkaTopic(handle.get(), topics.inbound));
  size_t handed_over = 0;
  for (const KeptMessage& kept : replay.messages) {
    const int32_t wanted = kept.message.place.partition;
    const int32_t partition = wanted < partitions ? wanted : RD_KAFKA_PARTITION_UA;
    RETURN_IF_ERROR(Produce(handle.get(), topic.get(), partition, kept.message.content, nullptr));
    if (++handed_over % kProduceTogether == 0) rd_kafka_flush(handle.get(), kFlushMs);
  }
  const rd_kafka_resp_err_t flushed = rd_kafka_flush(handle.get(), kFlushMs);
  if (deliveries.failed > 0 || flushed != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return absl::UnavailableError(
        fmt::format("Kafka: {} of {} messages did not arrive ({}); the same command may be given again",
                    deliveries.failed, replay.messages.size(),
                    deliveries.why.empty() ? rd_kafka_err2str(flushed) : deliveries.why));
  }
  return absl::OkStatus();
}

}  // namespace realise
