#include "libs/inbound/outcome.h"

#include <fmt/format.h>
#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <charconv>

namespace realise {
namespace {

v1::InboundOutcome About(const MessagePlace& place, const ReadMessage& read) {
  v1::InboundOutcome outcome;
  outcome.mutable_inbound()->set_topic(place.topic);
  outcome.mutable_inbound()->set_partition(place.partition);
  outcome.mutable_inbound()->set_offset(place.offset);
  outcome.set_source(read.source);
  outcome.set_id(read.id);
  outcome.set_ledger(read.ledger);
  return outcome;
}

std::string IdOf(const v1::InboundOutcome& outcome) {
  const v1::InboundPlace& at = outcome.inbound();
  return fmt::format("{}/{}/{}/{}{}{}", at.topic(), at.partition(), at.offset(), outcome.outcome(),
                     outcome.reason().empty() ? "" : ".", outcome.reason());
}

template <typename Number>
bool ParseNumber(const std::string& text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

v1::InboundPlace ToPlace(const MessagePlace& place) {
  v1::InboundPlace to;
  to.set_topic(place.topic);
  to.set_partition(place.partition);
  to.set_offset(place.offset);
  return to;
}

bool Among(const std::vector<std::string>& wanted, const std::string& value) {
  return wanted.empty() || std::find(wanted.begin(), wanted.end(), value) != wanted.end();
}

}  // namespace

size_t MessageContent::Bytes() const {
  constexpr size_t kOverhead = 128;
  size_t bytes = kOverhead + (key ? key->size() : 0) + (value ? value->size() : 0);
  for (const MessageHeader& header : headers) {
    bytes += sizeof(MessageHeader) + header.name.size() + (header.value ? header.value->size() : 0);
  }
  return bytes;
}

std::string OutcomeTypeOf(std::string_view outcome) {
  return fmt::format("uk.nhs.benefits.outcome.{}.v1", outcome);
}

v1::InboundOutcome Recorded(const MessagePlace& place, const ReadMessage& read, const v1::Appended& event,
                            const std::string& receipt) {
  v1::InboundOutcome outcome = About(place, read);
  outcome.set_outcome(std::string(event.already_recorded() ? kDuplicate : kAccepted));
  outcome.set_sequence(event.sequence());
  outcome.set_stream(read.event.stream());
  outcome.set_stream_version(event.stream_version());
  outcome.set_receipt(receipt);
  return outcome;
}

v1::InboundOutcome Rejected(const MessagePlace& place, const ReadMessage& read, const v1::Refusal& refusal,
                            const std::string& decided_at) {
  v1::InboundOutcome outcome = About(place, read);
  outcome.set_outcome(std::string(kRejected));
  outcome.set_reason(refusal.reason());
  outcome.set_field(refusal.field());
  outcome.set_message(refusal.message());
  outcome.set_decided_at(decided_at);
  return outcome;
}

MessageContent OutcomeMessage(const v1::InboundOutcome& outcome, Instant now) {
  MessageContent message;
  if (!outcome.source().empty()) message.key = outcome.source();
  std::string json;
  // A message of plain fields always has a JSON form.
  (void)google::protobuf::util::MessageToJsonString(outcome, &json);
  message.value = std::move(json);
  message.headers = {{"ce_specversion", "1.0"},
                     {"ce_id", IdOf(outcome)},
                     {"ce_source", std::string(kOutcomeSource)},
                     {"ce_type", OutcomeTypeOf(outcome.outcome())},
                     {"ce_time", FormatInstant(now)},
                     {std::string(kContentTypeHeader), std::string(kJsonType)}};
  if (!outcome.id().empty()) message.headers.push_back({"ce_subject", outcome.id()});
  return message;
}

MessageContent RejectedCopy(const InboundMessage& message, const v1::InboundOutcome& outcome, Instant now) {
  MessageContent copy = message.content;
  const std::array<std::string, kRejectedHeaders.size()> values = {message.place.topic,
                                                                   std::to_string(message.place.partition),
                                                                   std::to_string(message.place.offset),
                                                                   outcome.reason(),
                                                                   outcome.field(),
                                                                   outcome.message(),
                                                                   FormatInstant(now),
                                                                   std::string(kValueKept)};
  for (size_t i = 0; i < values.size(); ++i)
    copy.headers.push_back({std::string(kRejectedHeaders[i]), values[i]});
  return copy;
}

MessageContent WithoutValue(MessageContent copy) {
  copy.value.reset();
  copy.headers.back().value = std::string(kValueLeftOut);
  return copy;
}

MessageContent OnlyWhere(MessageContent copy) {
  copy = WithoutValue(std::move(copy));
  copy.key.reset();
  copy.headers.erase(copy.headers.begin(),
                     copy.headers.end() - static_cast<std::ptrdiff_t>(kRejectedHeaders.size()));
  return copy;
}

std::optional<KeptMessage> ReadKept(const InboundMessage& copy) {
  const std::vector<MessageHeader>& headers = copy.content.headers;
  if (headers.size() < kRejectedHeaders.size()) return std::nullopt;
  const size_t own = headers.size() - kRejectedHeaders.size();
  std::array<std::string, kRejectedHeaders.size()> values;
  for (size_t i = 0; i < values.size(); ++i) {
    const MessageHeader& header = headers[own + i];
    if (header.name != kRejectedHeaders[i] || !header.value) return std::nullopt;
    values[i] = *header.value;
  }
  KeptMessage kept;
  kept.kept = copy.place;
  kept.message.place.topic = values[0];
  const std::optional<Instant> rejected_at = ParseInstant(values[6]);
  if (!ParseNumber(values[1], kept.message.place.partition) ||
      !ParseNumber(values[2], kept.message.place.offset) || !rejected_at) {
    return std::nullopt;
  }
  kept.rejected_at = *rejected_at;
  kept.reason = values[3];
  kept.field = values[4];
  kept.why = values[5];
  kept.has_value = values[7] == kValueKept;
  kept.message.content = copy.content;
  kept.message.content.headers.resize(own);
  return kept;
}

bool KeptSelection::Matches(const KeptMessage& kept, const ReadMessage& read) const {
  const MessagePlace& place = kept.message.place;
  return Among(reasons, kept.reason) && Among(sources, read.source) && (!from || kept.rejected_at >= *from) &&
         (!to || kept.rejected_at < *to) && (!partition || place.partition == *partition) &&
         (!offset_from || place.offset >= *offset_from) && (!offset_to || place.offset <= *offset_to);
}

v1::RejectedMessage DescribeKept(const KeptMessage& kept, const ReadMessage& read, bool content) {
  v1::RejectedMessage message;
  *message.mutable_inbound() = ToPlace(kept.message.place);
  *message.mutable_kept() = ToPlace(kept.kept);
  message.set_rejected_at(FormatInstant(kept.rejected_at));
  message.set_reason(kept.reason);
  message.set_field(kept.field);
  message.set_message(kept.why);
  message.set_source(read.source);
  message.set_id(read.id);
  message.set_type(read.type);
  if (!content) return message;
  const MessageContent& published = kept.message.content;
  if (published.key) message.set_key(*published.key);
  if (published.value) message.set_data(*published.value);
  for (const MessageHeader& header : published.headers) {
    v1::InboundHeader& to = *message.add_headers();
    to.set_name(header.name);
    if (header.value) to.set_value(*header.value);
  }
  return message;
}

}  // namespace realise
