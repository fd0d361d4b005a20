#include "libs/kafka/kafka_handles.h"

#include <algorithm>
#include <array>
#include <limits>

#include "fmt/format.h"
#include "libs/base/sabotage.h"
#include "libs/base/status_macros.h"

namespace realise {
namespace {

// How long a topic may be without a leader that knows it, as a new one is for a moment.
constexpr std::chrono::milliseconds kLeaderFoundMax{2000};
constexpr int kAskAgainMs = 20;

}  // namespace

absl::StatusOr<KafkaHandle> NewKafkaHandle(rd_kafka_type_t type, const KafkaSettings& settings,
                                           const KafkaCallbacks& callbacks) {
  std::unique_ptr<rd_kafka_conf_t, KafkaConfDeleter> conf(rd_kafka_conf_new());
  std::array<char, 512> reason{};
  for (const auto& [name, value] : settings) {
    if (rd_kafka_conf_set(conf.get(), name.c_str(), value.c_str(), reason.data(), reason.size()) !=
        RD_KAFKA_CONF_OK) {
      return absl::InvalidArgumentError(fmt::format("Kafka setting {}: {}", name, reason.data()));
    }
  }
  rd_kafka_conf_set_opaque(conf.get(), callbacks.opaque);
  if (callbacks.error != nullptr) rd_kafka_conf_set_error_cb(conf.get(), callbacks.error);
  if (callbacks.delivery != nullptr) rd_kafka_conf_set_dr_msg_cb(conf.get(), callbacks.delivery);
  if (callbacks.statistics != nullptr) {
    rd_kafka_conf_set_stats_cb(conf.get(), callbacks.statistics);
    rd_kafka_conf_set(conf.get(), "statistics.interval.ms", "5000", reason.data(), reason.size());
  }
  if (callbacks.commit != nullptr) rd_kafka_conf_set_offset_commit_cb(conf.get(), callbacks.commit);
  if (callbacks.rebalance != nullptr) rd_kafka_conf_set_rebalance_cb(conf.get(), callbacks.rebalance);
  KafkaHandle handle(rd_kafka_new(type, conf.get(), reason.data(), reason.size()));
  if (handle == nullptr) return absl::InvalidArgumentError(fmt::format("Kafka client: {}", reason.data()));
  (void)conf.release();  // the handle owns it from here
  return handle;
}

KafkaSettings ConnectionSettings(const std::string& brokers, const KafkaSettings& more) {
  KafkaSettings settings = more;
  settings.insert(settings.end(), {{"bootstrap.servers", brokers},
                                   {"client.id", "realise"},
                                   {"socket.nagle.disable", "true"},
                                   {"socket.timeout.ms", "10000"},
                                   {"reconnect.backoff.ms", "50"},
                                   {"reconnect.backoff.max.ms", "1000"},
                                   // Errors only; what concerns a call is in its status.
                                   {"log_level", "3"},
                                   {"log.connection.close", "false"}});
  return settings;
}

KafkaSettings ConsumerSettings(const KafkaSettings& connection) {
  KafkaSettings settings = connection;
  settings.insert(
      settings.end(),
      {
          {"auto.offset.reset", "error"},
          {"enable.auto.commit", "false"},
          {"auto.commit.enable", "false"},
          {"enable.auto.offset.store", "false"},
          {"allow.auto.create.topics", "false"},
          {"check.crcs", "true"},
          {"isolation.level", Sabotaged("read_committed") ? "read_committed" : "read_uncommitted"},
          // Tells the end even where it is a transaction's marker and not a record.
          {"enable.partition.eof", "true"},
          {"fetch.min.bytes", "1"},
          {"fetch.error.backoff.ms", "50"},
      });
  return settings;
}

absl::StatusOr<KafkaTopic> NewKafkaTopic(rd_kafka_t* handle, const std::string& topic) {
  KafkaTopic made(rd_kafka_topic_new(handle, topic.c_str(), nullptr));
  if (made == nullptr) return FromKafka(rd_kafka_last_error(), fmt::format("using topic {}", topic));
  return made;
}

absl::Status FromKafka(rd_kafka_resp_err_t error, std::string_view what) {
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return absl::OkStatus();
  const std::string message =
      fmt::format("Kafka, {}: {} ({})", what, rd_kafka_err2str(error), rd_kafka_err2name(error));
  switch (error) {
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
      return absl::NotFoundError(message);
    case RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS:
      return absl::AlreadyExistsError(message);
    default:
      return absl::UnavailableError(message);
  }
}

bool IsDamage(rd_kafka_resp_err_t error) {
  switch (error) {
    case RD_KAFKA_RESP_ERR__BAD_MSG:
    case RD_KAFKA_RESP_ERR__BAD_COMPRESSION:
    case RD_KAFKA_RESP_ERR__NOT_IMPLEMENTED:
    case RD_KAFKA_RESP_ERR__UNDERFLOW:
    case RD_KAFKA_RESP_ERR_INVALID_MSG:
    case RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE:
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
      return true;
    default:
      return false;
  }
}

absl::StatusOr<int64_t> QueryOffset(rd_kafka_t* handle, const std::string& topic, int64_t which,
                                    std::chrono::milliseconds timeout) {
  const std::string what = fmt::format("asking where topic {} begins or ends", topic);
  const Deadline deadline(timeout);
  const Deadline found(std::min(timeout, kLeaderFoundMax));
  while (true) {
    const std::unique_ptr<rd_kafka_topic_partition_list_t, KafkaPartitionsDeleter> asked(
        rd_kafka_topic_partition_list_new(1));
    rd_kafka_topic_partition_list_add(asked.get(), topic.c_str(), 0)->offset = which;
    const auto failed = rd_kafka_offsets_for_times(handle, asked.get(), ToKafkaTimeout(deadline.Left()));
    const rd_kafka_topic_partition_t& answer = asked->elems[0];
    // It says of the call, or of the partition, what went wrong.
    const auto error = failed != RD_KAFKA_RESP_ERR_NO_ERROR ? failed : answer.err;
    // librdkafka looks for the leader, and leaves asking again to us.
    if (error == RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION && found.Left().count() > 0) {
      rd_kafka_poll(handle, kAskAgainMs);
      continue;
    }
    RETURN_IF_ERROR(FromKafka(error, what));
    if (answer.offset < 0) return absl::UnavailableError(fmt::format("Kafka, {}: no answer", what));
    return answer.offset;
  }
}

int ToKafkaTimeout(std::chrono::milliseconds timeout) {
  return static_cast<int>(std::clamp<int64_t>(timeout.count(), 0, std::numeric_limits<int>::max()));
}

std::chrono::milliseconds Deadline::Left() const {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(end_ - std::chrono::steady_clock::now());
  return std::max(left, std::chrono::milliseconds(0));
}

}  // namespace realise
