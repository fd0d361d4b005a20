// Messages with key and headers, from and to librdkafka.  Private to this folder.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "libs/inbound/inbound_message.h"
#include "libs/kafka/kafka_handles.h"

namespace realise {

// REQUIRES: a message without an error, or a failed one of a producer.
[[nodiscard]] MessageContent ContentOf(const rd_kafka_message_t& message);
[[nodiscard]] InboundMessage ToInbound(const rd_kafka_message_t& message);

// Hands a message over; `partition` may be RD_KAFKA_PARTITION_UA, and the key chooses it then, as Java's
// client does. `token` is the message's _private at its delivery report.
//   RESOURCE_EXHAUSTED  too much is under way.
//   INVALID_ARGUMENT    it is too large.
//   UNAVAILABLE         anything else; the message says what.
[[nodiscard]] absl::Status Produce(rd_kafka_t* producer, rd_kafka_topic_t* topic, int32_t partition,
                                   const MessageContent& content, void* token);

// The settings of a producer that loses nothing and keeps the order of each partition; messages may come
// twice.
[[nodiscard]] KafkaSettings OutcomeProducerSettings(const KafkaSettings& connection);

}  // namespace realise
