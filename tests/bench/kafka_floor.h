// What Kafka gives without anything around it: bare librdkafka, acks=all, one topic of its own with one
// partition.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace realise::bench {

// Not thread-safe.
class KafkaFloor {
 public:
  // Makes the topic, which is deleted with this.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<KafkaFloor>> Open(const std::string& brokers,
                                                                        const std::string& topic);
  virtual ~KafkaFloor() = default;

  // The seconds until all values were produced and a consumer of the same process, fetching meanwhile, had
  // them all.
  [[nodiscard]] virtual absl::StatusOr<double> ProduceAndReadBack(const std::vector<std::string>& values) = 0;

  // Produces one value and waits for its acknowledgement.
  [[nodiscard]] virtual absl::Status ProduceOne(const std::string& value) = 0;
};

// The seconds from a consumer's start until it had `count` records of a topic, from its first on.
[[nodiscard]] absl::StatusOr<double> ConsumeAll(const std::string& brokers, const std::string& topic,
                                                uint64_t count);

// Deletes topics; for what a load left behind.
[[nodiscard]] absl::Status DeleteTopics(const std::string& brokers, const std::vector<std::string>& topics);

}  // namespace realise::bench
