#include "libs/event_log/kafka/kafka_topics.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstdlib>
#include <optional>

#include "fmt/format.h"
#include "libs/base/status_macros.h"
#include "libs/kafka/kafka_admin.h"

namespace realise {
namespace {

constexpr int64_t kMessageBytesMin = 1024 * 1024;
// A little more than a record may have, for what Kafka wraps it in.
constexpr const char* kMessageBytesOfNewTopics = "1114112";
// How long a record that was there may be hidden after a change of leader, until the followers have told the
// new one how far they are.
constexpr std::chrono::milliseconds kRecededMax{3000};
// A record that is no further behind the last one is read on to.
constexpr Address kReadOnMax = 4;

// Brokers learn of a topic one after the other: one that does not know it yet is no proof that there is none.
constexpr std::chrono::milliseconds kPropagationMax{2000};
constexpr int kAskAgainMs = 10;
// A question goes to any broker; after this many answers for each one that there is, all have most likely
// been asked.
constexpr int kAnswersPerBroker = 4;

KafkaSettings SafeSettings(int replicas) {
  return {{"cleanup.policy", "delete"},
          {"retention.ms", "-1"},
          {"retention.bytes", "-1"},
          {"message.timestamp.type", "LogAppendTime"},
          {"max.message.bytes", kMessageBytesOfNewTopics},
          {"unclean.leader.election.enable", "false"},
          {"min.insync.replicas", replicas > 1 ? "2" : "1"}};
}

}  // namespace

LogRecord ToRecord(const rd_kafka_message_t& message) {
  LogRecord record;
  record.address = message.offset;
  rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
  const int64_t milliseconds = rd_kafka_message_timestamp(&message, &type);
  // Any other kind is the producer's clock, which says nothing of when the log took it.
  if (type == RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME) {
    record.appended_at = Instant(std::chrono::milliseconds(milliseconds));
  }
  record.stored.assign(static_cast<const char*>(message.payload), message.len);
  return record;
}

std::vector<std::string> UnsafeSettings(const TopicShape& shape,
                                        const std::map<std::string, std::string>& settings) {
  std::vector<std::string> unsafe;
  if (shape.partitions != 1) {
    unsafe.push_back(fmt::format("it has {} partitions, and must have 1", shape.partitions));
  }
  const auto check = [&](const std::string& name, auto is_safe, std::string_view right) {
    const auto found = settings.find(name);
    if (found == settings.end()) {
      unsafe.push_back(fmt::format("the broker does not tell {}, which must be {}", name, right));
    } else if (!is_safe(found->second)) {
      unsafe.push_back(fmt::format("{} is {}, and must be {}", name, found->second, right));
    }
  };
  const auto number = [](const std::string& value) { return std::strtoll(value.c_str(), nullptr, 10); };
  const auto forever = [](const std::string& value) { return value == "-1"; };
  check(
      "cleanup.policy", [](const std::string& value) { return value == "delete"; }, "delete");
  check("retention.ms", forever, "-1");
  check("retention.bytes", forever, "-1");
  check(
      "unclean.leader.election.enable", [](const std::string& value) { return value == "false"; }, "false");
  check(
      "max.message.bytes", [&](const std::string& value) { return number(value) >= kMessageBytesMin; },
      "1048576 or more");
  if (shape.replicas > 1) {
    check(
        "min.insync.replicas", [&](const std::string& value) { return number(value) >= 2; },
        "2 or more on a replicated topic");
  }
  return unsafe;
}

absl::StatusOr<std::unique_ptr<KafkaTopics>> KafkaTopics::Open(const KafkaSettings& connection,
                                                               std::chrono::milliseconds timeout) {
  KafkaSettings settings = ConsumerSettings(connection);
  settings.insert(settings.end(), {{"fetch.wait.max.ms", "2"},
                                   // What follows a record is not wanted, but for a small one or two.
                                   {"fetch.message.max.bytes", "8192"},
                                   {"queued.min.messages", "1000"}});
  ASSIGN_OR_RETURN(KafkaHandle handle, NewKafkaHandle(RD_KAFKA_CONSUMER, settings, {}));
  return std::unique_ptr<KafkaTopics>(new KafkaTopics(std::move(handle), timeout));
}

absl::Status KafkaTopics::Create(const std::string& topic, int replicas) {
  if (replicas == 0) {
    ASSIGN_OR_RETURN(replicas, ReplicasOfNewTopic(handle_.get(), timeout_));
  }
  RETURN_IF_ERROR(CreateKafkaTopic(
      handle_.get(), {.name = topic, .replicas = replicas, .settings = SafeSettings(replicas)}, timeout_));
  return WaitUntilVisible(topic);
}

// The controller knows a new topic before the brokers do.
absl::Status KafkaTopics::WaitUntilVisible(const std::string& topic) {
  const Deadline deadline(timeout_);
  for (int seen = 0; deadline.Left().count() > 0;) {
    const auto shape = Ask(topic, timeout_);
    if (!shape.ok() && !absl::IsNotFound(shape.status())) return shape.status();
    if (!shape.ok() || !shape->has_leader) {
      seen = 0;
      WaitToAskAgain();
    } else if (shape->brokers <= 1 || ++seen >= kAnswersPerBroker * shape->brokers) {
      return absl::OkStatus();
    }
  }
  return absl::UnavailableError(fmt::format("Kafka: topic {} was created, and has no leader yet", topic));
}

void KafkaTopics::WaitToAskAgain() {
  const KafkaQueue nothing(rd_kafka_queue_new(handle_.get()));
  const KafkaEvent none(rd_kafka_queue_poll(nothing.get(), kAskAgainMs));
}

absl::StatusOr<std::vector<std::string>> KafkaTopics::List() {
  ASSIGN_OR_RETURN(const KafkaMetadata metadata,
                   QueryKafkaMetadata(handle_.get(), nullptr, timeout_, "listing the topics"));
  std::vector<std::string> names;
  names.reserve(static_cast<size_t>(metadata->topic_cnt));
  for (int i = 0; i < metadata->topic_cnt; ++i) names.emplace_back(metadata->topics[i].topic);
  return names;
}

absl::StatusOr<TopicShape> KafkaTopics::Describe(const std::string& topic) {
  return DescribeUntil(topic, Deadline(timeout_));
}

absl::StatusOr<TopicShape> KafkaTopics::DescribeUntil(const std::string& topic, const Deadline& deadline) {
  const Deadline propagated(std::min(deadline.Left(), kPropagationMax));
  while (true) {
    int brokers = 0;
    auto shape = Ask(topic, deadline.Left(), &brokers);
    if (!absl::IsNotFound(shape.status()) || brokers <= 1 || propagated.Left().count() == 0) return shape;
    WaitToAskAgain();
  }
}

absl::StatusOr<TopicShape> KafkaTopics::Ask(const std::string& topic, std::chrono::milliseconds timeout,
                                            int* brokers) {
  const std::string what = fmt::format("looking for topic {}", topic);
  ASSIGN_OR_RETURN(const KafkaTopic asked, NewKafkaTopic(handle_.get(), topic));
  ASSIGN_OR_RETURN(const KafkaMetadata metadata,
                   QueryKafkaMetadata(handle_.get(), asked.get(), timeout, what));
  if (metadata->topic_cnt != 1) return absl::UnavailableError(fmt::format("Kafka, {}: no answer", what));
  if (brokers != nullptr) *brokers = metadata->broker_cnt;
  const rd_kafka_metadata_topic_t& found = metadata->topics[0];
  if (found.err != RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE) RETURN_IF_ERROR(FromKafka(found.err, what));
  TopicShape shape;
  shape.brokers = metadata->broker_cnt;
  shape.partitions = found.partition_cnt;
  for (int i = 0; i < found.partition_cnt; ++i) {
    const rd_kafka_metadata_partition_t& partition = found.partitions[i];
    if (partition.id != 0) continue;
    shape.replicas = partition.replica_cnt;
    shape.in_sync = partition.isr_cnt;
    shape.has_leader = partition.leader >= 0;
  }
  return shape;
}

absl::StatusOr<std::map<std::string, std::string>> KafkaTopics::Settings(const std::string& topic) {
  const Deadline deadline(std::min(timeout_, kPropagationMax));
  while (true) {
    auto settings = AskSettings(topic);
    if (!absl::IsNotFound(settings.status()) || deadline.Left().count() == 0) return settings;
    WaitToAskAgain();
  }
}

absl::StatusOr<std::map<std::string, std::string>> KafkaTopics::AskSettings(const std::string& topic) {
  const std::string what = fmt::format("reading the settings of topic {}", topic);
  const std::unique_ptr<rd_kafka_ConfigResource_t, KafkaConfigResourceDeleter> resource(
      rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str()));
  ASSIGN_OR_RETURN(const KafkaAdminOptions options,
                   NewKafkaAdminOptions(handle_.get(), RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, timeout_));
  const KafkaQueue queue(rd_kafka_queue_new(handle_.get()));
  rd_kafka_ConfigResource_t* resources = resource.get();
  rd_kafka_DescribeConfigs(handle_.get(), &resources, 1, options.get(), queue.get());
  ASSIGN_OR_RETURN(const KafkaEvent event, AwaitKafkaEvent(queue.get(), timeout_, what));
  size_t count = 0;
  const auto* const* results =
      rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event.get()), &count);
  std::map<std::string, std::string> settings;
  for (size_t i = 0; i < count; ++i) {
    RETURN_IF_ERROR(FromKafka(rd_kafka_ConfigResource_error(results[i]), what));
    size_t entries = 0;
    const auto* const* entry = rd_kafka_ConfigResource_configs(results[i], &entries);
    for (size_t j = 0; j < entries; ++j) {
      const char* const value = rd_kafka_ConfigEntry_value(entry[j]);
      if (value != nullptr) settings[rd_kafka_ConfigEntry_name(entry[j])] = value;
    }
  }
  return settings;
}

