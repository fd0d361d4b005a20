#include "services/realise/option_forms.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "fmt/format.h"
#include "libs/base/calendar.h"
#include "libs/base/ids.h"
#include "libs/domain/limits.h"
#include "libs/domain/nhs_number.h"
#include "realise/v1/event.pb.h"

namespace realise {
namespace {

using Check = bool (*)(std::string_view);

CLI::Validator Form(Check has_form, std::string right) {
  return {[has_form, right = std::move(right)](std::string& value) {
            return has_form(value) ? std::string() : "has to be " + right;
          },
          ""};
}

// What is checked so may be shown in a message later, so it may not hold a patient's number either.
CLI::Validator NameForm(Check has_form, std::string right) {
  return {[has_form, right = std::move(right)](std::string& value) -> std::string {
            if (!has_form(value)) return "has to be " + right;
            return ContainsNhsNumber(value) ? "has to be a name that holds no NHS number" : "";
          },
          ""};
}

// Without zeros in front: with them the parser of the command line would take it for octal.
bool IsNumber(std::string_view text) {
  if (text.size() > 1 && text.front() == '0') return false;
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

bool IsId(std::string_view text) {
  const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return !text.empty() && text.size() <= kIdBytesMax && plain(text.front()) &&
         std::ranges::all_of(text, [&](char c) { return plain(c) || c == '.' || c == '_' || c == '-'; });
}

bool IsToken(std::string_view text) {
  return !text.empty() && text.size() <= kTokenBytesMax &&
         std::ranges::all_of(text, [](char c) { return c >= '!' && c <= '~'; });
}

bool IsStream(std::string_view text) {
  const size_t slash = text.find('/');
  return slash != std::string_view::npos && IsId(text.substr(0, slash)) && IsId(text.substr(slash + 1));
}

bool IsEventType(std::string_view text) {
  const auto* field = v1::Event::descriptor()->FindFieldByName(std::string(text));
  return field != nullptr && field->real_containing_oneof() != nullptr;
}

bool IsMonth(std::string_view text) { return Period::Parse(text).has_value(); }
bool IsTime(std::string_view text) { return ParseInstant(text).has_value(); }
bool IsPosition(std::string_view text) { return Receipt::Parse(text).has_value(); }

bool IsReceipt(std::string_view text) {
  const auto receipt = Receipt::Parse(text);
  return receipt && receipt->digest;
}

bool IsAsAt(std::string_view text) {
  if (text.starts_with("close:")) return IsMonth(text.substr(6));
  if (text.starts_with("pos:")) return IsNumber(text.substr(4));
  return IsPosition(text) || IsTime(text);
}

bool IsHostAndPort(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  const std::string_view digits = text.substr(colon + 1);
  uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc() || end != digits.data() + digits.size() || port == 0) return false;
  const std::string_view host = text.substr(0, colon);
  if (host.front() == '[') return host.size() > 2 && host.back() == ']';
  return std::ranges::all_of(host, [](char c) { return c > ' ' && c <= '~' && c != ':' && c != '/'; });
}

bool IsBrokers(std::string_view text) {
  while (true) {
    const size_t comma = text.find(',');
    if (!IsHostAndPort(text.substr(0, comma))) return false;
    if (comma == std::string_view::npos) return true;
    text.remove_prefix(comma + 1);
  }
}

bool IsPlace(std::string_view text) {
  if (text.starts_with("file:")) return text.size() > 5;
  if (text.starts_with("embedded:")) return text.size() > 9;
  return text.starts_with("kafka:") && IsBrokers(text.substr(6));
}

bool IsPlaceOrServer(std::string_view text) { return text == "server" || IsPlace(text); }

}  // namespace

CLI::Validator LedgerForm() {
  return NameForm(&IsLedgerCode, "an ODS code of 3 to 10 upper case letters and digits, RH5 for example");
}

CLI::Validator IdForm() {
  return NameForm(&IsId, fmt::format("an id of up to {} lower case letters, digits, '.', '_' and '-', "
                                     "urgent-care for example",
                                     kIdBytesMax));
}

CLI::Validator MonthForm() {
  return Form(&IsMonth, "a month of the financial year, 2024/25-M03 for June 2024");
}

CLI::Validator TimeForm() {
  return Form(&IsTime,
              "a time with its zone, 2025-04-09T08:15:00Z or 2025-04-09T09:15:00+01:00, or a date, "
              "2025-04-09");
}

CLI::Validator PositionForm() {
  return Form(&IsPosition, "a position, RH5@1234, or a receipt, which goes on with # and 64 digits");
}

CLI::Validator ReceiptForm() {
  return Form(&IsReceipt, "a receipt, RH5@1234#<64 hexadecimal digits>, as an answer gave it");
}

CLI::Validator AsAtForm() {
  return Form(&IsAsAt,
              "a receipt or position (RH5@1234, pos:1234), a closed month (close:2024/25-M12), a time with "
              "its zone (2025-04-09T08:15:00Z) or a date (2025-04-09)");
}

CLI::Validator NumberForm() { return Form(&IsNumber, "a whole number, 1234 for example"); }

CLI::Validator StreamForm() {
  return NameForm(&IsStream, "the stream of one thing, claim/c-0042 for example");
}

CLI::Validator EventTypeForm() {
  return Form(&IsEventType, "a type of event, claim_validated for example; event.proto has them all");
}

CLI::Validator SourceForm() {
  return NameForm(&IsToken, fmt::format("up to {} visible characters without a blank, /ods/RH5/finance for "
                                        "example",
                                        kTokenBytesMax));
}

CLI::Validator AddressForm() { return Form(&IsHostAndPort, "HOST:PORT, 127.0.0.1:7410 for example"); }

CLI::Validator PlaceForm(bool server) {
  return Form(
      server ? &IsPlaceOrServer : &IsPlace,
      fmt::format("{}file:PATH, embedded:DIR or kafka:HOST:PORT[,HOST:PORT...]", server ? "server, " : ""));
}

CLI::Validator OneOf(const std::vector<std::string>& words) {
  const std::string list = fmt::format("{}", fmt::join(words, ", "));
  return {[words, list](std::string& value) {
            return std::ranges::find(words, value) != words.end() ? std::string()
                                                                  : "has to be one of " + list;
          },
          fmt::format("{{{}}}", fmt::join(words, ","))};
}

bool MonthsInOrder(const std::string& from, const std::string& to) {
  return from.empty() || to.empty() || *Period::Parse(from) <= *Period::Parse(to);
}

}  // namespace realise
