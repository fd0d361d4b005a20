// CheckForm: what can be said against an event without knowing the ledger.
#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <vector>

#include "fmt/format.h"
#include "libs/base/calendar.h"
#include "libs/domain/decide.h"
#include "libs/domain/limits.h"
#include "libs/domain/nhs_number.h"

namespace realise {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

enum class Form {
  kId,       // lower case letters, digits, '.', '_', '-'
  kToken,    // visible ASCII
  kText,     // for people
  kTexts,    // a list of them
  kTypes,    // a list of types of events
  kDate,     //
  kPeriod,   //
  kEnum,     //
  kVersion,  // 1, 2, 3 ...
  kMessage,  //
  kAny,      // every value has the form
};

struct FieldRule {
  const FieldDescriptor* field = nullptr;
  Form form = Form::kAny;
  bool required = false;
  bool in_oneof = false;
};

Form FormOfString(const FieldDescriptor& field) {
  // What is not listed is a text for people.
  static const std::map<std::string_view, Form> kForms = {
      {"id", Form::kToken},
      {"source", Form::kToken},
      {"stream", Form::kToken},
      {"causation_id", Form::kToken},
      {"correlation_id", Form::kToken},
      {"supersedes_event_id", Form::kToken},
      {"board_id", Form::kId},
      {"project_id", Form::kId},
      {"benefit_id", Form::kId},
      {"claim_id", Form::kId},
      {"measure_id", Form::kId},
      {"publisher_id", Form::kId},
      {"actor_role", Form::kId},
      {"accountable_role", Form::kId},
      {"owner_role", Form::kId},
      {"validator_role", Form::kId},
      {"closed_by_role", Form::kId},
      {"occurred_on", Form::kDate},
      {"effective_from", Form::kDate},
      {"period", Form::kPeriod},
      {"period_from", Form::kPeriod},
      {"period_to", Form::kPeriod},
      {"break_from", Form::kPeriod},
      {"relates_to_period", Form::kPeriod},
      {"posted_to_period", Form::kPeriod},
  };
  const auto at = kForms.find(field.name());
  return at == kForms.end() ? Form::kText : at->second;
}

Form FormOfStrings(const FieldDescriptor& field) {
  return field.name() == "event_types" ? Form::kTypes : Form::kTexts;
}

// What the contract says may be empty.
bool IsOptional(const FieldDescriptor& field) {
  static const std::vector<std::string_view> kOptional = {
      "realise.v1.Event.causation_id",        "realise.v1.Event.correlation_id",
      "realise.v1.ProjectProposed.programme", "realise.v1.BenefitRegistered.measure_id",
      "realise.v1.ClaimValidated.ledger_ref", "realise.v1.MeasurementCorrected.source_release",
      "realise.v1.MeasureDefined.pathway",  // depends on the unit, see CheckPathway
  };
  for (const std::string_view name : kOptional) {
    if (field.full_name() == name) return true;
  }
  return false;
}

FieldRule RuleOf(const FieldDescriptor& field) {
  FieldRule rule{&field, Form::kAny, false, field.real_containing_oneof() != nullptr};
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      rule.form = field.is_repeated() ? FormOfStrings(field) : FormOfString(field);
      rule.required = rule.form != Form::kTexts && !IsOptional(field);
      break;
    case FieldDescriptor::CPPTYPE_ENUM:
      rule.form = Form::kEnum;
      rule.required = !IsOptional(field);
      break;
    case FieldDescriptor::CPPTYPE_UINT32:
      rule.form = Form::kVersion;
      rule.required = true;
      break;
    case FieldDescriptor::CPPTYPE_MESSAGE:
      rule.form = Form::kMessage;
      rule.required = true;
      break;
    default:
      break;
  }
  return rule;
}

// Reflection and descriptors are kept beside the rules: a message that is asked for them goes through a
// call_once each time.
struct MessageRules {
  const FieldDescriptor* body = nullptr;  // the field of Event that the message is; null for Event itself
  const Reflection* reflection = nullptr;
  std::vector<FieldRule> fields;
};

MessageRules RulesOf(const FieldDescriptor& body) {
  const google::protobuf::Descriptor& type = *body.message_type();
  const Message* of_type = google::protobuf::MessageFactory::generated_factory()->GetPrototype(&type);
  MessageRules rules{&body, of_type->GetReflection(), {}};
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldRule rule = RuleOf(*type.field(i));
    if (rule.form != Form::kAny) rules.fields.push_back(rule);
  }
  return rules;
}

struct EventRules {
  MessageRules envelope;
  std::vector<MessageRules> bodies;  // by field number
};

