// The topic of the heartbeats: made if it is missing, published to, and read from its end.  Private to this
// folder.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/fleet/kafka/kafka_fleet.h"
#include "libs/kafka/kafka_handles.h"
#include "realise/internal/v1/fleet.pb.h"

namespace realise {

// For one thread.
class HeartbeatTopic {
 public:
  // Reads whatever is published from now on.   As KafkaFleet::Open.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<HeartbeatTopic>> Open(const KafkaFleetOptions& options);
  ~HeartbeatTopic();

  HeartbeatTopic(const HeartbeatTopic&) = delete;
  HeartbeatTopic& operator=(const HeartbeatTopic&) = delete;

  // Hands one over; it is given up after a while, so that nobody is told of a life that is over.
  [[nodiscard]] absl::Status Publish(const internal::v1::Heartbeat& beat);
  // Adds what was published, in the topic's order; waits for the first.  After an error it goes on by itself
  // with the next call; a topic that is gone is made again.
  [[nodiscard]] absl::Status Read(std::chrono::milliseconds wait_max,
                                  std::vector<internal::v1::Heartbeat>& beats);

 private:
  explicit HeartbeatTopic(std::string name) : name_(std::move(name)) {}
  absl::Status LookIfQuiet();

  const std::string name_;
  KafkaHandle producer_;
  KafkaHandle consumer_;
  KafkaTopic published_;  // before the handles go
  KafkaTopic read_;
  std::optional<Deadline> quiet_;  // since nothing is read
};

}  // namespace realise
