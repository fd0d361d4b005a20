#include "libs/inbound/cloud_event.h"

#include <fmt/format.h>
#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <map>

#include "libs/base/ids.h"
#include "libs/domain/decide.h"
#include "libs/domain/limits.h"
#include "libs/domain/nhs_number.h"
#include "libs/inbound/inbound_reason.h"

namespace realise {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr std::string_view kTypePrefix = "uk.nhs.benefits.";
constexpr std::string_view kTypeSuffix = ".v1";
constexpr std::string_view kSourcePrefix = "/ods/";
constexpr std::string_view kSpecVersion = "1.0";

constexpr std::string_view kTokenPattern = "^[!-~]{1,128}$";
constexpr std::string_view kIdPattern = "^[a-z0-9][a-z0-9._-]{0,63}$";

constexpr std::array kAttributes = {
    InboundAttribute{"specversion", true, "^1\\.0$", "The version of CloudEvents."},
    InboundAttribute{
        "id", true, kTokenPattern,
        "Given by the publisher, unique for ever together with `source`: the same id again, with the same "
        "content, is a duplicate and changes nothing."},
    InboundAttribute{
        "source", true, "^/ods/[A-Z0-9]{3,10}/[!-~]+$",
        "The publishing system: its organisation's ODS code and a name. A ledger lists the sources that "
        "may publish to it. 128 characters at most."},
    InboundAttribute{"type", true, "^uk\\.nhs\\.benefits\\.[a-z_]+\\.v1$",
                     "What happened; the data is its message."},
    InboundAttribute{"actorrole", true, kIdPattern, "The role that acted; never a person's name."},
    InboundAttribute{"occurredon", true, "^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
                     "The date on which it happened in the business."},
    InboundAttribute{"ledger", false, "^[A-Z0-9]{3,10}$",
                     "The ODS code of the ledger it is for, where that is not the one of `source`."},
    InboundAttribute{
        "stream", false, kTokenPattern,
        "The thing whose history it belongs to, `claim/c-0042`. The data says that as well, so it may be "
        "left out; if it is there it has to be right."},
    InboundAttribute{"causationid", false, kTokenPattern,
                     "The id of the event or command that led to this one."},
    InboundAttribute{"correlationid", false, kTokenPattern,
                     "What belongs together across events: an import, a month end."},
    InboundAttribute{
        "expectedversion", false, "^(0|[1-9][0-9]{0,18})$",
        "The version of the stream before this event, 0 if it must not exist yet. Rejected if it is at "
        "another; not checked if it is left out."},
    InboundAttribute{
        "datacontenttype", false, "",
        "Read where the header `content-type` is missing, which is where the form of the data belongs."},
};

v1::Refusal Refuse(std::string_view reason, std::string_view field, std::string message) {
  v1::Refusal refusal;
  refusal.set_reason(std::string(reason));
  refusal.set_field(std::string(field));
  refusal.set_message(std::move(message));
  return refusal;
}

v1::Refusal Refuse(Reason reason, std::string_view field, std::string message) {
  return Refuse(ReasonName(reason), field, std::move(message));
}

std::string HeaderOf(std::string_view attribute) { return fmt::format("{}{}", kAttributePrefix, attribute); }

bool IsToken(std::string_view text) {
  return !text.empty() && text.size() <= kTokenBytesMax &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '!' && c <= '~'; });
}

// What may be told to others of a text.
std::string Tellable(std::string_view text) {
  return IsToken(text) && !ContainsNhsNumber(text) ? std::string(text) : std::string();
}

// The ODS code of a source; empty if the source has not the form of one.
std::string LedgerOfSource(std::string_view source) {
  if (!IsToken(source) || source.substr(0, kSourcePrefix.size()) != kSourcePrefix) return "";
  source.remove_prefix(kSourcePrefix.size());
  const size_t slash = source.find('/');
  if (slash == std::string_view::npos || slash + 1 == source.size()) return "";
  const std::string_view code = source.substr(0, slash);
  return IsLedgerCode(code) ? std::string(code) : "";
}