const EventRules& Rules() {
  static const EventRules* const kRules = [] {
    auto* rules = new EventRules;  // lives as long as the process
    rules->envelope.reflection = v1::Event::GetReflection();
    const google::protobuf::Descriptor& event = *v1::Event::descriptor();
    for (int i = 0; i < event.field_count(); ++i) {
      const FieldDescriptor& field = *event.field(i);
      const auto number = static_cast<size_t>(field.number());
      if (field.containing_oneof() != nullptr) {
        rules->bodies.resize(std::max(rules->bodies.size(), number + 1));
        rules->bodies[number] = RulesOf(field);
      } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
        rules->envelope.fields.push_back(RuleOf(field));
      }
    }
    return rules;
  }();
  return *kRules;
}

// What a byte may stand in, as bits.
constexpr uint8_t kInNumber = 1;  // digits
constexpr uint8_t kInId = 2;      // lower case letters, digits, '.', '_', '-'
constexpr uint8_t kInToken = 4;   // visible ASCII
constexpr uint8_t kInPlain = 8;   // visible ASCII and blanks

constexpr bool IsDigit(char c) { return c >= '0' && c <= '9'; }
constexpr bool IsLetterOrDigit(char c) { return (c >= 'a' && c <= 'z') || IsDigit(c); }

constexpr std::array<uint8_t, 256> kBytes = [] {
  std::array<uint8_t, 256> bytes{};
  for (char c = ' '; c <= '~'; ++c) {
    const bool id = IsLetterOrDigit(c) || c == '.' || c == '_' || c == '-';
    bytes[static_cast<uint8_t>(c)] =
        kInPlain | (c == ' ' ? 0 : kInToken) | (id ? kInId : 0) | (IsDigit(c) ? kInNumber : 0);
  }
  return bytes;
}();

// What one look at every byte tells of a text.
struct Survey {
  uint8_t all = 0xFF;  // what every byte may stand in
  size_t digits = 0;
};

Survey SurveyOf(std::string_view text) {
  Survey survey;
  for (const char c : text) {
    const uint8_t byte = kBytes[static_cast<uint8_t>(c)];
    survey.all &= byte;
    survey.digits += byte & kInNumber;
  }
  return survey;
}

bool IsId(std::string_view text, const Survey& survey) {
  return text.size() <= kIdBytesMax && IsLetterOrDigit(text[0]) && (survey.all & kInId) != 0;
}

bool IsToken(std::string_view text, const Survey& survey) {
  return text.size() <= kTokenBytesMax && (survey.all & kInToken) != 0;
}

// The length of the character that `text` begins with; 0 if it is not valid UTF-8, or a control character.
size_t CharacterLength(std::string_view text) {
  const auto byte = [&](size_t i) { return i < text.size() ? static_cast<uint8_t>(text[i]) : uint8_t{0}; };
  const auto continues = [&](size_t i) { return (byte(i) & 0xC0) == 0x80; };
  const uint8_t first = byte(0);
  if (first < 0x80) return first >= 0x20 && first != 0x7F ? 1 : 0;
  if (first >= 0xC2 && first <= 0xDF) {
    const bool control = first == 0xC2 && byte(1) < 0xA0;
    return continues(1) && !control ? 2 : 0;
  }
  if (first >= 0xE0 && first <= 0xEF) {
    const bool overlong = first == 0xE0 && byte(1) < 0xA0;
    const bool surrogate = first == 0xED && byte(1) >= 0xA0;
    return continues(1) && continues(2) && !overlong && !surrogate ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const bool overlong = first == 0xF0 && byte(1) < 0x90;
    const bool beyond = first == 0xF4 && byte(1) >= 0x90;
    return continues(1) && continues(2) && continues(3) && !overlong && !beyond ? 4 : 0;
  }
  return 0;
}

