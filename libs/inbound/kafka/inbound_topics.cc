#include "libs/inbound/kafka/inbound_topics.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdlib>

#include "libs/base/status_macros.h"
#include "libs/event_log/kafka/kafka_topics.h"
#include "libs/inbound/cloud_event.h"
#include "libs/kafka/kafka_admin.h"

namespace realise {
namespace {

constexpr std::string_view kInboundSuffix = ".inbound";

// What a message of the inbound topic may have, and what a copy of a rejected one has on top.
constexpr int64_t kInboundMessageBytes = 1024 * 1024;
constexpr int64_t kCopyBytes = 64 * 1024;
constexpr int64_t kOutcomeMessageBytesMin = 64 * 1024;

absl::StatusOr<std::unique_ptr<KafkaTopics>> OpenTopics(const InboundCluster& cluster) {
  if (cluster.brokers.empty()) return absl::InvalidArgumentError("no Kafka brokers are named");
  return KafkaTopics::Open(ConnectionSettings(cluster.brokers, cluster.connection), cluster.request_timeout);
}

// The controller knows a new topic before the brokers do.
absl::Status WaitUntilVisible(KafkaTopics& client, const std::string& topic,
                              std::chrono::milliseconds timeout) {
  for (const Deadline deadline(timeout); deadline.Left().count() > 0;) {
    const auto shape = client.Describe(topic);
    if (shape.ok() && shape->has_leader) return absl::OkStatus();
    if (!shape.ok() && !absl::IsNotFound(shape.status())) return shape.status();
  }
  return absl::UnavailableError(fmt::format("Kafka: topic {} was made, and has no leader yet", topic));
}

int64_t MessageBytesOf(const std::map<std::string, std::string>& settings) {
  const auto found = settings.find("max.message.bytes");
  return found == settings.end() ? 0 : std::strtoll(found->second.c_str(), nullptr, 10);
}

// One topic, checked against what the others need of it.
absl::Status CheckTopic(KafkaTopics& client, const std::string& topic, const std::string& inbound,
                        bool allow_unsafe, int64_t& message_bytes) {
  const auto shape = client.Describe(topic);
  if (absl::IsNotFound(shape.status())) {
    return absl::NotFoundError(
        fmt::format("there is no topic {}; make it with: realise inbound create --topic {}", topic, inbound));
  }
  RETURN_IF_ERROR(shape.status());
  ASSIGN_OR_RETURN(const auto settings, client.Settings(topic));
  const std::vector<std::string> unsafe = UnsafeInboundSettings({shape->replicas, settings}, message_bytes);
  message_bytes = MessageBytesOf(settings);
  if (unsafe.empty() || allow_unsafe) return absl::OkStatus();
  return absl::FailedPreconditionError(
      fmt::format("topic {} could lose messages: {}", topic, fmt::join(unsafe, "; ")));
}

}  // namespace

InboundTopics InboundTopicsOf(const std::string& inbound) {
  std::string stem = inbound;
  if (stem.size() > kInboundSuffix.size() &&
      stem.compare(stem.size() - kInboundSuffix.size(), kInboundSuffix.size(), kInboundSuffix) == 0) {
    stem.resize(stem.size() - kInboundSuffix.size());
  }
  return {inbound, stem + ".outcomes", inbound + ".rejected", inbound + ".ingest"};
}

absl::StatusOr<std::vector<std::string>> CreateInboundTopics(const InboundCluster& cluster,
                                                             const InboundTopics& topics,
                                                             const NewInboundTopics& plan) {
  ASSIGN_OR_RETURN(const auto topics_client, OpenTopics(cluster));
  ASSIGN_OR_RETURN(
      const KafkaHandle client,
      NewKafkaHandle(RD_KAFKA_PRODUCER, ConnectionSettings(cluster.brokers, cluster.connection), {}));
  int replicas = plan.replicas;
  if (replicas == 0) {
    ASSIGN_OR_RETURN(replicas, ReplicasOfNewTopic(client.get(), cluster.request_timeout));
  }
  const std::vector<std::pair<std::string, int64_t>> wanted = {
      {topics.inbound, kInboundMessageBytes},
      {topics.outcomes, kInboundMessageBytes},
      {topics.rejected, kInboundMessageBytes + kCopyBytes},
  };
  std::vector<std::string> made;
  for (const auto& [topic, message_bytes] : wanted) {
    const NewKafkaTopicOptions options{
        .name = topic,
        .partitions = plan.partitions,
        .replicas = replicas,
        .settings = {{"cleanup.policy", "delete"},
                     {"retention.ms", std::to_string(std::chrono::milliseconds(plan.retention).count())},
                     {"retention.bytes", "-1"},
                     {"message.timestamp.type", "LogAppendTime"},
                     {"max.message.bytes", std::to_string(message_bytes)},
                     {"unclean.leader.election.enable", "false"},
                     {"min.insync.replicas", replicas > 1 ? "2" : "1"}}};
    const absl::Status created = CreateKafkaTopic(client.get(), options, cluster.request_timeout);
    if (absl::IsAlreadyExists(created)) continue;
    RETURN_IF_ERROR(created);
    RETURN_IF_ERROR(WaitUntilVisible(*topics_client, topic, cluster.request_timeout));
    made.push_back(topic);
  }
  return made;
}

absl::Status CheckInboundTopics(const InboundCluster& cluster, const InboundTopics& topics,
                                bool allow_unsafe) {
  ASSIGN_OR_RETURN(const auto client, OpenTopics(cluster));
  int64_t message_bytes = 0;
  RETURN_IF_ERROR(CheckTopic(*client, topics.inbound, topics.inbound, allow_unsafe, message_bytes));
  // A rejected message is kept whole.
  message_bytes += kCopyBytes;
  RETURN_IF_ERROR(CheckTopic(*client, topics.rejected, topics.inbound, allow_unsafe, message_bytes));
  message_bytes = kOutcomeMessageBytesMin;
  return CheckTopic(*client, topics.outcomes, topics.inbound, allow_unsafe, message_bytes);
}

std::vector<std::string> UnsafeInboundSettings(const InboundTopicSettings& topic, int64_t message_bytes_min) {
  std::vector<std::string> unsafe;
  const auto check = [&](const std::string& name, auto is_safe, std::string_view right) {
    const auto found = topic.settings.find(name);
    if (found == topic.settings.end()) {
      unsafe.push_back(fmt::format("the broker does not tell {}, which must be {}", name, right));
    } else if (!is_safe(found->second)) {
      unsafe.push_back(fmt::format("{} is {}, and must be {}", name, found->second, right));
    }
  };
  check(
      "cleanup.policy", [](const std::string& value) { return value == "delete"; }, "delete");
  check(
      "unclean.leader.election.enable", [](const std::string& value) { return value == "false"; }, "false");
  check(
      "max.message.bytes",
      [&](const std::string& value) { return std::strtoll(value.c_str(), nullptr, 10) >= message_bytes_min; },
      fmt::format("{} or more", message_bytes_min));
  if (topic.replicas > 1) {
    check(
        "min.insync.replicas",
        [](const std::string& value) { return std::strtoll(value.c_str(), nullptr, 10) >= 2; },
        "2 or more on a replicated topic");
  }
  return unsafe;
}

}  // namespace realise
