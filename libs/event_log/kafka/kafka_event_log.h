// Ledgers kept in Apache Kafka: each is a topic with one partition, each record one message, its address the
// offset.
//
// Correctness rests on nothing of Kafka's but that records which every replica has stay in their order: no
// transactions, no consumer groups, no elections.  Readers see what is replicated (the high watermark), of
// every producer and every transaction alike (`read_uncommitted`), so that all of them see the same log.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "libs/event_log/event_log.h"

namespace realise {

class KafkaStatistics;

struct KafkaEventLogOptions {
  std::string brokers{};  // "host:port,host:port"
  // Ledgers are topics of this name and their code.
  std::string topic_prefix = "realise.ledger.";
  // Of topics that CreateLedger makes; 0 is as many as there are brokers, and at most 3.
  int replication_factor = 0;
  // For a laptop: CheckLedger lets any topic pass that exists.
  bool allow_unsafe_topic = false;
  // How long any call waits for the cluster, apart from LogReader::Read.
  std::chrono::milliseconds request_timeout{10'000};
  // After this a record that was handed over counts as failed.
  std::chrono::milliseconds delivery_timeout{10'000};
  // Handed over and not yet acknowledged, of all appenders together; more is RESOURCE_EXHAUSTED.
  size_t queued_bytes_max = 64 * 1024 * 1024;
  // How to connect, in librdkafka's names: security.protocol, sasl.username ...
  std::vector<std::pair<std::string, std::string>> connection{};
  // Told how producer and consumers fare, every five seconds; null, or outlives the log.
  KafkaStatistics* statistics = nullptr;
};

// Uses one client for questions and re-reading, one consumer for each sixteen ledgers that are read (more if
// readers of one ledger do not stand together), and from the first appender on one idempotent producer. Their
// threads are librdkafka's.  Thread-safe.
class KafkaEventLog : public EventLog {
 public:
  // Does not contact the cluster.   INVALID_ARGUMENT  an option; the message names it.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<KafkaEventLog>> Open(
      const KafkaEventLogOptions& options);
  // Waits up to two seconds for what is under way.  Readers and appenders have to be gone.
  ~KafkaEventLog() override;

  KafkaEventLog(const KafkaEventLog&) = delete;
  KafkaEventLog& operator=(const KafkaEventLog&) = delete;

  // Beside what EventLog says, every call returns UNAVAILABLE if the cluster does not answer in time.
  //   INVALID_ARGUMENT  not an ODS code.
  [[nodiscard]] absl::Status CreateLedger(const std::string& ledger) override;
  [[nodiscard]] absl::StatusOr<std::vector<std::string>> ListLedgers() override;
  [[nodiscard]] absl::Status CheckLedger(const std::string& ledger) override;
  [[nodiscard]] absl::StatusOr<std::unique_ptr<LogReader>> OpenReader(const std::string& ledger,
                                                                      Address from) override;
  // After the producer died of a fatal error, earlier appenders take nothing any more, and new ones get a new
  // producer.
  [[nodiscard]] absl::StatusOr<std::unique_ptr<LogAppender>> OpenAppender(const std::string& ledger) override;
  [[nodiscard]] absl::StatusOr<LogRecord> ReadAt(const std::string& ledger, Address address) override;
  [[nodiscard]] std::vector<absl::StatusOr<LogRecord>> ReadEachAt(
      const std::string& ledger, const std::vector<Address>& addresses) override;

 private:
  class Impl;
  explicit KafkaEventLog(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace realise