bool IsText(std::string_view text, const Survey& survey) {
  if (text.empty() || text.size() > kTextBytesMax) return false;
  if ((survey.all & kInPlain) != 0) return true;
  while (!text.empty()) {
    const size_t length = CharacterLength(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

bool HasForm(Form form, std::string_view text, const Survey& survey) {
  switch (form) {
    case Form::kId:
      return IsId(text, survey);
    case Form::kToken:
      return IsToken(text, survey);
    case Form::kText:
      return IsText(text, survey);
    case Form::kDate:
      return ParseDate(text).has_value();
    case Form::kPeriod:
      return Period::Parse(text).has_value();
    default:
      return true;
  }
}

std::string FormInWords(Form form) {
  switch (form) {
    case Form::kId:
      return fmt::format(
          "lower case letters, digits, '.', '_' and '-', beginning with a letter or a digit, at most {}",
          kIdBytesMax);
    case Form::kToken:
      return fmt::format("1 to {} visible ASCII characters", kTokenBytesMax);
    case Form::kText:
      return fmt::format("1 to {} bytes of UTF-8 without control characters", kTextBytesMax);
    case Form::kTexts:
      return fmt::format("at most {} texts, each 1 to {} bytes of UTF-8 without control characters",
                         kEvidenceRefsMax, kTextBytesMax);
    case Form::kTypes:
      return "a list of types of events by the names that the contract gives them, each once";
    case Form::kDate:
      return "an existing day of the years 1900 to 2199, written like 2024-06-30";
    case Form::kPeriod:
      return "a month of the financial year, written like 2024/25-M03";
    case Form::kEnum:
      return "one of the values of its type";
    default:
      return "well formed";
  }
}

// The first finding of each kind, so that one pass keeps the order of the reasons.
class FormPass {
 public:
  void Check(const Message& message, const MessageRules& rules, std::string_view prefix) {
    const Reflection& reflection = *rules.reflection;
    for (const FieldRule& rule : rules.fields) {
      if (rule.in_oneof && !reflection.HasField(message, rule.field)) continue;
      switch (rule.form) {
        case Form::kEnum:
          CheckEnum(rule, reflection.GetEnumValue(message, rule.field), prefix);
          break;
        case Form::kVersion:
          CheckPresent(rule, reflection.GetUInt32(message, rule.field) != 0, prefix);
          break;
        case Form::kMessage:
          CheckPresent(rule, reflection.HasField(message, rule.field), prefix);
          break;
        case Form::kTexts:
          CheckTexts(rule, message, reflection, prefix);
          break;
        case Form::kTypes:
          CheckTypes(rule, message, reflection, prefix);
          break;
        default:
          CheckString(rule, reflection.GetStringReference(message, rule.field, &scratch_), prefix);
      }
    }
  }

  std::optional<Rejection> missing;
  std::optional<Rejection> malformed;
  std::optional<Rejection> identifier;

 private:
  static std::string Path(const FieldRule& rule, std::string_view prefix) {
    return prefix.empty() ? rule.field->name() : fmt::format("{}.{}", prefix, rule.field->name());
  }

  void CheckPresent(const FieldRule& rule, bool present, std::string_view prefix) {
    if (present || !rule.required || missing) return;
    missing = {Reason::kMissingField, Path(rule, prefix), "This field is required, and is empty"};
  }

  void CheckEnum(const FieldRule& rule, int value, std::string_view prefix) {
    CheckPresent(rule, value != 0, prefix);
    if (rule.field->enum_type()->FindValueByNumber(value) == nullptr) Malformed(rule, prefix);
  }

  void CheckString(const FieldRule& rule, const std::string& text, std::string_view prefix) {
    CheckPresent(rule, !text.empty(), prefix);
    if (text.empty()) return;
    const Survey survey = SurveyOf(text);
    if (!HasForm(rule.form, text, survey)) Malformed(rule, prefix);
    LookForIdentifier(rule, text, survey, prefix);
  }

  void CheckTexts(const FieldRule& rule, const Message& message, const Reflection& reflection,
                  std::string_view prefix) {
    const int count = reflection.FieldSize(message, rule.field);
    if (count > kEvidenceRefsMax) {
      Malformed(rule, prefix);
      return;
    }
    for (int i = 0; i < count; ++i) {
      const std::string& text = reflection.GetRepeatedStringReference(message, rule.field, i, &scratch_);
      const Survey survey = SurveyOf(text);
      if (!IsText(text, survey)) Malformed(rule, prefix);
      LookForIdentifier(rule, text, survey, prefix);
    }
  }

  void CheckTypes(const FieldRule& rule, const Message& message, const Reflection& reflection,
                  std::string_view prefix) {
    const int count = reflection.FieldSize(message, rule.field);
    CheckPresent(rule, count > 0, prefix);
    // A longer list than there are types names one twice, or one that is none: no need to look at each.
    const auto* body = v1::Event::descriptor()->FindOneofByName("body");
    bool known = count <= body->field_count();
    std::set<const FieldDescriptor*> named;
    for (int i = 0; known && i < count; ++i) {
      const std::string& type = reflection.GetRepeatedStringReference(message, rule.field, i, &scratch_);
      const FieldDescriptor* field = v1::Event::descriptor()->FindFieldByName(type);
      known = field != nullptr && field->containing_oneof() == body && named.insert(field).second;
    }
    if (!known) Malformed(rule, prefix);
  }

  void Malformed(const FieldRule& rule, std::string_view prefix) {
    if (malformed) return;
    malformed = {Reason::kMalformed, Path(rule, prefix), "This field has to be " + FormInWords(rule.form)};
  }

  void LookForIdentifier(const FieldRule& rule, std::string_view text, const Survey& survey,
                         std::string_view prefix) {
    if (identifier || survey.digits < kNhsNumberDigits || !ContainsNhsNumber(text)) return;
    identifier = {
        Reason::kPatientIdentifier, Path(rule, prefix),
        "This field holds a valid NHS number; a ledger holds nothing about a patient: leave it out, or refer "
        "to a record by another reference"};
  }

  std::string scratch_;
};

// Which waits are counted: for a measure of waits only, and required there.
void CheckPathway(const v1::Event& event, FormPass& pass) {
  const v1::MeasureDefined& body = event.measure_defined();
  const bool waits = body.unit() == v1::MEASURE_UNIT_WEEKLY_WAIT_BANDS;
  const bool given = body.pathway() != v1::PATHWAY_UNSPECIFIED;
  if (waits && !given && !pass.missing) {
    pass.missing = {Reason::kMissingField, "measure_defined.pathway", "A measure of waits needs its pathway"};
  }
  if (!waits && given && !pass.malformed) {
    pass.malformed = {Reason::kMalformed, "measure_defined.pathway",
                      "Only a measure of waits has a pathway; leave it out"};
  }
}

void CheckAssignee(const v1::Event& event, FormPass& pass) {
  if (event.measure_assigned().assignee_case() != v1::MeasureAssigned::ASSIGNEE_NOT_SET || pass.missing)
    return;
  pass.missing = {Reason::kMissingField, "measure_assigned.assignee", "Name the board or the project"};
}

std::optional<Rejection> UnknownFieldIn(const Message& message, const Reflection& reflection,
                                        std::string_view prefix) {
  const google::protobuf::UnknownFieldSet& unknown = reflection.GetUnknownFields(message);
  if (unknown.empty()) return std::nullopt;
  const int number = unknown.field(0).number();
  return Rejection{
      Reason::kUnknownField, prefix.empty() ? std::to_string(number) : fmt::format("{}.{}", prefix, number),
      fmt::format("Field {} is not known to this version of the contract; leave it out, or send it when "
                  "the server knows it",
                  number)};
}

std::optional<Rejection> CheckUnknownFields(const v1::Event& event, const Message* body,
                                            const MessageRules& rules, std::string_view type) {
  if (auto found = UnknownFieldIn(event, *Rules().envelope.reflection, "")) return found;
  if (body == nullptr) return std::nullopt;
  if (auto found = UnknownFieldIn(*body, *rules.reflection, type)) return found;
  if (!event.has_claim_validated()) return std::nullopt;
  static const Reflection& tests = *v1::ValidationTests::GetReflection();
  return UnknownFieldIn(event.claim_validated().tests(), tests, "claim_validated.tests");
}

}  // namespace

std::optional<Rejection> CheckForm(const v1::Event& proposed) {
  return CheckForm(proposed, proposed.ByteSizeLong());
}

std::optional<Rejection> CheckForm(const v1::Event& proposed, size_t bytes) {
  FormPass pass;
  const EventRules& rules = Rules();
  pass.Check(proposed, rules.envelope, "");
  const MessageRules& body_rules = rules.bodies[static_cast<size_t>(proposed.body_case())];
  std::string_view type;
  const Message* body = nullptr;
  if (body_rules.body != nullptr) {
    type = body_rules.body->name();
    body = &rules.envelope.reflection->GetMessage(proposed, body_rules.body);
    pass.Check(*body, body_rules, type);
    if (proposed.has_measure_defined()) CheckPathway(proposed, pass);
    if (proposed.has_measure_assigned()) CheckAssignee(proposed, pass);
  }
  if (pass.missing) return pass.missing;
  if (pass.malformed) return pass.malformed;
  if (auto unknown = CheckUnknownFields(proposed, body, body_rules, type)) return unknown;
  if (body == nullptr) {
    return Rejection{Reason::kUnknownType, "body", "The event has no body of a known type"};
  }
  if (proposed.schema_version() != kSchemaVersion) {
    return Rejection{Reason::kUnknownType, "schema_version",
                     fmt::format("Schema version {} is not known; it has to be {}", proposed.schema_version(),
                                 kSchemaVersion)};
  }
  if (bytes > kEventBytesMax) {
    return Rejection{Reason::kTooLarge, std::string(type),
                     fmt::format("The event has {} bytes; at most {} are taken", bytes, kEventBytesMax)};
  }
  if (pass.identifier) return pass.identifier;
  if (!IsStreamOf(proposed, proposed.stream())) {
    return Rejection{Reason::kStreamMismatch, "stream",
                     fmt::format("The stream of this type is {}/ and the id of the thing it is about",
                                 StreamOf(proposed).substr(0, StreamOf(proposed).find('/')))};
  }
  if (proposed.stream_version() != 0) {
    return Rejection{Reason::kServerField, "stream_version",
                     "Realise assigns the stream version; leave it 0"};
  }
  return std::nullopt;
}

}  // namespace realise
