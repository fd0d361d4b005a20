#include "libs/kafka/kafka_statistics.h"

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include <utility>

namespace realise {
namespace {

using JsonObject = google::protobuf::Map<std::string, google::protobuf::Value>;

int64_t Number(const JsonObject& object, const char* name) {
  const auto at = object.find(name);
  return at == object.end() ? 0 : static_cast<int64_t>(at->second.number_value());
}

const JsonObject* Object(const JsonObject& object, const char* name) {
  const auto at = object.find(name);
  return at == object.end() ? nullptr : &at->second.struct_value().fields();
}

KafkaBrokerStatistics ToBroker(const std::string& name, const JsonObject& broker) {
  KafkaBrokerStatistics statistics;
  statistics.broker = name;
  const auto state = broker.find("state");
  statistics.up = state != broker.end() && state->second.string_value() == "UP";
  if (const JsonObject* round_trip = Object(broker, "rtt")) {
    statistics.round_trip_us = Number(*round_trip, "p99");
  }
  statistics.requests_waiting = Number(broker, "outbuf_cnt") + Number(broker, "waitresp_cnt");
  statistics.errors = Number(broker, "txerrs") + Number(broker, "rxerrs") + Number(broker, "req_timeouts");
  statistics.disconnects = Number(broker, "disconnects");
  return statistics;
}

}  // namespace

void KafkaStatistics::Take(std::string_view json) {
  google::protobuf::Struct parsed;
  if (!google::protobuf::util::JsonStringToMessage(std::string(json), &parsed).ok()) return;
  const JsonObject& client = parsed.fields();
  const auto name = client.find("name");
  if (name == client.end()) return;
  KafkaClientStatistics statistics;
  statistics.client = name->second.string_value();
  statistics.queued_messages = Number(client, "msg_cnt");
  statistics.queued_bytes = Number(client, "msg_size");
  if (const JsonObject* brokers = Object(client, "brokers")) {
    for (const auto& [key, broker] : *brokers) {
      // The others are addresses to begin with, and stand for brokers that are listed too.
      if (Number(broker.struct_value().fields(), "nodeid") < 0) continue;
      statistics.brokers.push_back(ToBroker(key, broker.struct_value().fields()));
    }
  }
  const std::lock_guard lock(mutex_);
  clients_[statistics.client] = std::move(statistics);
}

std::vector<KafkaClientStatistics> KafkaStatistics::Clients() const {
  std::vector<KafkaClientStatistics> clients;
  const std::lock_guard lock(mutex_);
  for (const auto& [name, client] : clients_) clients.push_back(client);
  return clients;
}

}  // namespace realise
