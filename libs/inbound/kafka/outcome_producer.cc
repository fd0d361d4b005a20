#include "libs/inbound/kafka/outcome_producer.h"

#include <fmt/format.h>

#include <utility>

#include "libs/base/status_macros.h"
#include "libs/inbound/kafka/kafka_messages.h"
#include "libs/inbound/outcome.h"

namespace realise {
namespace {

constexpr std::chrono::milliseconds kTryAgainAfter{200};
constexpr int kPurgedWithinMs = 1000;

}  // namespace

absl::StatusOr<std::unique_ptr<OutcomeProducer>> OutcomeProducer::Open(const KafkaSettings& connection,
                                                                       const std::string& outcomes_topic,
                                                                       const std::string& rejected_topic,
                                                                       std::function<void()> wake) {
  std::unique_ptr<OutcomeProducer> producer(new OutcomeProducer(std::move(wake)));
  ASSIGN_OR_RETURN(producer->handle_,
                   NewKafkaHandle(RD_KAFKA_PRODUCER, OutcomeProducerSettings(connection),
                                  {.opaque = producer.get(), .error = nullptr, .delivery = NoteDelivery}));
  ASSIGN_OR_RETURN(producer->outcomes_, NewKafkaTopic(producer->handle_.get(), outcomes_topic));
  ASSIGN_OR_RETURN(producer->rejected_, NewKafkaTopic(producer->handle_.get(), rejected_topic));
  const std::unique_ptr<rd_kafka_queue_t, KafkaQueueDeleter> reports(
      rd_kafka_queue_get_main(producer->handle_.get()));
  rd_kafka_queue_cb_event_enable(reports.get(), Wake, producer.get());
  return producer;
}

OutcomeProducer::~OutcomeProducer() {
  if (handle_ == nullptr) return;
  const std::unique_ptr<rd_kafka_queue_t, KafkaQueueDeleter> reports(rd_kafka_queue_get_main(handle_.get()));
  rd_kafka_queue_cb_event_enable(reports.get(), nullptr, nullptr);
  // Whoever takes the partition over tells it again.
  rd_kafka_purge(handle_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  // Only the reports of what was purged are left.
  rd_kafka_flush(handle_.get(), kPurgedWithinMs);
  again_.clear();
}

void OutcomeProducer::Wake(rd_kafka_t* /*handle*/, void* opaque) {
  static_cast<OutcomeProducer*>(opaque)->wake_();
}

void OutcomeProducer::SendOutcome(MessageContent outcome, const SettledPlace& about) {
  ++under_way_;
  Send(std::make_unique<Sent>(Sent{about, false}), std::move(outcome));
}

void OutcomeProducer::SendRejected(MessageContent copy, const SettledPlace& about) {
  ++under_way_;
  Send(std::make_unique<Sent>(Sent{about, true}), std::move(copy));
}

void OutcomeProducer::Send(std::unique_ptr<Sent> sent, MessageContent content) {
  rd_kafka_topic_t* const topic = sent->is_copy ? rejected_.get() : outcomes_.get();
  const absl::Status handed_over = Produce(handle_.get(), topic, RD_KAFKA_PARTITION_UA, content, sent.get());
  if (handed_over.ok()) {
    (void)sent.release();  // NoteDelivery takes it
    return;
  }
  TryAgain(std::move(sent), std::move(content), handed_over, absl::IsInvalidArgument(handed_over));
}

void OutcomeProducer::TryAgain(std::unique_ptr<Sent> sent, MessageContent content, absl::Status why,
                               bool too_large) {
  if (too_large && sent->is_copy) {
    content = content.value ? WithoutValue(std::move(content)) : OnlyWhere(std::move(content));
  }
  FailureOf(*sent) = std::move(why);
  again_.push_back({std::move(sent), std::move(content)});
  again_at_ = std::chrono::steady_clock::now() + kTryAgainAfter;
}

void OutcomeProducer::NoteDelivery(rd_kafka_t* /*handle*/, const rd_kafka_message_t* message, void* opaque) {
  OutcomeProducer& producer = *static_cast<OutcomeProducer*>(opaque);
  std::unique_ptr<Sent> sent(static_cast<Sent*>(message->_private));
  if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    producer.TryAgain(
        std::move(sent), ContentOf(*message),
        FromKafka(message->err, fmt::format("publishing to topic {}", rd_kafka_topic_name(message->rkt))),
        message->err == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
    return;
  }
  producer.FailureOf(*sent) = absl::OkStatus();
  --producer.under_way_;
  producer.delivered_.push_back(sent->about);
}

std::vector<SettledPlace> OutcomeProducer::Poll(std::chrono::steady_clock::time_point now) {
  rd_kafka_poll(handle_.get(), 0);
  if (!again_.empty() && now >= again_at_) {
    for (Again& again : std::exchange(again_, {})) Send(std::move(again.sent), std::move(again.content));
  }
  return std::exchange(delivered_, {});
}

}  // namespace realise
