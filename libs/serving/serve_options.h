// How one process is set up.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "libs/serving/role.h"

namespace realise {

struct ServeOptions {
  std::string listen;                 // a loopback address and port; port 0 takes a free one
  std::string data = "realise-data";  // folder of all that this process keeps
  std::string log = "embedded";       // or "kafka"
  std::string brokers;                // Kafka's bootstrap brokers
  std::vector<std::pair<std::string, std::string>> kafka{};  // how to connect, in librdkafka's names
  std::string advertise;                       // where other ingest processes reach this one; empty: `listen`
  std::string fleet_topic = "realise.ingest";  // in which ingest processes find each other
  bool allow_unsafe_topic = false;             // for a laptop
  std::string inbound;                         // topic of what others publish; empty for none
  std::string address_file;                    // the address is written there once it serves; empty for none
  std::string metrics_listen;                  // a loopback address and port for Prometheus; empty for none

  explicit ServeOptions(const Role& role) : listen(role.listen), log(role.all() ? "embedded" : "kafka") {}

  //   INVALID_ARGUMENT  options that do not go together; the message says what would.
  [[nodiscard]] absl::Status Check(const Role& role) const;
};

}  // namespace realise