absl::StatusOr<Watermarks> KafkaTopics::QueryWatermarks(const std::string& topic) {
  Watermarks watermarks;
  ASSIGN_OR_RETURN(watermarks.low, AskLeader(topic, RD_KAFKA_OFFSET_BEGINNING));
  ASSIGN_OR_RETURN(watermarks.high, QueryEnd(topic));
  return watermarks;
}

absl::StatusOr<Address> KafkaTopics::QueryEnd(const std::string& topic) {
  return AskLeader(topic, RD_KAFKA_OFFSET_END);
}

// A broker that has just been made a topic's leader may not know the topic yet.  That is no proof that the
// topic is gone, and whoever takes it for one stops a ledger.
absl::StatusOr<Address> KafkaTopics::AskLeader(const std::string& topic, int64_t which) {
  const Deadline deadline(std::min(timeout_, kPropagationMax));
  while (true) {
    auto offset = QueryOffset(handle_.get(), topic, which, timeout_);
    if (!absl::IsNotFound(offset.status())) return offset;
    if (deadline.Left().count() > 0) {
      WaitToAskAgain();
      continue;
    }
    RETURN_IF_ERROR(Describe(topic).status());
    return absl::UnavailableError(fmt::format("Kafka: the leader of topic {} does not know it yet", topic));
  }
}

