#include "libs/serving/serve_options.h"

#include <string>

#include "fmt/format.h"
#include "libs/rpc/rpc_server.h"

namespace realise {

absl::Status ServeOptions::Check(const Role& role) const {
  if (log != "embedded" && log != "kafka") {
    return absl::InvalidArgumentError("log: has to be embedded or kafka");
  }
  if (log == "embedded" && !role.all()) {
    return absl::InvalidArgumentError(fmt::format(
        "log: embedded: the embedded log belongs to one process, `realise serve`; {} runs on Kafka",
        role.program));
  }
  if (log == "kafka" && brokers.empty()) {
    return absl::InvalidArgumentError("brokers: a log in Kafka needs them: HOST:PORT[,HOST:PORT...]");
  }
  if (log == "embedded" && !(brokers.empty() && kafka.empty())) {
    return absl::InvalidArgumentError(
        "log: is embedded, and Kafka's brokers or settings are given; log = kafka takes them");
  }
  if (!advertise.empty() && !IsLoopback(advertise)) {
    return absl::InvalidArgumentError(
        "advertise: only a loopback address, 127.0.0.1:7411 for example: processes talk to each other "
        "without "
        "TLS and authentication");
  }
  if (fleet_topic.empty()) return absl::InvalidArgumentError("fleet-topic: has to name a topic");
  if (!inbound.empty() && log != "kafka") {
    return absl::InvalidArgumentError("inbound: is a topic of Kafka, and needs log = kafka");
  }
  return absl::OkStatus();
}

}  // namespace realise
