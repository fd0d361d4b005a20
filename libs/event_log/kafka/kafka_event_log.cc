#include "libs/event_log/kafka/kafka_event_log.h"

#include <algorithm>
#include <mutex>

#include "fmt/format.h"
#include "fmt/ranges.h"
#include "libs/base/ids.h"
#include "libs/base/status_macros.h"
#include "libs/event_log/kafka/kafka_appender.h"
#include "libs/event_log/kafka/kafka_feed.h"
#include "libs/event_log/kafka/kafka_reader.h"
#include "libs/event_log/kafka/kafka_topics.h"
#include "libs/kafka/kafka_handles.h"

namespace realise {

class KafkaEventLog::Impl {
 public:
  Impl(const KafkaEventLogOptions& options, std::unique_ptr<KafkaTopics> topics)
      : options_(options),
        connection_(ConnectionSettings(options.brokers, options.connection)),
        topics_(std::move(topics)),
        feeds_(connection_, options.statistics) {}

  const KafkaEventLogOptions& options() const { return options_; }
  KafkaTopics& topics() { return *topics_; }
  KafkaFeeds& feeds() { return feeds_; }
  std::string TopicOf(const std::string& ledger) const { return options_.topic_prefix + ledger; }

  // Shared by the appenders, which outlive a producer that failed for good and was replaced.
  absl::StatusOr<std::shared_ptr<KafkaProducer>> Producer() {
    const std::lock_guard lock(producer_mutex_);
    if (producer_ == nullptr || producer_->dead()) {
      ASSIGN_OR_RETURN(producer_,
                       KafkaProducer::Open(connection_, {options_.delivery_timeout, options_.queued_bytes_max,
                                                         options_.statistics}));
    }
    return producer_;
  }

 private:
  const KafkaEventLogOptions options_;
  const KafkaSettings connection_;
  const std::unique_ptr<KafkaTopics> topics_;
  KafkaFeeds feeds_;
  std::mutex producer_mutex_;
  std::shared_ptr<KafkaProducer> producer_;  // under producer_mutex_; null before the first appender
};

KafkaEventLog::KafkaEventLog(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
KafkaEventLog::~KafkaEventLog() = default;

absl::StatusOr<std::unique_ptr<KafkaEventLog>> KafkaEventLog::Open(const KafkaEventLogOptions& options) {
  if (options.brokers.empty()) return absl::InvalidArgumentError("no Kafka brokers are named");
  ASSIGN_OR_RETURN(auto topics, KafkaTopics::Open(ConnectionSettings(options.brokers, options.connection),
                                                  options.request_timeout));
  return std::unique_ptr<KafkaEventLog>(
      new KafkaEventLog(std::make_unique<Impl>(options, std::move(topics))));
}

absl::Status KafkaEventLog::CreateLedger(const std::string& ledger) {
  if (!IsLedgerCode(ledger))
    return absl::InvalidArgumentError(fmt::format("'{}' is not an ODS code", ledger));
  return impl_->topics().Create(impl_->TopicOf(ledger), impl_->options().replication_factor);
}

absl::StatusOr<std::vector<std::string>> KafkaEventLog::ListLedgers() {
  ASSIGN_OR_RETURN(const std::vector<std::string> topics, impl_->topics().List());
  const std::string& prefix = impl_->options().topic_prefix;
  std::vector<std::string> ledgers;
  for (const std::string& topic : topics) {
    if (topic.rfind(prefix, 0) != 0) continue;
    std::string code = topic.substr(prefix.size());
    if (IsLedgerCode(code)) ledgers.push_back(std::move(code));
  }
  std::sort(ledgers.begin(), ledgers.end());
  return ledgers;
}

absl::Status KafkaEventLog::CheckLedger(const std::string& ledger) {
  const std::string topic = impl_->TopicOf(ledger);
  ASSIGN_OR_RETURN(const TopicShape shape, impl_->topics().Describe(topic));
  if (impl_->options().allow_unsafe_topic) return absl::OkStatus();
  ASSIGN_OR_RETURN(const auto settings, impl_->topics().Settings(topic));
  const std::vector<std::string> unsafe = UnsafeSettings(shape, settings);
  if (unsafe.empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(
      fmt::format("topic {} is not safe for a ledger: {}", topic, fmt::join(unsafe, "; ")));
}

absl::StatusOr<std::unique_ptr<LogReader>> KafkaEventLog::OpenReader(const std::string& ledger,
                                                                     Address from) {
  return KafkaReader::Open(impl_->feeds(), impl_->topics(), impl_->TopicOf(ledger), from);
}

absl::StatusOr<std::unique_ptr<LogAppender>> KafkaEventLog::OpenAppender(const std::string& ledger) {
  const std::string topic = impl_->TopicOf(ledger);
  RETURN_IF_ERROR(impl_->topics().Describe(topic).status());
  ASSIGN_OR_RETURN(std::shared_ptr<KafkaProducer> producer, impl_->Producer());
  return KafkaAppender::Open(std::move(producer), topic);
}

absl::StatusOr<LogRecord> KafkaEventLog::ReadAt(const std::string& ledger, Address address) {
  return std::move(ReadEachAt(ledger, {address}).front());
}

std::vector<absl::StatusOr<LogRecord>> KafkaEventLog::ReadEachAt(const std::string& ledger,
                                                                 const std::vector<Address>& addresses) {
  return impl_->topics().ReadEachAt(impl_->TopicOf(ledger), addresses);
}

}  // namespace realise
