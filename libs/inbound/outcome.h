// What is sent back: the outcome of a message, and the message as it was if it was rejected.  Pure.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/calendar.h"
#include "libs/inbound/cloud_event.h"
#include "libs/inbound/inbound_message.h"
#include "realise/v1/inbound.pb.h"

namespace realise {

// InboundOutcome::outcome.
inline constexpr std::string_view kAccepted = "accepted";
inline constexpr std::string_view kDuplicate = "duplicate";
inline constexpr std::string_view kRejected = "rejected";
inline constexpr std::array kOutcomes = {kAccepted, kDuplicate, kRejected};

// The attribute `source` of every outcome.
inline constexpr std::string_view kOutcomeSource = "/realise/inbound";

// "uk.nhs.benefits.outcome.accepted.v1".
[[nodiscard]] std::string OutcomeTypeOf(std::string_view outcome);

[[nodiscard]] v1::InboundOutcome Recorded(const MessagePlace& place, const ReadMessage& read,
                                          const v1::Appended& event, const std::string& receipt);
// `refusal.field` is a field as the publisher knows it.  `decided_at` may be empty.
[[nodiscard]] v1::InboundOutcome Rejected(const MessagePlace& place, const ReadMessage& read,
                                          const v1::Refusal& refusal, const std::string& decided_at);

// The outcome as a CloudEvent in binary mode, with JSON as its data; its key is the source of the message.
[[nodiscard]] MessageContent OutcomeMessage(const v1::InboundOutcome& outcome, Instant now);

// Headers that a rejected message gets behind its own, in this order.
inline constexpr std::array<std::string_view, 8> kRejectedHeaders = {
    "realise_topic", "realise_partition", "realise_offset",      "realise_reason",
    "realise_field", "realise_message",   "realise_rejected_at", "realise_value"};
// Values of the last one: the value is that of the message, or was too large to be kept and stands only where
// the message was published, and key and headers perhaps too.
inline constexpr std::string_view kValueKept = "kept";
inline constexpr std::string_view kValueLeftOut = "left out";

// The message as it was, and why it was rejected.
[[nodiscard]] MessageContent RejectedCopy(const InboundMessage& message, const v1::InboundOutcome& outcome,
                                          Instant now);
// The same without its value.
[[nodiscard]] MessageContent WithoutValue(MessageContent copy);
// The same without anything of the message, for key and headers can be too large as well.
[[nodiscard]] MessageContent OnlyWhere(MessageContent copy);

// A copy read again.
struct KeptMessage {
  InboundMessage message;  // as it was published
  MessagePlace kept;       // where the copy stands
  Instant rejected_at{};
  std::string reason;
  std::string field;
  std::string why;
  bool has_value = true;
};
// Nothing if the headers are not those of a copy.
[[nodiscard]] std::optional<KeptMessage> ReadKept(const InboundMessage& copy);

// Which copies are meant; what is empty selects all.
struct KeptSelection {
  std::vector<std::string> reasons{};
  std::vector<std::string> sources{};
  std::optional<Instant> from{};  // rejected at or after
  std::optional<Instant> to{};    // rejected before
  std::optional<int32_t> partition{};
  std::optional<int64_t> offset_from{};  // of the inbound topic
  std::optional<int64_t> offset_to{};    // included

  bool Matches(const KeptMessage& kept, const ReadMessage& read) const;
};

// For lists.  With `content`, also key, data and headers.
[[nodiscard]] v1::RejectedMessage DescribeKept(const KeptMessage& kept, const ReadMessage& read,
                                               bool content);

}  // namespace realise
