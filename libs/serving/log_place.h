// Names of logs on the command line:
//   embedded:DIR               the embedded log of a server that is not running
//   kafka:HOST:PORT[,...]      Kafka
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "libs/event_log/event_log.h"

namespace realise {

class KafkaStatistics;

// Of a log in Kafka.
struct KafkaAccess {
  bool allow_unsafe_topic = false;
  // Both as KafkaEventLogOptions.
  std::vector<std::pair<std::string, std::string>> connection{};
  KafkaStatistics* statistics = nullptr;
};

// Does not contact a cluster.
//   INVALID_ARGUMENT  the name is neither, or a setting of Kafka's; the message says which.
//   UNAVAILABLE, DATA_LOSS  the log cannot be opened, or is damaged.
[[nodiscard]] absl::StatusOr<std::unique_ptr<EventLog>> OpenLogPlace(const std::string& place,
                                                                     const KafkaAccess& access);

}  // namespace realise
