#include "libs/event_log/kafka/kafka_appender.h"

#include <algorithm>
#include <array>

#include "fmt/format.h"
#include "libs/base/status_macros.h"

namespace realise {
namespace {

constexpr int kFlushMaxMs = 2000;

}  // namespace

absl::StatusOr<std::shared_ptr<KafkaProducer>> KafkaProducer::Open(const KafkaSettings& connection,
                                                                   const KafkaProducerLimits& limits) {
  KafkaSettings settings = connection;
  settings.insert(
      settings.end(),
      {{"enable.idempotence", "true"},
       {"acks", "all"},
       {"max.in.flight.requests.per.connection", "5"},
       // Records that come while others are under way go together anyhow.
       {"linger.ms", "0"},
       {"message.max.bytes", "1048576"},
       {"message.timeout.ms", std::to_string(limits.delivery_timeout.count())},
       {"request.timeout.ms", std::to_string(std::min<int64_t>(limits.delivery_timeout.count(), 5000))},
       {"queue.buffering.max.kbytes", std::to_string(std::max<size_t>(limits.queued_bytes_max / 1024, 1))},
       {"retry.backoff.ms", "50"},
       // That a record is there is seen by reading it back; only failures are reported.
       {"delivery.report.only.error", "true"}});
  std::shared_ptr<KafkaProducer> producer(new KafkaProducer(limits.statistics));
  ASSIGN_OR_RETURN(producer->handle_,
                   NewKafkaHandle(RD_KAFKA_PRODUCER, settings,
                                  {.opaque = producer.get(),
                                   .error = nullptr,
                                   .delivery = NoteDelivery,
                                   .statistics = limits.statistics == nullptr ? nullptr : NoteStatistics}));
  return producer;
}

KafkaProducer::~KafkaProducer() {
  if (handle_ == nullptr) return;
  rd_kafka_flush(handle_.get(), kFlushMaxMs);
  rd_kafka_purge(handle_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
}

bool KafkaProducer::dead() const {
  return rd_kafka_fatal_error(handle_.get(), nullptr, 0) != RD_KAFKA_RESP_ERR_NO_ERROR;
}

uint64_t KafkaProducer::AddSender() {
  const std::lock_guard lock(mutex_);
  failures_.emplace(++last_sender_, absl::OkStatus());
  return last_sender_;
}

void KafkaProducer::RemoveSender(uint64_t sender) {
  const std::lock_guard lock(mutex_);
  failures_.erase(sender);
}

void KafkaProducer::NoteDelivery(rd_kafka_t* handle, const rd_kafka_message_t* message, void* opaque) {
  if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) return;
  KafkaProducer& producer = *static_cast<KafkaProducer*>(opaque);
  const std::lock_guard lock(producer.mutex_);
  const auto failure = producer.failures_.find(reinterpret_cast<uintptr_t>(message->_private));
  if (failure == producer.failures_.end() || !failure->second.ok()) return;
  std::array<char, 256> reason{};
  const bool dead = rd_kafka_fatal_error(handle, reason.data(), reason.size()) != RD_KAFKA_RESP_ERR_NO_ERROR;
  failure->second = absl::UnavailableError(fmt::format(
      "Kafka, appending to topic {}: {}{}{}", rd_kafka_topic_name(message->rkt),
      rd_kafka_err2str(message->err), dead ? "; this producer takes nothing any more: " : "", reason.data()));
}

int KafkaProducer::NoteStatistics(rd_kafka_t* /*handle*/, char* json, size_t length, void* opaque) {
  static_cast<KafkaProducer*>(opaque)->statistics_->Take({json, length});
  return 0;
}

absl::Status KafkaProducer::Send(uint64_t sender, rd_kafka_topic_t* topic, const std::string& stored) {
  if (stored.size() > kKafkaRecordBytesMax) {
    return absl::InvalidArgumentError(
        fmt::format("a record has {} bytes, and {} at most are taken", stored.size(), kKafkaRecordBytesMax));
  }
  rd_kafka_poll(handle_.get(), 0);
  // librdkafka copies the record; it takes a pointer that is not const for its other modes.
  const int sent =
      rd_kafka_produce(topic, 0, RD_KAFKA_MSG_F_COPY, const_cast<char*>(stored.data()), stored.size(),
                       nullptr, 0, reinterpret_cast<void*>(static_cast<uintptr_t>(sender)));
  if (sent == 0) return absl::OkStatus();
  const std::string what = fmt::format("appending to topic {}", rd_kafka_topic_name(topic));
  const rd_kafka_resp_err_t error = rd_kafka_last_error();
  switch (error) {
    case RD_KAFKA_RESP_ERR__QUEUE_FULL:
      return absl::ResourceExhaustedError(fmt::format("Kafka, {}: too much is under way", what));
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
      return absl::InvalidArgumentError(fmt::format("Kafka, {}: {}", what, rd_kafka_err2str(error)));
    default:
      return absl::UnavailableError(fmt::format("Kafka, {}: {}", what, rd_kafka_err2str(error)));
  }
}

absl::Status KafkaProducer::TakeFailure(uint64_t sender) {
  rd_kafka_poll(handle_.get(), 0);
  const std::lock_guard lock(mutex_);
  return std::exchange(failures_[sender], absl::OkStatus());
}

absl::StatusOr<std::unique_ptr<KafkaAppender>> KafkaAppender::Open(std::shared_ptr<KafkaProducer> producer,
                                                                   const std::string& topic) {
  ASSIGN_OR_RETURN(KafkaTopic handle, NewKafkaTopic(producer->handle(), topic));
  return std::unique_ptr<KafkaAppender>(new KafkaAppender(std::move(producer), std::move(handle)));
}

KafkaAppender::~KafkaAppender() { producer_->RemoveSender(sender_); }

absl::Status KafkaAppender::Append(std::string stored) {
  return producer_->Send(sender_, topic_.get(), stored);
}

absl::Status KafkaAppender::TakeFailure() { return producer_->TakeFailure(sender_); }

}  // namespace realise
