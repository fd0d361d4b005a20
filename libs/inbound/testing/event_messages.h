// Events as a publisher sends them to Kafka, for tests.
#pragma once

#include <string>
#include <string_view>

#include "libs/inbound/cloud_event.h"
#include "libs/inbound/inbound_message.h"

namespace realise::testing {

// The source of every event that is made here for a ledger.
[[nodiscard]] std::string SourceOf(std::string_view ledger);

// The event in binary mode, keyed by its source, with JSON or protobuf as its data.
[[nodiscard]] MessageContent EventMessage(const v1::Event& event, std::string_view content_type = kJsonType);

// The message with a header set to another value, or added; without it if `value` is null.
[[nodiscard]] MessageContent WithHeader(MessageContent message, std::string_view name, const char* value);
// The message with other data.
[[nodiscard]] MessageContent WithData(MessageContent message, std::string data);

}  // namespace realise::testing
