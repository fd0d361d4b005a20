#include "libs/inbound/testing/asyncapi_document.h"

#include <fmt/format.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/text_format.h>
#include <google/protobuf/util/json_util.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <set>
#include <sstream>

#include "libs/domain/decide.h"
#include "libs/inbound/cloud_event.h"
#include "libs/inbound/inbound_reason.h"
#include "libs/inbound/outcome.h"
#include "realise/v1/inbound.pb.h"

namespace realise::testing {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

[[noreturn]] void Die(const std::string& why) {
  std::cerr << why << "\n";
  std::exit(1);
}

// A double-quoted scalar, which YAML has in common with JSON.
std::string Quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c == '\n' ? ' ' : c;
  }
  return quoted + '"';
}

template <typename Described>
std::string CommentOf(const Described& described) {
  google::protobuf::SourceLocation location;
  if (!described.GetSourceLocation(&location)) Die(described.full_name() + " has no comment");
  std::istringstream words(location.leading_comments);
  std::string comment;
  for (std::string word; words >> word;) comment += (comment.empty() ? "" : " ") + word;
  return comment;
}

// What the rules of form say of a string field of an event, found out by asking them.
class FormProbe {
 public:
  FormProbe(const v1::Event& good, const FieldDescriptor& body) : good_(good), body_(body) {}

  bool Required(const std::string& field) const {
    v1::Event event = good_;
    Message& body = BodyOf(event);
    body.GetReflection()->ClearField(&body, FieldOf(body, field));
    const auto rejection = CheckForm(event);
    return rejection && rejection->reason == Reason::kMissingField;
  }

  // Lines of its schema beside the type.
  std::vector<std::string> Form(const std::string& field) const {
    if (Takes(field, "2024-06-30") && !Takes(field, "x")) return {"format: date"};
    if (Takes(field, "2024/25-M03") && !Takes(field, "x")) {
      return {R"(pattern: "^[0-9]{4}/[0-9]{2}-M(0[1-9]|1[0-2])$")"};
    }
    if (!Takes(field, "X")) return {R"(pattern: "^[a-z0-9][a-z0-9._-]{0,63}$")"};
    if (!Takes(field, "x x")) return {R"(pattern: "^[!-~]{1,128}$")"};
    return {"maxLength: 500"};
  }

 private:
  Message& BodyOf(v1::Event& event) const { return *event.GetReflection()->MutableMessage(&event, &body_); }
  static const FieldDescriptor* FieldOf(const Message& body, const std::string& name) {
    return body.GetDescriptor()->FindFieldByName(name);
  }
  bool Takes(const std::string& field, const std::string& value) const {
    v1::Event event = good_;
    Message& body = BodyOf(event);
    body.GetReflection()->SetString(&body, FieldOf(body, field), value);
    const auto rejection = CheckForm(event);
    return !rejection || rejection->reason != Reason::kMalformed;
  }

  const v1::Event& good_;
  const FieldDescriptor& body_;
};

class Document {
 public:
  explicit Document(const std::string& root) : root_(root) {
    google::protobuf::FileDescriptorSet files;
    if (!files.ParseFromString(ReadText(REALISE_CONTRACT_DESCRIPTORS)))
      Die("the descriptors of proto/ do not parse");
    for (const auto& file : files.file()) {
      if (pool_.BuildFile(file) == nullptr) Die("the descriptors of proto/ do not fit together");
    }
  }

  std::string Write() {
    text_ = std::string(kAsyncApiMarker);
    const auto& facts =
        *File("realise/v1/event.proto")->FindMessageTypeByName("Event")->FindOneofByName("body");
    WriteChannels(facts);
    Line(0, "components:");
    Line(1, "messages:");
    for (int i = 0; i < facts.field_count(); ++i) WriteEvent(*facts.field(i));
    WriteOutcomes();
    Line(1, "schemas:");
    WriteEventHeaders();
    WriteOutcomeHeaders();
    WriteRejectedHeaders();
    for (int i = 0; i < facts.field_count(); ++i) WriteBody(*facts.field(i));
    const Descriptor& outcome = *File("realise/v1/inbound.proto")->FindMessageTypeByName("InboundOutcome");
    WriteMessage(outcome, nullptr);
    WriteMessage(*outcome.FindFieldByName("inbound")->message_type(), nullptr);
    return text_;
  }

 private:
  void Line(int depth, const std::string& line) {
    text_ += std::string(static_cast<size_t>(depth) * 2, ' ') + line + "\n";
  }

  const google::protobuf::FileDescriptor* File(const std::string& file) {
    const auto* const imported = pool_.FindFileByName(file);
    if (imported == nullptr) Die("there is no " + file);
    return imported;
  }

