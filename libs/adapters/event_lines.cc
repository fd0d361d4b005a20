#include "libs/adapters/event_lines.h"

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "fmt/format.h"
#include "libs/base/ids.h"
#include "libs/domain/rejection.h"

namespace realise {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;

// Nothing that a reader would take in the middle of a name: what is shown of a line is no more than this.
bool IsFieldName(std::string_view name) {
  return !name.empty() && name.size() <= 64 && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  });
}

// What the parser says of a fault: where it lies, and the name that is meant there.  Its text goes on with
// what stands in the line, which nobody should see; so only what comes before that is read, and the path is
// walked in the message's own description.
//
//   text := [ "(" path ")" ] " "? [ name ] ": " ...
struct ParserFault {
  std::string path;  // "events[0].claim_submitted", from the parser's own tables; may be empty
  std::string name;  // of a field; may be empty
  bool unknown_field = false;
  bool second_body = false;
};

std::string_view Behind(std::string_view text, std::string_view mark) {
  const size_t at = text.rfind(mark);
  return at == std::string_view::npos ? std::string_view() : text.substr(at + mark.size());
}

ParserFault ReadParserFault(std::string_view text) {
  ParserFault fault;
  if (text.starts_with('(')) {
    const size_t end = text.find(')');
    if (end == std::string_view::npos) return fault;
    fault.path = std::string(text.substr(1, end - 1));
    text.remove_prefix(end + 1);
  }
  if (text.starts_with(' ')) text.remove_prefix(1);
  std::string_view name = text.substr(0, text.find(':'));
  fault.second_body = text.starts_with(": invalid value oneof field ");
  fault.unknown_field = text.ends_with(": Cannot find field.");
  // A value of another shape than its field's: the parser names the field last.
  if (name.empty() &&
      text.find("invalid value Starting an object on a scalar field") != std::string_view::npos) {
    name = Behind(text, " for type ");
  }
  if (IsFieldName(name)) fault.name = std::string(name);
  return fault;
}

// The field at the end of a path.  Null if the message has no such path.
const FieldDescriptor* FieldAt(const Descriptor& message, std::string_view path) {
  const Descriptor* at = &message;
  const FieldDescriptor* field = nullptr;
  while (!path.empty()) {
    const size_t dot = path.find('.');
    const std::string_view step = path.substr(0, dot);
    if (at == nullptr) return nullptr;
    field = at->FindFieldByName(std::string(step.substr(0, step.find('['))));
    if (field == nullptr) return nullptr;
    at = field->message_type();
    path.remove_prefix(dot == std::string_view::npos ? path.size() : dot + 1);
  }
  return field;
}

std::string NamesOf(const EnumDescriptor& type) {
  std::vector<std::string> names;
  for (int i = 1; i < type.value_count(); ++i) names.push_back(type.value(i)->name());
  return fmt::format("{}", fmt::join(names, ", "));
}

std::string RightFor(const FieldDescriptor& field) {
  const std::string_view list = field.is_repeated() ? "a list, and each item " : "";
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      return fmt::format("has to be {}a text in quotation marks", list);
    case FieldDescriptor::CPPTYPE_ENUM:
      return fmt::format("has to be {}one of {}", list, NamesOf(*field.enum_type()));
    case FieldDescriptor::CPPTYPE_BOOL:
      return fmt::format("has to be {}true or false", list);
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return fmt::format("has to be {}an object, {{...}}, with the fields of {}", list,
                         field.message_type()->name());
    default:
      return fmt::format("has to be {}a whole number that fits", list);
  }
}

EventLineFault Malformed(std::string field, std::string message) {
  return {.field = std::move(field),
          .reason = std::string(ReasonName(Reason::kMalformed)),
          .message = std::move(message)};
}

EventLineFault FaultOf(const ParserFault& fault, const Descriptor& message) {
  // A path that is not the message's own says nothing that may be shown.
  if (!fault.path.empty() && FieldAt(message, fault.path) == nullptr) {
    return Malformed("", "a value has not the form of its field");
  }
  if (fault.second_body) return Malformed(fault.path, "an event has one body, and here are several");
  const std::string field = fault.path + (fault.path.empty() || fault.name.empty() ? "" : ".") + fault.name;
  if (fault.unknown_field) {
    return {.field = field,
            .reason = std::string(ReasonName(Reason::kUnknownField)),
            .message = "there is no such field; proto/realise/v1/event.proto has them all"};
  }
  const FieldDescriptor* known = FieldAt(message, field);
  if (known == nullptr) known = FieldAt(message, fault.path);
  if (known == nullptr) return Malformed("", "a value has not the form of its field");
  return Malformed(FieldAt(message, field) == nullptr ? fault.path : field, RightFor(*known));
}

// Why a line that no message could be read from was not taken.
EventLineFault FaultOfLine(const std::string& line) {
  google::protobuf::Struct object;
  if (!google::protobuf::util::JsonStringToMessage(line, &object).ok()) {
    const size_t first = line.find_first_not_of(" \t");
    const bool begins = first != std::string::npos && line[first] == '{';
    return Malformed("", begins ? "is not well-formed JSON; an object {...} has to begin and end on this line"
                                : "has to be one event in protobuf JSON, an object {...} on one line");
  }
  v1::AppendRequest request;
  v1::Event event;
  google::protobuf::Message& meant =
      object.fields().contains("events") ? static_cast<google::protobuf::Message&>(request) : event;
  const auto status = google::protobuf::util::JsonStringToMessage(line, &meant);
  return FaultOf(ReadParserFault(std::string(status.message())), *meant.GetDescriptor());
}

std::optional<EventLineFault> FaultOfRequest(const v1::AppendRequest& request) {
  if (request.ledger().empty()) {
    return EventLineFault{.field = "ledger",
                          .reason = std::string(ReasonName(Reason::kMissingField)),
                          .message = "for which ledger? name it with --ledger, or in the line"};
  }
  if (!IsLedgerCode(request.ledger())) {
    return Malformed("ledger", "has to be an ODS code of 3 to 10 upper case letters and digits");
  }
  if (!request.events().empty()) return std::nullopt;
  return EventLineFault{.field = "events",
                        .reason = std::string(ReasonName(Reason::kMissingField)),
                        .message = "is empty; a request holds one event at least"};
}

}  // namespace

std::optional<EventLineFault> ReadEventLine(const std::string& line, v1::AppendRequest& request) {
  if (!google::protobuf::util::JsonStringToMessage(line, request.add_events()).ok()) {
    v1::AppendRequest whole;
    if (!google::protobuf::util::JsonStringToMessage(line, &whole).ok()) return FaultOfLine(line);
    if (whole.ledger().empty()) whole.set_ledger(request.ledger());
    request = std::move(whole);
  }
  return FaultOfRequest(request);
}

}  // namespace realise