// The headers that are read, each at most once.
class Headers {
 public:
  // False if there is something against them as a whole.
  bool Read(const std::vector<MessageHeader>& headers, std::optional<v1::Refusal>& refusal) {
    size_t bytes = 0;
    for (const MessageHeader& header : headers) {
      bytes += header.name.size() + (header.value ? header.value->size() : 0);
      const bool read = header.name == kContentTypeHeader || IsAttribute(header.name);
      // One without a value says nothing; some libraries send such.
      if (!read || !header.value || header.value->empty()) continue;
      if (!values_.emplace(header.name, *header.value).second && !refusal) {
        refusal = Refuse(Reason::kMalformed, header.name, "This header is there twice; send it once");
      }
    }
    if (bytes > kInboundHeaderBytesMax) {
      refusal = Refuse(
          Reason::kTooLarge, "headers",
          fmt::format("The headers have {} bytes; at most {} are taken", bytes, kInboundHeaderBytesMax));
    }
    return !refusal;
  }

  // Empty if it is not there.
  std::string_view Get(std::string_view header) const {
    const auto found = values_.find(header);
    return found == values_.end() ? std::string_view() : found->second;
  }
  std::string_view Attribute(std::string_view name) const { return Get(HeaderOf(name)); }

 private:
  static bool IsAttribute(std::string_view header) {
    if (header.substr(0, kAttributePrefix.size()) != kAttributePrefix) return false;
    header.remove_prefix(kAttributePrefix.size());
    return std::any_of(kAttributes.begin(), kAttributes.end(),
                       [&](const InboundAttribute& attribute) { return attribute.name == header; });
  }

  std::map<std::string, std::string, std::less<>> values_;
};