  v1::Event Golden(const std::string& fact) {
    v1::Event event;
    if (!google::protobuf::TextFormat::ParseFromString(
            ReadText(root_ + "/tests/golden/events/" + fact + ".txtpb"), &event)) {
      Die("the golden event " + fact + " does not parse");
    }
    event.set_stream_version(0);
    return event;
  }

  void WriteChannel(const std::string& name, const std::string& topic, const std::string& what) {
    Line(1, name + ":");
    Line(2, "address: " + topic);
    Line(2, "description: " + Quoted(what));
    Line(2, "messages:");
  }

  void WriteChannels(const google::protobuf::OneofDescriptor& facts) {
    Line(0, "channels:");
    WriteChannel(
        "inbound", "realise.inbound",
        "What publishers send. The key is theirs to choose; messages with one key keep their order.");
    for (int i = 0; i < facts.field_count(); ++i)
      Ref(3, facts.field(i)->name(), "messages/" + facts.field(i)->name());
    WriteChannel("outcomes", "realise.outcomes",
                 "What became of each message, at least once. The key is the source of the message.");
    for (const std::string_view outcome : kOutcomes)
      Ref(3, std::string(outcome), fmt::format("messages/outcome_{}", outcome));
    WriteChannel("rejected", "realise.inbound.rejected",
                 "Rejected messages as they were, with the reason in further headers.");
    Ref(3, "rejected_message", "messages/rejected_message");
  }

  void Ref(int depth, const std::string& name, const std::string& what) {
    Line(depth, name + ":");
    Line(depth + 1, fmt::format("$ref: '#/components/{}'", what));
  }

  void WriteEvent(const FieldDescriptor& fact) {
    Line(2, fact.name() + ":");
    Line(3, "name: " + InboundTypeOf(fact.name()));
    Line(3, "summary: " + Quoted(CommentOf(fact)));
    Line(3, "headers:");
    Line(4, "allOf:");
    Line(5, "- $ref: '#/components/schemas/EventHeaders'");
    Line(5, "- type: object");
    Line(6, "properties:");
    Line(7, "ce_type:");
    Line(8, "const: " + InboundTypeOf(fact.name()));
    Line(3, "payload:");
    Line(4, fmt::format("$ref: '#/components/schemas/{}'", fact.message_type()->name()));
    const v1::Event golden = Golden(fact.name());
    const FieldDescriptor* const body = v1::Event::descriptor()->FindFieldByName(fact.name());
    std::string json;
    (void)google::protobuf::util::MessageToJsonString(golden.GetReflection()->GetMessage(golden, body),
                                                      &json);
    Line(3, "examples:");
    Line(4, "- payload: " + json);
  }

  void WriteOutcomes() {
    for (const std::string_view outcome : kOutcomes) {
      Line(2, fmt::format("outcome_{}:", outcome));
      Line(3, "name: " + OutcomeTypeOf(outcome));
      Line(3, "contentType: application/json");
      Line(3, "headers:");
      Line(4, "$ref: '#/components/schemas/OutcomeHeaders'");
      Line(3, "payload:");
      Line(4, "$ref: '#/components/schemas/InboundOutcome'");
    }
    Line(2, "rejected_message:");
    Line(3, "name: rejected_message");
    Line(3, "summary: \"A rejected message: key, data and headers as they were.\"");
    Line(3, "headers:");
    Line(4, "$ref: '#/components/schemas/RejectedHeaders'");
  }

  void WriteEventHeaders() {
    Line(2, "EventHeaders:");
    Line(3, "type: object");
    Line(3, "description: \"Attributes of CloudEvents in binary mode. Others are passed over.\"");
    Line(3, "properties:");
    for (const InboundAttribute& attribute : InboundAttributes()) {
      Line(4, fmt::format("{}{}:", kAttributePrefix, attribute.name));
      Line(5, "type: string");
      if (!attribute.pattern.empty()) Line(5, "pattern: " + Quoted(attribute.pattern));
      Line(5, "description: " + Quoted(attribute.what));
    }
    Line(4, fmt::format("{}:", kContentTypeHeader));
    Line(5, "type: string");
    Line(5, fmt::format("enum: [{}, {}]", kJsonType, kProtobufType));
    Line(5, "description: \"The form of the data: protobuf's JSON mapping, or protobuf.\"");
    Line(3, "required:");
    for (const InboundAttribute& attribute : InboundAttributes()) {
      if (attribute.required) Line(4, fmt::format("- {}{}", kAttributePrefix, attribute.name));
    }
    Line(4, fmt::format("- {}", kContentTypeHeader));
  }

  void WriteOutcomeHeaders() {
    v1::InboundOutcome outcome;
    outcome.set_id("claim-1");
    Line(2, "OutcomeHeaders:");
    Line(3, "type: object");
    Line(3,
         "description: \"Attributes of CloudEvents. The subject is the id of the message, if it has one.\"");
    Line(3, "properties:");
    for (const MessageHeader& header : OutcomeMessage(outcome, Instant()).headers) {
      Line(4, header.name + ":");
      Line(5, "type: string");
    }
  }

