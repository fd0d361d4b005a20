// CloudEvents 1.0 in Kafka's binary mode, read into events: attributes are headers `ce_<name>`, the data is
// the value.
//
//   ce_type    := "uk.nhs.benefits." fact ".v1"          fact is a body of realise.v1.Event,
//   "claim_submitted" ce_source  := "/ods/" ODS code "/" system            the system is visible ASCII, 128
//   characters in all at most the data   := the fact's message, as content-type says: application/json
//   (protobuf's mapping) or
//                 application/protobuf
//
// Pure: bytes in, an event or one named refusal out.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "libs/inbound/inbound_message.h"
#include "realise/v1/append_service.pb.h"

namespace realise {

inline constexpr std::string_view kAttributePrefix = "ce_";
inline constexpr std::string_view kContentTypeHeader = "content-type";
inline constexpr std::string_view kJsonType = "application/json";
inline constexpr std::string_view kProtobufType = "application/protobuf";

// Of the data; an event that is recorded holds 64 KiB at most, and JSON takes more.
inline constexpr size_t kInboundDataBytesMax = 256 * 1024;
// Of all headers together.
inline constexpr size_t kInboundHeaderBytesMax = 32 * 1024;

// An attribute that is read; every other one is passed over, as CloudEvents wants it.
struct InboundAttribute {
  std::string_view name;  // without "ce_"
  bool required = false;
  std::string_view pattern;  // a regular expression of its form
  std::string_view what;     // for people, one sentence
};
[[nodiscard]] std::span<const InboundAttribute> InboundAttributes();

// "uk.nhs.benefits.claim_submitted.v1" and "claim_submitted", each from the other; empty if there is no such
// type.
[[nodiscard]] std::string InboundTypeOf(std::string_view fact);
[[nodiscard]] std::string FactOf(std::string_view type);

struct ReadMessage {
  // What may be told to others: each is empty unless it is well formed and holds no NHS number.
  std::string source;
  std::string id;
  std::string type;
  std::string ledger;

  // Set if nothing is to be said against the message; all rules of form are kept then.
  v1::Event event;
  std::optional<v1::ExpectedVersion> expected_version;

  // Why not.  Holds nothing of the data but names of fields that have the form of one.
  std::optional<v1::Refusal> refusal;
};

[[nodiscard]] ReadMessage ReadCloudEvent(const MessageContent& message);

// A field as decisions name it ("occurred_on", "claim_validated.posted_to_period"), as a publisher of `fact`
// knows it
// ("ce_occurredon", "data.postedToPeriod").
[[nodiscard]] std::string InboundFieldOf(std::string_view fact, std::string_view field);

}  // namespace realise
