#include "libs/serving/log_place.h"

#include <utility>

#include "libs/base/status_macros.h"
#include "libs/event_log/kafka/kafka_event_log.h"
#include "libs/event_log/rocksdb/rocksdb_event_log.h"

namespace realise {
namespace {

constexpr std::string_view kEmbedded = "embedded:";
constexpr std::string_view kKafka = "kafka:";

}  // namespace

absl::StatusOr<std::unique_ptr<EventLog>> OpenLogPlace(const std::string& place, const KafkaAccess& access) {
  if (place.rfind(kEmbedded, 0) == 0) {
    RocksDbEventLogOptions options;
    options.path = place.substr(kEmbedded.size());
    ASSIGN_OR_RETURN(auto log, RocksDbEventLog::Open(options));
    return std::unique_ptr<EventLog>(std::move(log));
  }
  if (place.rfind(kKafka, 0) == 0) {
    KafkaEventLogOptions options;
    options.brokers = place.substr(kKafka.size());
    options.allow_unsafe_topic = access.allow_unsafe_topic;
    options.connection = access.connection;
    options.statistics = access.statistics;
    ASSIGN_OR_RETURN(auto log, KafkaEventLog::Open(options));
    return std::unique_ptr<EventLog>(std::move(log));
  }
  return absl::InvalidArgumentError("a log is embedded:DIR or kafka:HOST:PORT[,HOST:PORT...]");
}

}  // namespace realise
