#include "tests/bench/kafka_floor.h"

#include <array>
#include <chrono>
#include <utility>

#include "fmt/format.h"
#include "librdkafka/rdkafka.h"
#include "libs/base/status_macros.h"
#include "libs/event_log/kafka/kafka_event_log.h"
#include "tests/bench/result_table.h"

namespace realise::bench {
namespace {

constexpr int kPollMs = 1;
constexpr int kFetchMs = 1000;
constexpr double kGiveUpSeconds = 120;
constexpr int kDeleteMs = 10'000;

struct HandleDeleter {
  void operator()(rd_kafka_t* handle) const { rd_kafka_destroy(handle); }
};
struct TopicDeleter {
  void operator()(rd_kafka_topic_t* topic) const { rd_kafka_topic_destroy(topic); }
};
struct MessageDeleter {
  void operator()(rd_kafka_message_t* message) const { rd_kafka_message_destroy(message); }
};
using Handle = std::unique_ptr<rd_kafka_t, HandleDeleter>;
using Topic = std::unique_ptr<rd_kafka_topic_t, TopicDeleter>;
using Message = std::unique_ptr<rd_kafka_message_t, MessageDeleter>;

struct Delivered {
  uint64_t acknowledged = 0;
  uint64_t failed = 0;
};

void NoteDelivery(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
  Delivered& delivered = *static_cast<Delivered*>(opaque);
  ++(message->err == RD_KAFKA_RESP_ERR_NO_ERROR ? delivered.acknowledged : delivered.failed);
}

absl::StatusOr<Handle> NewHandle(rd_kafka_type_t type,
                                 const std::vector<std::pair<std::string, std::string>>& settings,
                                 Delivered* delivered) {
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  std::array<char, 512> reason{};
  for (const auto& [name, value] : settings) {
    if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), reason.data(), reason.size()) !=
        RD_KAFKA_CONF_OK) {
      rd_kafka_conf_destroy(conf);
      return absl::InvalidArgumentError(reason.data());
    }
  }
  rd_kafka_conf_set_opaque(conf, delivered);
  if (delivered != nullptr) rd_kafka_conf_set_dr_msg_cb(conf, NoteDelivery);
  Handle handle(rd_kafka_new(type, conf, reason.data(), reason.size()));
  if (handle == nullptr) {
    rd_kafka_conf_destroy(conf);
    return absl::UnavailableError(reason.data());
  }
  return handle;
}

// Reads one topic from its first record on.
class BareConsumer {
 public:
  ~BareConsumer() {
    if (consuming_) rd_kafka_consume_stop(topic_.get(), 0);
  }

  absl::Status Begin(const std::string& brokers, const std::string& topic) {
    ASSIGN_OR_RETURN(handle_, NewHandle(RD_KAFKA_CONSUMER,
                                        {{"bootstrap.servers", brokers},
                                         {"fetch.wait.max.ms", "10"},
                                         {"check.crcs", "true"},
                                         {"enable.auto.commit", "false"}},
                                        nullptr));
    topic_.reset(rd_kafka_topic_new(handle_.get(), topic.c_str(), nullptr));
    if (rd_kafka_consume_start(topic_.get(), 0, RD_KAFKA_OFFSET_BEGINNING) != 0) {
      return absl::UnavailableError(rd_kafka_err2str(rd_kafka_last_error()));
    }
    consuming_ = true;
    return absl::OkStatus();
  }

  // Whether there was a record.
  bool Fetch(int wait_ms) {
    const Message message(rd_kafka_consume(topic_.get(), 0, wait_ms));
    if (message == nullptr || message->err != RD_KAFKA_RESP_ERR_NO_ERROR) return false;
    ++read_;
    return true;
  }

  void FetchReady() {
    while (Fetch(0)) {
    }
  }

  // Until it has read `target` records.
  absl::Status ReadUpTo(uint64_t target) {
    const Stopwatch watch;
    while (read_ < target) {
      Fetch(kFetchMs);
      if (watch.seconds() > kGiveUpSeconds)
        return absl::UnavailableError("Kafka did not give back what it took");
    }
    return absl::OkStatus();
  }

 private:
  Handle handle_;
  Topic topic_;
  bool consuming_ = false;
  uint64_t read_ = 0;
};

class LiveKafkaFloor : public KafkaFloor {
 public:
  LiveKafkaFloor(std::string brokers, std::string name)
      : brokers_(std::move(brokers)), name_(std::move(name)) {}

  ~LiveKafkaFloor() override {
    // A topic that stays is no harm: its name is of this run alone.
    static_cast<void>(DeleteTopics(brokers_, {name_}));
  }

