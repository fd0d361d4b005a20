// An inbound door of a test's own on a real broker: its three topics, a publisher, and who reads the
// outcomes.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "libs/inbound/kafka/inbound_topics.h"
#include "libs/inbound/outcome.h"
#include "libs/kafka/kafka_handles.h"
#include "realise/v1/inbound.pb.h"

namespace realise::testing {

// A code of its own, for topics outlive a test.
[[nodiscard]] std::string FreshLedger();

class InboundDoor {
 public:
  // Makes the topics with this many partitions.  A failure ends the test program.
  explicit InboundDoor(int partitions);
  // Deletes the topics.
  ~InboundDoor();
  InboundDoor(const InboundDoor&) = delete;
  InboundDoor& operator=(const InboundDoor&) = delete;

  const std::string& brokers() const { return cluster_.brokers; }
  const InboundCluster& cluster() const { return cluster_; }
  const InboundTopics& topics() const { return topics_; }

  // Hands a message over; Flush waits until the broker has all of them.
  void Publish(int32_t partition, const MessageContent& message);
  void Flush();
  // Publishes one to partition 0, compressed, and waits until the broker has it.
  void PublishPacked(const MessageContent& message);

  // Takes outcomes until as many messages have one, in whatever they say, or `wait` is over without a new
  // one.
  void Await(size_t messages, std::chrono::seconds wait = std::chrono::seconds(120));
  // What has been told of each message, in the order in which it was told.
  using Told = std::map<MessagePlace, std::vector<v1::InboundOutcome>>;
  const Told& told() const { return told_; }
  // The last outcome of the message at an offset of partition 0.
  const v1::InboundOutcome& Last(int64_t offset) const;

  // Where the group of consumers stands, partition by partition; -1 where it has not committed yet.
  std::vector<int64_t> Committed() const;

  void DeleteTopic(const std::string& topic);
  // Deletes what was published to partition 0 below an offset.
  void DeleteBelow(int64_t offset);
  // Lets the topic of rejected messages take messages of so many bytes at most.
  void LimitRejectedTopic(int64_t message_bytes);

 private:
  InboundCluster cluster_;
  InboundTopics topics_;
  int partitions_;
  KafkaHandle producer_;
  KafkaTopic inbound_;
  KafkaHandle reader_;
  Told told_;
};

}  // namespace realise::testing