// Media type without its parameters, in lower case.
std::string MediaType(std::string_view text) {
  std::string type(text.substr(0, text.find(';')));
  while (!type.empty() && type.back() == ' ') type.pop_back();
  std::transform(type.begin(), type.end(), type.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return type;
}

std::string_view ContentTypeOf(const Headers& headers) {
  const std::string_view content_type = headers.Get(kContentTypeHeader);
  return content_type.empty() ? headers.Attribute("datacontenttype") : content_type;
}

std::optional<v1::Refusal> CheckAttributes(const Headers& headers) {
  if (MediaType(ContentTypeOf(headers)).rfind("application/cloudevents", 0) == 0) {
    return Refuse(
        kUnsupportedContentType, kContentTypeHeader,
        "A structured CloudEvent is not taken: send the attributes as headers ce_... (binary mode) and "
        "the data as the value");
  }
  for (const InboundAttribute& attribute : kAttributes) {
    if (!attribute.required || !headers.Attribute(attribute.name).empty()) continue;
    return Refuse(Reason::kMissingField, HeaderOf(attribute.name),
                  "This header is required, and is not there or is empty");
  }
  if (headers.Attribute("specversion") != kSpecVersion) {
    return Refuse(Reason::kMalformed, "ce_specversion", "This header has to be 1.0");
  }
  if (LedgerOfSource(headers.Attribute("source")).empty()) {
    return Refuse(
        Reason::kMalformed, "ce_source",
        "This header has to be /ods/, an ODS code, / and the system's name, 128 visible ASCII characters at "
        "most");
  }
  if (FactOf(headers.Attribute("type")).empty()) {
    return Refuse(
        Reason::kUnknownType, "ce_type",
        "This header has to be uk.nhs.benefits.<fact>.v1 with a fact of proto/realise/v1/event.proto, "
        "uk.nhs.benefits.claim_submitted.v1 for example");
  }
  const std::string_view ledger = headers.Attribute("ledger");
  if (!ledger.empty() && !IsLedgerCode(ledger)) {
    return Refuse(Reason::kMalformed, "ce_ledger", "This header has to be an ODS code, or be left out");
  }
  // Ten digits have the form of a code, too; and no event holds this header, whose other texts are looked at
  // with it.
  if (ContainsNhsNumber(ledger)) {
    return Refuse(Reason::kPatientIdentifier, "ce_ledger",
                  "This header holds a valid NHS number; it has to be an ODS code, or be left out");
  }
  return std::nullopt;
}

// What the parser says may hold a piece of the data, and so what nobody should see: only the name of a field
// that does not exist is taken from it.
std::string UnknownField(std::string_view parser_message) {
  constexpr std::string_view kEnd = ": Cannot find field.";
  const size_t end = parser_message.find(kEnd);
  if (end == std::string_view::npos) return "";
  std::string_view name = parser_message.substr(0, end);
  name = name.substr(name.find_last_of(" :)") + 1);
  const bool plain = !name.empty() && name.size() <= kIdBytesMax &&
                     std::all_of(name.begin(), name.end(), [](unsigned char c) {
                       return std::isalpha(c) != 0 || c == '_' || c == '.';
                     });
  return plain ? std::string(name) : "";
}

std::optional<v1::Refusal> ParseJson(const std::string& data, Message& body) {
  const auto status = google::protobuf::util::JsonStringToMessage(data, &body);
  if (status.ok()) return std::nullopt;
  const std::string field = UnknownField(std::string(status.message()));
  if (!field.empty()) {
    return Refuse(Reason::kUnknownField, "data." + field,
                  "There is no such field; libs/inbound/asyncapi.yaml has them all");
  }
  return Refuse(
      Reason::kMalformed, "data",
      "The data has to be the fact's message in protobuf's JSON: an object, whole numbers without a decimal "
      "point, enumerations by name");
}

std::optional<v1::Refusal> ParseData(const MessageContent& message, std::string_view content_type,
                                     Message& body) {
  if (!message.value || message.value->empty()) {
    return Refuse(Reason::kMissingField, "data", "The message has no value; it has to be the fact's message");
  }
  const std::string& data = *message.value;
  if (data.size() > kInboundDataBytesMax) {
    return Refuse(
        Reason::kTooLarge, "data",
        fmt::format("The data has {} bytes; at most {} are taken", data.size(), kInboundDataBytesMax));
  }
  const std::string media_type = MediaType(content_type);
  if (media_type == kJsonType) return ParseJson(data, body);
  if (media_type == kProtobufType || media_type == "application/x-protobuf") {
    if (body.ParseFromString(data)) return std::nullopt;
    return Refuse(Reason::kMalformed, "data", "The data is not the fact's message in protobuf");
  }
  return Refuse(kUnsupportedContentType, kContentTypeHeader,
                "This header has to be application/json or application/protobuf");
}

std::optional<v1::Refusal> CheckRules(const std::string& fact, const v1::Event& event) {
  const std::optional<Rejection> rejection = CheckForm(event);
  if (!rejection) return std::nullopt;
  return Refuse(rejection->reason, InboundFieldOf(fact, rejection->field), rejection->message);
}

// The publisher need not name the stream.  It is set last, so that an id in the data is to blame for itself.
std::optional<v1::Refusal> CheckEvent(const std::string& fact, std::string_view stream, v1::Event& event) {
  event.set_stream(stream.empty() ? "-" : std::string(stream));
  std::optional<v1::Refusal> refusal = CheckRules(fact, event);
  if (!stream.empty() || !refusal || refusal->reason() != ReasonName(Reason::kStreamMismatch)) return refusal;
  event.set_stream(StreamOf(event));
  return CheckRules(fact, event);
}

std::optional<v1::Refusal> ReadEvent(const MessageContent& message, const Headers& headers,
                                     ReadMessage& read) {
  if (auto refusal = CheckAttributes(headers)) return refusal;
  const std::string fact = FactOf(headers.Attribute("type"));
  v1::Event& event = read.event;
  event.set_id(std::string(headers.Attribute("id")));
  event.set_source(std::string(headers.Attribute("source")));
  event.set_actor_role(std::string(headers.Attribute("actorrole")));
  event.set_occurred_on(std::string(headers.Attribute("occurredon")));
  event.set_causation_id(std::string(headers.Attribute("causationid")));
  event.set_correlation_id(std::string(headers.Attribute("correlationid")));
  event.set_schema_version(kSchemaVersion);
  const FieldDescriptor* const body = v1::Event::descriptor()->FindFieldByName(fact);
  if (auto refusal =
          ParseData(message, ContentTypeOf(headers), *event.GetReflection()->MutableMessage(&event, body))) {
    return refusal;
  }
  if (auto refusal = CheckEvent(fact, headers.Attribute("stream"), event)) return refusal;
  const std::string_view expected = headers.Attribute("expectedversion");
  if (expected.empty()) return std::nullopt;
  uint64_t version = 0;
  const auto [end, error] = std::from_chars(expected.data(), expected.data() + expected.size(), version);
  if (error != std::errc() || end != expected.data() + expected.size()) {
    return Refuse(Reason::kMalformed, "ce_expectedversion",
                  "This header has to be a whole number, 0 or more");
  }
  read.expected_version.emplace();
  read.expected_version->set_stream(event.stream());
  read.expected_version->set_version(version);
  return std::nullopt;
}

std::string Camel(std::string_view path) {
  std::string camel;
  bool upper = false;
  for (const char c : path) {
    if (c == '_') {
      upper = true;
      continue;
    }
    camel += upper ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
    upper = false;
  }
  return camel;
}

}  // namespace

