#include "libs/event_log/kafka/kafka_reader.h"

#include <algorithm>
#include <array>

#include "fmt/format.h"
#include "libs/base/status_macros.h"

namespace realise {
namespace {

constexpr size_t kMessagesAtOnce = 256;
// After this much librdkafka is nudged; a fraction of what it fetches ahead.
constexpr size_t kNudgeMessages = 25'000;
constexpr size_t kNudgeBytes = 8 * 1024 * 1024;

KafkaSettings FollowerSettings(const KafkaSettings& connection) {
  KafkaSettings settings = ConsumerSettings(connection);
  // A topic that is added waits for the fetch under way, so that wait is short; a record that arrives ends it
  // at once.
  settings.insert(settings.end(), {{"fetch.wait.max.ms", "100"},
                                   {"fetch.message.max.bytes", "4194304"},
                                   // Of each topic, ahead of its reader.
                                   {"queued.min.messages", "100000"},
                                   {"queued.max.messages.kbytes", "32768"}});
  return settings;
}

void NoteError(rd_kafka_t* /*handle*/, int error, const char* /*reason*/, void* opaque) {
  if (error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) ++static_cast<KafkaConsumer*>(opaque)->outages;
}

int NoteStatistics(rd_kafka_t* /*handle*/, char* json, size_t length, void* opaque) {
  static_cast<KafkaConsumer*>(opaque)->statistics->Take({json, length});
  return 0;
}

}  // namespace

absl::StatusOr<KafkaConsumer*> KafkaConsumerPool::Acquire(const std::string& topic) {
  const std::lock_guard lock(mutex_);
  for (const auto& consumer : consumers_) {
    if (consumer->topics.insert(topic).second) return consumer.get();
  }
  auto consumer = std::make_unique<KafkaConsumer>();
  consumer->statistics = statistics_;
  ASSIGN_OR_RETURN(consumer->handle,
                   NewKafkaHandle(RD_KAFKA_CONSUMER, FollowerSettings(connection_),
                                  {.opaque = consumer.get(),
                                   .error = NoteError,
                                   .delivery = nullptr,
                                   .statistics = statistics_ == nullptr ? nullptr : NoteStatistics}));
  consumer->topics.insert(topic);
  return consumers_.emplace_back(std::move(consumer)).get();
}

void KafkaConsumerPool::Release(KafkaConsumer& consumer, const std::string& topic) {
  const std::lock_guard lock(mutex_);
  consumer.topics.erase(topic);
}

absl::StatusOr<std::unique_ptr<KafkaReader>> KafkaReader::Open(KafkaConsumerPool& pool, KafkaTopics& topics,
                                                               const std::string& topic, Address from) {
  // Negative offsets have meanings of their own in librdkafka.
  if (from < 0) return absl::InvalidArgumentError(fmt::format("there is no address {}", from));
  RETURN_IF_ERROR(topics.Describe(topic).status());
  ASSIGN_OR_RETURN(KafkaConsumer* const consumer, pool.Acquire(topic));
  auto handle = NewKafkaTopic(consumer->handle.get(), topic);
  if (!handle.ok()) {
    pool.Release(*consumer, topic);
    return handle.status();
  }
  std::unique_ptr<KafkaReader> reader(
      new KafkaReader(pool, topics, topic, *consumer, std::move(*handle), from));
  RETURN_IF_ERROR(reader->Start());
  return reader;
}

KafkaReader::~KafkaReader() {
  Halt();
  pool_.Release(consumer_, name_);
}

absl::Status KafkaReader::Start() {
  if (rd_kafka_consume_start(topic_.get(), 0, next_) != 0) {
    return FromKafka(rd_kafka_last_error(), fmt::format("reading topic {} from {}", name_, next_));
  }
  started_ = true;
  return absl::OkStatus();
}

void KafkaReader::Halt() {
  pending_.clear();
  if (started_) rd_kafka_consume_stop(topic_.get(), 0);
  started_ = false;
}

// Adds to pending_ what has come; waits for the first.
absl::Status KafkaReader::Fetch(std::chrono::milliseconds wait) {
  if (!started_) RETURN_IF_ERROR(Start());
  KafkaMessage first(rd_kafka_consume(topic_.get(), 0, ToKafkaTimeout(wait)));
  rd_kafka_poll(consumer_.handle.get(), 0);
  if (first == nullptr) return absl::OkStatus();
  pending_.push_back(std::move(first));
  std::array<rd_kafka_message_t*, kMessagesAtOnce> more{};
  const ssize_t count = rd_kafka_consume_batch(topic_.get(), 0, 0, more.data(), more.size());
  for (ssize_t i = 0; i < count; ++i) pending_.emplace_back(more.at(static_cast<size_t>(i)));
  return absl::OkStatus();
}

// When as much is fetched ahead as may be, librdkafka 2.0 looks again only after a second, however soon it is
// taken. Any request to the broker wakes it; its answer is not waited for.
void KafkaReader::Nudge(const rd_kafka_message_t& taken) {
  ++messages_since_nudge_;
  bytes_since_nudge_ += taken.len;
  if (messages_since_nudge_ < kNudgeMessages && bytes_since_nudge_ < kNudgeBytes) return;
  messages_since_nudge_ = 0;
  bytes_since_nudge_ = 0;
  (void)QueryOffset(consumer_.handle.get(), name_, RD_KAFKA_OFFSET_END, std::chrono::milliseconds(0));
}

absl::StatusOr<std::vector<LogRecord>> KafkaReader::Read(std::chrono::milliseconds wait_max,
                                                         size_t bytes_max) {
  RETURN_IF_ERROR(stopped_);
  const Deadline deadline(wait_max);
  std::vector<LogRecord> records;
  size_t bytes = 0;
  bool waited = false;
  while (true) {
    if (pending_.empty()) {
      if (waited && (!records.empty() || deadline.Left().count() == 0)) break;
      waited = true;
      RETURN_IF_ERROR(Fetch(records.empty() ? deadline.Left() : std::chrono::milliseconds(0)));
      continue;
    }
    const rd_kafka_message_t& message = *pending_.front();
    if (message.err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      // Behind a transaction's marker, which is no record, the end is further than the last record tells.
      next_ = std::max(next_, message.offset);
    } else if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      if (!records.empty()) return records;
      return Explain(message.err);
    } else if (message.offset >= next_) {
      if (!records.empty() && bytes + message.len > bytes_max) return records;
      bytes += message.len;
      records.push_back(ToRecord(message));
      next_ = message.offset + 1;
      Nudge(message);
    }
    pending_.pop_front();
  }
  if (records.empty() && outages_seen_ != consumer_.outages) {
    outages_seen_ = consumer_.outages;
    return absl::UnavailableError(fmt::format("Kafka, reading topic {}: no broker answers", name_));
  }
  return records;
}