std::vector<absl::StatusOr<LogRecord>> KafkaTopics::ReadEachAt(const std::string& topic,
                                                               const std::vector<Address>& addresses) {
  assert(std::is_sorted(addresses.begin(), addresses.end()));
  std::vector<absl::StatusOr<LogRecord>> records;
  while (records.size() < addresses.size()) {
    ReadSome(topic, addresses, records);
    // Whoever cannot be reached now is not waited for once more.
    if (absl::IsUnavailable(records.back().status()))
      records.resize(addresses.size(), records.back().status());
  }
  return records;
}

// Adds the next record, and those that stand close behind it: to begin and to end takes longer than to read
// on.
void KafkaTopics::ReadSome(const std::string& topic, const std::vector<Address>& addresses,
                           std::vector<absl::StatusOr<LogRecord>>& records) {
  const Deadline deadline(timeout_);
  const size_t first = records.size();
  const Address address = addresses[first];
  // Negative ones have meanings of their own in librdkafka.
  if (address < 0) {
    records.emplace_back(absl::NotFoundError(fmt::format("there is no address {}", address)));
    return;
  }
  Reading* reading = nullptr;
  {
    std::unique_lock lock(reading_mutex_);
    reading = &reading_[topic];
    if (!reading_ended_.wait_for(lock, deadline.Left(), [&] { return !reading->busy; })) {
      records.emplace_back(
          absl::UnavailableError(fmt::format("Kafka: reading topic {} again took too long", topic)));
      return;
    }
    reading->busy = true;
  }
  if (absl::Status begun = Begin(*reading, topic, address, deadline); begun.ok()) {
    records.push_back(FetchAt(reading->handle.get(), topic, address, deadline));
    ReadOn(reading->handle.get(), addresses, deadline, records);
    rd_kafka_consume_stop(reading->handle.get(), 0);
  } else {
    records.emplace_back(std::move(begun));
  }
  {
    const std::lock_guard lock(reading_mutex_);
    reading->busy = false;
  }
  reading_ended_.notify_all();
  if (absl::IsNotFound(records[first].status())) {
    records[first] = Missed(topic, address, std::string(records[first].status().message()));
  }
  const std::lock_guard lock(loss_mutex_);
  for (size_t i = first; i < records.size(); ++i) {
    if (records[i].ok()) loss_watch_.Seen(topic, addresses[i]);
  }
}

absl::Status KafkaTopics::Missed(const std::string& topic, Address address, const std::string& what) {
  const absl::StatusOr<TopicShape> shape = Describe(topic);
  // No other broker could have it, or no broker has the topic at all.
  if (absl::IsNotFound(shape.status()) || (shape.ok() && shape->replicas <= 1))
    return absl::NotFoundError(what);
  RETURN_IF_ERROR(shape.status());
  const std::lock_guard lock(loss_mutex_);
  if (loss_watch_.Missed(topic, address, std::chrono::steady_clock::now())) return absl::NotFoundError(what);
  return absl::UnavailableError(fmt::format(
      "Kafka: {}; a broker that does not know yet that it leads no more may say so: it is looked for again",
      what));
}