  absl::Status Begin() {
    ASSIGN_OR_RETURN(producer_, NewHandle(RD_KAFKA_PRODUCER,
                                          {{"bootstrap.servers", brokers_},
                                           {"enable.idempotence", "true"},
                                           {"acks", "all"},
                                           {"linger.ms", "0"},
                                           {"message.max.bytes", "1048576"}},
                                          &delivered_));
    produced_.reset(rd_kafka_topic_new(producer_.get(), name_.c_str(), nullptr));
    // The connection and the producer's id are there before anything is measured.
    return ProduceOne("first");
  }

  absl::StatusOr<double> ProduceAndReadBack(const std::vector<std::string>& values) override {
    // Not before, nor afterwards: the broker would answer its fetches beside what else is measured.
    BareConsumer consumer;
    RETURN_IF_ERROR(consumer.Begin(brokers_, name_));
    RETURN_IF_ERROR(consumer.ReadUpTo(produced_count_));
    const uint64_t target = produced_count_ + values.size();
    const Stopwatch watch;
    for (const std::string& value : values) {
      RETURN_IF_ERROR(Produce(value));
      rd_kafka_poll(producer_.get(), 0);
      consumer.FetchReady();
    }
    while (delivered_.acknowledged < produced_count_ && delivered_.failed == 0 &&
           watch.seconds() < kGiveUpSeconds) {
      rd_kafka_poll(producer_.get(), kPollMs);
      consumer.FetchReady();
    }
    RETURN_IF_ERROR(consumer.ReadUpTo(target));
    return watch.seconds();
  }

  absl::Status ProduceOne(const std::string& value) override {
    RETURN_IF_ERROR(Produce(value));
    const Stopwatch watch;
    while (delivered_.acknowledged < produced_count_) {
      rd_kafka_poll(producer_.get(), kFetchMs);
      if (delivered_.failed > 0 || watch.seconds() > kGiveUpSeconds) {
        return absl::UnavailableError("Kafka did not acknowledge a record");
      }
    }
    return absl::OkStatus();
  }

 private:
  absl::Status Produce(const std::string& value) {
    // librdkafka copies the value; it takes a pointer that is not const for its other modes.
    while (rd_kafka_produce(produced_.get(), 0, RD_KAFKA_MSG_F_COPY, const_cast<char*>(value.data()),
                            value.size(), nullptr, 0, nullptr) != 0) {
      if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
        return absl::UnavailableError(rd_kafka_err2str(rd_kafka_last_error()));
      }
      rd_kafka_poll(producer_.get(), kPollMs);
    }
    ++produced_count_;
    return absl::OkStatus();
  }

  const std::string brokers_;
  const std::string name_;
  Delivered delivered_;
  Handle producer_;
  Topic produced_;
  uint64_t produced_count_ = 0;
};

}  // namespace

absl::StatusOr<std::unique_ptr<KafkaFloor>> KafkaFloor::Open(const std::string& brokers,
                                                             const std::string& topic) {
  KafkaEventLogOptions options;
  options.brokers = brokers;
  options.topic_prefix = "";
  ASSIGN_OR_RETURN(const auto log, KafkaEventLog::Open(options));
  RETURN_IF_ERROR(log->CreateLedger(topic));
  auto floor = std::make_unique<LiveKafkaFloor>(brokers, topic);
  RETURN_IF_ERROR(floor->Begin());
  return floor;
}

absl::StatusOr<double> ConsumeAll(const std::string& brokers, const std::string& topic, uint64_t count) {
  BareConsumer consumer;
  const Stopwatch watch;
  RETURN_IF_ERROR(consumer.Begin(brokers, topic));
  RETURN_IF_ERROR(consumer.ReadUpTo(count));
  return watch.seconds();
}

absl::Status DeleteTopics(const std::string& brokers, const std::vector<std::string>& topics) {
  ASSIGN_OR_RETURN(const Handle handle,
                   NewHandle(RD_KAFKA_PRODUCER, {{"bootstrap.servers", brokers}}, nullptr));
  std::vector<rd_kafka_DeleteTopic_t*> deleted;
  for (const std::string& topic : topics) deleted.push_back(rd_kafka_DeleteTopic_new(topic.c_str()));
  rd_kafka_queue_t* queue = rd_kafka_queue_new(handle.get());
  rd_kafka_DeleteTopics(handle.get(), deleted.data(), deleted.size(), nullptr, queue);
  rd_kafka_event_t* answer = rd_kafka_queue_poll(queue, kDeleteMs);
  const bool done = answer != nullptr && rd_kafka_event_error(answer) == RD_KAFKA_RESP_ERR_NO_ERROR;
  if (answer != nullptr) rd_kafka_event_destroy(answer);
  rd_kafka_queue_destroy(queue);
  rd_kafka_DeleteTopic_destroy_array(deleted.data(), deleted.size());
  return done ? absl::OkStatus() : absl::UnavailableError("topics cannot be deleted");
}

}  // namespace realise::bench
