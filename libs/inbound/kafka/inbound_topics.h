// The three topics of an inbound door: what is published, what became of it, and what was rejected.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace realise {

struct InboundTopics {
  std::string inbound;
  std::string outcomes;
  std::string rejected;
  std::string group;  // of consumers
};

inline constexpr std::string_view kDefaultInboundTopic = "realise.inbound";

// "realise.inbound" has "realise.outcomes", "realise.inbound.rejected" and the group
// "realise.inbound.ingest"; a name that does not end in ".inbound" has its own in front of ".outcomes".
[[nodiscard]] InboundTopics InboundTopicsOf(const std::string& inbound);

struct InboundCluster {
  std::string brokers{};
  // How to connect, in librdkafka's names.
  std::vector<std::pair<std::string, std::string>> connection{};
  std::chrono::milliseconds request_timeout{10'000};
};

struct NewInboundTopics {
  int partitions = 6;
  int replicas = 0;  // as many as there are brokers, and at most 3
  std::chrono::hours retention = std::chrono::hours(24 * 30);
};

// Makes those that are not there, and leaves the others alone; returns the names of the new ones.
//   UNAVAILABLE  the cluster does not answer; call again.
[[nodiscard]] absl::StatusOr<std::vector<std::string>> CreateInboundTopics(const InboundCluster& cluster,
                                                                           const InboundTopics& topics,
                                                                           const NewInboundTopics& plan);

//   NOT_FOUND            a topic is missing; the message says how to make it.
//   FAILED_PRECONDITION  one is set so that messages could be lost; the message says what is right.
//   UNAVAILABLE          the cluster does not answer; call again.
[[nodiscard]] absl::Status CheckInboundTopics(const InboundCluster& cluster, const InboundTopics& topics,
                                              bool allow_unsafe);

// A topic's partitions and Kafka's settings of it.
struct InboundTopicSettings {
  int replicas = 0;
  std::map<std::string, std::string> settings;
};
// What is unsafe, each with what is right; empty if nothing is.  `message_bytes_min` is what
// max.message.bytes has to be at least.  Pure.
[[nodiscard]] std::vector<std::string> UnsafeInboundSettings(const InboundTopicSettings& topic,
                                                             int64_t message_bytes_min);

}  // namespace realise
