// What librdkafka says of its clients every few seconds, for those who watch a process.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace realise {

struct KafkaBrokerStatistics {
  std::string broker;            // "host:port/id"
  bool up = false;               // connected
  int64_t round_trip_us = 0;     // 99th percentile of the last few seconds; 0 without a request
  int64_t requests_waiting = 0;  // sent or to be sent
  int64_t errors = 0;            // since the client started: sending, receiving, time-outs
  int64_t disconnects = 0;       // since the client started
};

struct KafkaClientStatistics {
  std::string client;           // "realise#producer-1"
  int64_t queued_messages = 0;  // handed over and not yet acknowledged
  int64_t queued_bytes = 0;
  std::vector<KafkaBrokerStatistics> brokers;
};

// Keeps the latest of every client.  Thread-safe; outlives the clients that tell it.
class KafkaStatistics {
 public:
  // `json` as librdkafka's STATISTICS.md has it; what does not decode is passed over.
  void Take(std::string_view json);
  std::vector<KafkaClientStatistics> Clients() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, KafkaClientStatistics> clients_;  // by name; under mutex_
};

}  // namespace realise