// What an error in place of the next record means; reading goes on where it was, unless that is gone.
absl::Status KafkaReader::Explain(rd_kafka_resp_err_t error) {
  const std::string said(rd_kafka_err2str(error));
  Halt();
  if (IsDamage(error)) {
    return Stop(
        fmt::format("topic {}: the record at or behind address {} is damaged: {}", name_, next_, said));
  }
  const bool out_of_range =
      error == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET || error == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE;
  if (absl::Status found = topics_.Describe(name_).status(); absl::IsNotFound(found)) {
    return Stop(fmt::format("topic {} is gone", name_));
  } else if (!found.ok()) {
    return found;
  }
  if (!out_of_range) return absl::UnavailableError(fmt::format("Kafka, reading topic {}: {}", name_, said));
  ASSIGN_OR_RETURN(const Watermarks watermarks, topics_.QueryWatermarks(name_));
  if (next_ >= watermarks.low && next_ <= watermarks.high) {
    return absl::UnavailableError(fmt::format("Kafka, reading topic {}: {}", name_, said));
  }
  const std::string what = fmt::format("topic {} holds addresses {} to {}, and is to be read from {}", name_,
                                       watermarks.low, watermarks.high - 1, next_);
  const absl::Status missed = topics_.Missed(name_, next_, what);
  return absl::IsNotFound(missed) ? Stop(what) : missed;
}

absl::Status KafkaReader::Stop(const std::string& what) {
  stopped_ = absl::DataLossError(what);
  return stopped_;
}

absl::StatusOr<Address> KafkaReader::End() {
  RETURN_IF_ERROR(stopped_);
  ASSIGN_OR_RETURN(const Address high, topics_.QueryEnd(name_));
  // A new leader's high watermark may recede for a while; what was there is acknowledged all the same.
  end_seen_ = std::max(end_seen_, high);
  return end_seen_;
}

}  // namespace realise
