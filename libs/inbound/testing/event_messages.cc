#include "libs/inbound/testing/event_messages.h"

#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <cstdlib>

#include "libs/domain/decide.h"

namespace realise::testing {

std::string SourceOf(std::string_view ledger) { return "/ods/" + std::string(ledger) + "/programme-office"; }

MessageContent EventMessage(const v1::Event& event, std::string_view content_type) {
  MessageContent message;
  message.key = event.source();
  message.headers = {{"ce_specversion", "1.0"},
                     {"ce_id", event.id()},
                     {"ce_source", event.source()},
                     {"ce_type", InboundTypeOf(TypeOf(event))},
                     {"ce_time", "2024-06-30T09:00:00Z"},
                     {"ce_actorrole", event.actor_role()},
                     {"ce_occurredon", event.occurred_on()},
                     {"content-type", std::string(content_type)}};
  if (!event.causation_id().empty()) message.headers.push_back({"ce_causationid", event.causation_id()});
  if (!event.correlation_id().empty())
    message.headers.push_back({"ce_correlationid", event.correlation_id()});
  const google::protobuf::FieldDescriptor* const field =
      v1::Event::descriptor()->FindFieldByNumber(event.body_case());
  const google::protobuf::Message& body = event.GetReflection()->GetMessage(event, field);
  std::string data;
  if (content_type != kJsonType) {
    data = body.SerializeAsString();
  } else if (!google::protobuf::util::MessageToJsonString(body, &data).ok()) {
    std::abort();
  }
  message.value = std::move(data);
  return message;
}

MessageContent WithHeader(MessageContent message, std::string_view name, const char* value) {
  std::erase_if(message.headers, [&](const MessageHeader& header) { return header.name == name; });
  if (value != nullptr) message.headers.push_back({std::string(name), value});
  return message;
}

MessageContent WithData(MessageContent message, std::string data) {
  message.value = std::move(data);
  return message;
}

}  // namespace realise::testing
