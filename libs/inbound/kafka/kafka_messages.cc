#include "libs/inbound/kafka/kafka_messages.h"

#include <fmt/format.h>

#include <memory>

namespace realise {
namespace {

// Larger than any topic takes: a broker decides.
constexpr const char* kMessageBytesMax = "8388608";

struct HeadersDeleter {
  void operator()(rd_kafka_headers_t* headers) const { rd_kafka_headers_destroy(headers); }
};
using Headers = std::unique_ptr<rd_kafka_headers_t, HeadersDeleter>;

std::optional<std::string> Bytes(const void* data, size_t size) {
  if (data == nullptr) return std::nullopt;
  return std::string(static_cast<const char*>(data), size);
}

// librdkafka takes pointers that are not const, and copies; null is no value, which an empty one is not.
void* Data(const std::optional<std::string>& value) {
  static char empty = 0;
  if (!value) return nullptr;
  return value->empty() ? &empty : const_cast<char*>(value->data());
}

Headers ToHeaders(const std::vector<MessageHeader>& headers) {
  Headers to(rd_kafka_headers_new(headers.size()));
  for (const MessageHeader& header : headers) {
    rd_kafka_header_add(to.get(), header.name.data(), static_cast<ssize_t>(header.name.size()),
                        Data(header.value), header.value ? static_cast<ssize_t>(header.value->size()) : 0);
  }
  return to;
}

}  // namespace

KafkaSettings OutcomeProducerSettings(const KafkaSettings& connection) {
  KafkaSettings settings = connection;
  settings.insert(settings.end(), {{"acks", "all"},
                                   // One at a time keeps the order when it is sent again.
                                   {"max.in.flight.requests.per.connection", "1"},
                                   // What was decided is told, however long that takes; the partition waits.
                                   {"message.timeout.ms", "0"},
                                   {"message.max.bytes", kMessageBytesMax},
                                   // A batch fits wherever its largest message does.
                                   {"batch.size", "1000000"},
                                   {"linger.ms", "1"},
                                   {"retry.backoff.ms", "50"},
                                   {"partitioner", "murmur2_random"}});
  return settings;
}

MessageContent ContentOf(const rd_kafka_message_t& message) {
  MessageContent content;
  content.key = Bytes(message.key, message.key_len);
  content.value = Bytes(message.payload, message.len);
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return content;
  const char* name = nullptr;
  const void* value = nullptr;
  size_t size = 0;
  for (size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
       ++i) {
    content.headers.push_back({name, Bytes(value, size)});
  }
  return content;
}

InboundMessage ToInbound(const rd_kafka_message_t& message) {
  return {{rd_kafka_topic_name(message.rkt), message.partition, message.offset}, ContentOf(message)};
}

absl::Status Produce(rd_kafka_t* producer, rd_kafka_topic_t* topic, int32_t partition,
                     const MessageContent& content, void* token) {
  Headers headers = ToHeaders(content.headers);
  const size_t key_size = content.key ? content.key->size() : 0;
  const size_t value_size = content.value ? content.value->size() : 0;
  const rd_kafka_resp_err_t error =
      rd_kafka_producev(producer, RD_KAFKA_V_RKT(topic), RD_KAFKA_V_PARTITION(partition),
                        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(Data(content.key), key_size),
                        RD_KAFKA_V_VALUE(Data(content.value), value_size), RD_KAFKA_V_HEADERS(headers.get()),
                        RD_KAFKA_V_OPAQUE(token), RD_KAFKA_V_END);
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
    (void)headers.release();  // the message owns them from here
    return absl::OkStatus();
  }
  const std::string what =
      fmt::format("Kafka, publishing to topic {}: {}", rd_kafka_topic_name(topic), rd_kafka_err2str(error));
  switch (error) {
    case RD_KAFKA_RESP_ERR__QUEUE_FULL:
      return absl::ResourceExhaustedError(what);
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
      return absl::InvalidArgumentError(what);
    default:
      return absl::UnavailableError(what);
  }
}

}  // namespace realise