  void WriteRejectedHeaders() {
    Line(2, "RejectedHeaders:");
    Line(3, "type: object");
    Line(3,
         "description: \"Behind the message's own headers: where it was published, why and when it was "
         "rejected, and whether its data is kept.\"");
    Line(3, "properties:");
    for (const std::string_view header : kRejectedHeaders) {
      Line(4, fmt::format("{}:", header));
      Line(5, "type: string");
    }
    Line(3, "required:");
    for (const std::string_view header : kRejectedHeaders) Line(4, fmt::format("- {}", header));
  }

  void WriteBody(const FieldDescriptor& fact) {
    const v1::Event golden = Golden(fact.name());
    const FormProbe probe(golden, *v1::Event::descriptor()->FindFieldByName(fact.name()));
    WriteMessage(*fact.message_type(), &probe);
    for (int i = 0; i < fact.message_type()->field_count(); ++i) {
      const Descriptor* const inner = fact.message_type()->field(i)->message_type();
      if (inner != nullptr && written_.insert(inner->name()).second) WriteMessage(*inner, nullptr);
    }
  }

  // `probe` knows the rules of an event's body; null for anything else.
  void WriteMessage(const Descriptor& message, const FormProbe* probe) {
    Line(2, message.name() + ":");
    Line(3, "type: object");
    Line(3, "additionalProperties: false");
    Line(3, "description: " + Quoted(CommentOf(message)));
    Line(3, "properties:");
    std::vector<std::string> required;
    for (int i = 0; i < message.field_count(); ++i) {
      const FieldDescriptor& field = *message.field(i);
      Line(4, field.json_name() + ":");
      Line(5, "description: " + Quoted(CommentOf(field)));
      if (message.name() == "InboundOutcome") WriteKnownValues(field.name());
      if (field.is_repeated()) {
        Line(5, "type: array");
        Line(5, "items:");
        WriteType(6, field);
        continue;
      }
      WriteType(5, field);
      if (probe == nullptr) continue;
      if (field.cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
        for (const std::string& line : probe->Form(field.name())) Line(5, line);
      }
      if (probe->Required(field.name()) && field.real_containing_oneof() == nullptr)
        required.push_back(field.json_name());
    }
    if (required.empty()) return;
    Line(3, "required:");
    for (const std::string& name : required) Line(4, "- " + name);
  }

  void WriteKnownValues(const std::string& field) {
    if (field == "outcome") Line(5, fmt::format("enum: [{}, {}, {}]", kAccepted, kDuplicate, kRejected));
    if (field != "reason") return;
    Line(5, "x-known-values:");
    for (int i = 0; i <= static_cast<int>(kLastReason); ++i) {
      Line(6, fmt::format("- {}", ReasonName(static_cast<Reason>(i))));
    }
    for (const std::string_view reason : kInboundReasons) Line(6, fmt::format("- {}", reason));
  }

  void WriteType(int depth, const FieldDescriptor& field) {
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_STRING:
        return Line(depth, "type: string");
      case FieldDescriptor::CPPTYPE_BOOL:
        return Line(depth, "type: boolean");
      case FieldDescriptor::CPPTYPE_ENUM:
        Line(depth, "type: string");
        Line(depth, "enum:");
        for (int i = 0; i < field.enum_type()->value_count(); ++i) {
          if (field.enum_type()->value(i)->number() != 0)
            Line(depth + 1, "- " + field.enum_type()->value(i)->name());
        }
        return;
      case FieldDescriptor::CPPTYPE_MESSAGE:
        return Line(depth, fmt::format("$ref: '#/components/schemas/{}'", field.message_type()->name()));
      case FieldDescriptor::CPPTYPE_INT64:
      case FieldDescriptor::CPPTYPE_UINT64:
        // Protobuf's JSON writes 64 bits as a text, and reads both.
        Line(depth, "type: [string, integer]");
        Line(depth, "format: int64");
        return Line(depth, R"(pattern: "^-?[0-9]+$")");
      case FieldDescriptor::CPPTYPE_INT32:
      case FieldDescriptor::CPPTYPE_UINT32:
        return Line(depth, "type: integer");
      default:
        Die(field.full_name() + " is of a type that asyncapi_document.cc does not know yet");
    }
  }

  const std::string root_;
  google::protobuf::DescriptorPool pool_;  // with the comments, which generated code has not
  std::set<std::string> written_;
  std::string text_;
};

}  // namespace

std::string AsyncApiFromCode(const std::string& root) { return Document(root).Write(); }

std::string ReadText(const std::string& path) {
  std::ifstream file(path);
  if (!file) Die("cannot read " + path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace realise::testing
