#include "libs/base/calendar.h"

#include "fmt/format.h"

namespace realise {
namespace {

constexpr int kYearMin = 1900;
constexpr int kYearMax = 2199;

// The number that the digits of `text` are; nothing if one of them is not a digit.
std::optional<int> Digits(std::string_view text) {
  int value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return value;
}

// "Z", "+01:00", "-00:30": how far a clock is ahead of UTC.
std::optional<std::chrono::minutes> ParseOffset(std::string_view text) {
  if (text == "Z") return std::chrono::minutes(0);
  if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') return std::nullopt;
  const auto hours = Digits(text.substr(1, 2));
  const auto minutes = Digits(text.substr(4, 2));
  if (!hours || !minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  const std::chrono::minutes ahead = std::chrono::hours(*hours) + std::chrono::minutes(*minutes);
  return text[0] == '-' ? -ahead : ahead;
}

// "08:15:00", with or without decimals.
std::optional<std::chrono::microseconds> ParseTimeOfDay(std::string_view text) {
  if (text.size() < 8 || text[2] != ':' || text[5] != ':') return std::nullopt;
  const auto hours = Digits(text.substr(0, 2));
  const auto minutes = Digits(text.substr(3, 2));
  const auto seconds = Digits(text.substr(6, 2));
  if (!hours || !minutes || !seconds || *hours > 23 || *minutes > 59 || *seconds > 59) return std::nullopt;
  int micros = 0;
  if (text.size() > 8) {
    std::string decimals(text.substr(9));
    if (text[8] != '.' || decimals.empty() || decimals.size() > 6) return std::nullopt;
    decimals.resize(6, '0');
    const auto parsed = Digits(decimals);
    if (!parsed) return std::nullopt;
    micros = *parsed;
  }
  return std::chrono::hours(*hours) + std::chrono::minutes(*minutes) + std::chrono::seconds(*seconds) +
         std::chrono::microseconds(micros);
}

}  // namespace

std::optional<Date> ParseDate(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto year = Digits(text.substr(0, 4));
  const auto month = Digits(text.substr(5, 2));
  const auto day = Digits(text.substr(8, 2));
  if (!year || !month || !day || *year < kYearMin || *year > kYearMax) return std::nullopt;
  const std::chrono::year_month_day date(std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day)));
  if (!date.ok()) return std::nullopt;
  return Date(date);
}

std::string FormatDate(Date date) {
  const std::chrono::year_month_day ymd(date);
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(ymd.year()), static_cast<unsigned>(ymd.month()),
                     static_cast<unsigned>(ymd.day()));
}

Period Period::Of(Date date) {
  const std::chrono::year_month_day ymd(date);
  const int calendar_month = static_cast<int>(static_cast<unsigned>(ymd.month()));
  return Period(static_cast<int>(ymd.year()) * 12 + calendar_month - 4);
}

std::optional<Period> Period::Parse(std::string_view text) {
  if (text.size() != 11 || text[4] != '/' || text[7] != '-' || text[8] != 'M') return std::nullopt;
  const auto year = Digits(text.substr(0, 4));
  const auto next_year = Digits(text.substr(5, 2));
  const auto month = Digits(text.substr(9, 2));
  if (!year || !next_year || !month || *year < kYearMin || *year > kYearMax) return std::nullopt;
  if (*next_year != (*year + 1) % 100 || *month < 1 || *month > 12) return std::nullopt;
  return Period(*year * 12 + *month - 1);
}

Date Period::FirstDay() const {
  const int months = index_ + 3;  // months since January of year 0
  return Date(std::chrono::year_month_day(std::chrono::year(months / 12),
                                          std::chrono::month(static_cast<unsigned>(months % 12 + 1)),
                                          std::chrono::day(1)));
}

Date Period::LastDay() const { return Next().FirstDay() - std::chrono::days(1); }

int32_t Period::days() const { return static_cast<int32_t>((Next().FirstDay() - FirstDay()).count()); }

std::string Period::ToString() const {
  return fmt::format("{:04}/{:02}-M{:02}", year(), (year() + 1) % 100, month());
}

std::string FormatInstant(Instant instant) {
  const Date date = std::chrono::floor<std::chrono::days>(instant);
  const std::chrono::hh_mm_ss time(instant - date);
  return fmt::format("{}T{:02}:{:02}:{:02}.{:06}Z", FormatDate(date), time.hours().count(),
                     time.minutes().count(), time.seconds().count(), time.subseconds().count());
}

std::optional<Instant> ParseInstant(std::string_view text) {
  const auto date = ParseDate(text.substr(0, 10));
  if (!date) return std::nullopt;
  if (text.size() == 10) return Instant(*date);
  if (text[10] != 'T') return std::nullopt;
  const size_t zone = text.find_first_of("Z+-", 11);
  if (zone == std::string_view::npos) return std::nullopt;
  const auto time = ParseTimeOfDay(text.substr(11, zone - 11));
  const auto ahead = ParseOffset(text.substr(zone));
  if (!time || !ahead) return std::nullopt;
  const Instant instant = Instant(*date) + *time - *ahead;
  // An offset may lead out of the years that have a text.
  if (!ParseDate(FormatDate(std::chrono::floor<std::chrono::days>(instant)))) return std::nullopt;
  return instant;
}

}  // namespace realise