absl::Status KafkaTopics::Begin(Reading& reading, const std::string& topic, Address address,
                                const Deadline& deadline) {
  if (reading.handle == nullptr) {
    RETURN_IF_ERROR(DescribeUntil(topic, deadline).status());
    ASSIGN_OR_RETURN(reading.handle, NewKafkaTopic(handle_.get(), topic));
  }
  if (rd_kafka_consume_start(reading.handle.get(), 0, address) == 0) return absl::OkStatus();
  return FromKafka(rd_kafka_last_error(), fmt::format("reading topic {} again", topic));
}

// Adds the records that follow closely.  One that does not come is begun with anew: only then does what the
// broker says of it mean what FetchAt takes it for.
void KafkaTopics::ReadOn(rd_kafka_topic_t* handle, const std::vector<Address>& addresses,
                         const Deadline& deadline, std::vector<absl::StatusOr<LogRecord>>& records) {
  while (records.back().ok() && records.size() < addresses.size()) {
    const Address address = addresses[records.size()];
    if (address - addresses[records.size() - 1] > kReadOnMax) return;
    KafkaMessage message;
    do {
      message.reset(rd_kafka_consume(handle, 0, ToKafkaTimeout(deadline.Left())));
      if (message == nullptr || message->err != RD_KAFKA_RESP_ERR_NO_ERROR) return;
    } while (message->offset < address);
    if (message->offset > address) return;
    records.emplace_back(ToRecord(*message));
  }
}

absl::StatusOr<LogRecord> KafkaTopics::FetchAt(rd_kafka_topic_t* handle, const std::string& topic,
                                               Address address, const Deadline& deadline) {
  // To explain why nothing comes takes a question or two, for which some of the time is kept.
  Deadline patience(deadline.Left() * 3 / 4);
  bool at_end = false;
  while (true) {
    const KafkaMessage message(rd_kafka_consume(handle, 0, ToKafkaTimeout(patience.Left())));
    rd_kafka_poll(handle_.get(), 0);
    if (message == nullptr) {
      if (at_end) return absl::NotFoundError(fmt::format("topic {} ends before address {}", topic, address));
      return WhyNoRecord(topic, address, /*out_of_range=*/false, deadline);
    }
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      if (message->offset < address) continue;
      if (message->offset == address) return ToRecord(*message);
      return absl::NotFoundError(fmt::format("topic {} has no record at address {}", topic, address));
    }
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      if (at_end) continue;
      at_end = true;
      ASSIGN_OR_RETURN(const std::chrono::milliseconds wait, WaitAtEnd(topic, address, deadline));
      patience = Deadline(std::min(wait, deadline.Left()));
      continue;
    }
    if (IsDamage(message->err)) {
      return absl::DataLossError(fmt::format("topic {}: the record at address {} is damaged: {}", topic,
                                             address, rd_kafka_err2str(message->err)));
    }
    return WhyNoRecord(topic, address, message->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET, deadline);
  }
}

// How long to wait for a record at or behind the high watermark before it is called gone: it may stand there
// still, and a new leader not show it yet.
absl::StatusOr<std::chrono::milliseconds> KafkaTopics::WaitAtEnd(const std::string& topic, Address address,
                                                                 const Deadline& deadline) {
  ASSIGN_OR_RETURN(const TopicShape shape, DescribeUntil(topic, deadline));
  if (shape.replicas <= 1) return std::chrono::milliseconds(0);
  if (shape.in_sync >= 2) return kRecededMax;
  return absl::UnavailableError(
      fmt::format("Kafka: topic {} does not show address {}, and {} of its {} replicas are in sync", topic,
                  address, shape.in_sync, shape.replicas));
}

// Tells a record that is gone from a cluster that cannot be reached.  An address behind the high watermark is
// gone only if the leader said that it is out of range.
absl::Status KafkaTopics::WhyNoRecord(const std::string& topic, Address address, bool out_of_range,
                                      const Deadline& deadline) {
  RETURN_IF_ERROR(DescribeUntil(topic, deadline).status());
  Watermarks watermarks;
  ASSIGN_OR_RETURN(watermarks.low,
                   QueryOffset(handle_.get(), topic, RD_KAFKA_OFFSET_BEGINNING, deadline.Left()));
  ASSIGN_OR_RETURN(watermarks.high, QueryOffset(handle_.get(), topic, RD_KAFKA_OFFSET_END, deadline.Left()));
  if (address < watermarks.low || (out_of_range && address >= watermarks.high)) {
    return absl::NotFoundError(fmt::format("topic {} holds addresses {} to {}, and not {}", topic,
                                           watermarks.low, watermarks.high - 1, address));
  }
  return absl::UnavailableError(
      fmt::format("Kafka: reading address {} of topic {} took too long", address, topic));
}

}  // namespace realise
