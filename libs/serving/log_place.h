// Names of logs on the command line:
//   embedded:DIR               the embedded log of a server that is not running
//   kafka:HOST:PORT[,...]      Kafka
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "libs/event_log/event_log.h"

namespace realise {

//   INVALID_ARGUMENT  the name is neither.
//   UNAVAILABLE, DATA_LOSS  the log cannot be opened, or is damaged.
[[nodiscard]] absl::StatusOr<std::unique_ptr<EventLog>> OpenLogPlace(const std::string& place,
                                                                     bool allow_unsafe_topic);

}  // namespace realise