std::span<const InboundAttribute> InboundAttributes() { return kAttributes; }

std::string InboundTypeOf(std::string_view fact) {
  return fmt::format("{}{}{}", kTypePrefix, fact, kTypeSuffix);
}

std::string FactOf(std::string_view type) {
  if (type.size() <= kTypePrefix.size() + kTypeSuffix.size() ||
      type.substr(0, kTypePrefix.size()) != kTypePrefix ||
      type.substr(type.size() - kTypeSuffix.size()) != kTypeSuffix) {
    return "";
  }
  type.remove_prefix(kTypePrefix.size());
  type.remove_suffix(kTypeSuffix.size());
  const std::string fact(type);
  const FieldDescriptor* const field = v1::Event::descriptor()->FindFieldByName(fact);
  return field != nullptr && field->containing_oneof() != nullptr ? fact : "";
}

std::string InboundFieldOf(std::string_view fact, std::string_view field) {
  static const std::map<std::string_view, std::string_view> kHeaders = {
      {"id", "ce_id"},
      {"source", "ce_source"},
      {"stream", "ce_stream"},
      {"actor_role", "ce_actorrole"},
      {"occurred_on", "ce_occurredon"},
      {"causation_id", "ce_causationid"},
      {"correlation_id", "ce_correlationid"},
      {"expected_versions", "ce_expectedversion"},
      {"body", "ce_type"},
      {"schema_version", "ce_type"},
  };
  if (const auto header = kHeaders.find(field); header != kHeaders.end()) return std::string(header->second);
  if (field == fact) return "data";
  if (field.size() > fact.size() && field.substr(0, fact.size()) == fact && field[fact.size()] == '.') {
    return "data." + Camel(field.substr(fact.size() + 1));
  }
  return std::string(field);
}

ReadMessage ReadCloudEvent(const MessageContent& message) {
  ReadMessage read;
  Headers headers;
  const bool whole = headers.Read(message.headers, read.refusal);
  read.id = Tellable(headers.Attribute("id"));
  read.source = Tellable(headers.Attribute("source"));
  if (!FactOf(headers.Attribute("type")).empty()) read.type = std::string(headers.Attribute("type"));
  const std::string_view ledger = headers.Attribute("ledger");
  read.ledger = ledger.empty() ? LedgerOfSource(headers.Attribute("source")) : std::string(ledger);
  if (!IsLedgerCode(read.ledger) || ContainsNhsNumber(read.ledger)) read.ledger.clear();
  if (whole) read.refusal = ReadEvent(message, headers, read);
  return read;
}

}  // namespace realise
