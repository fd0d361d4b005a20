// Dates, months of the NHS financial year, and instants, with the texts they have in events and on screens.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace realise {

using Date = std::chrono::sys_days;

// "2024-06-30".  Nothing if the text is anything but an existing day of the years 1900 to 2199 in that form.
[[nodiscard]] std::optional<Date> ParseDate(std::string_view text);
[[nodiscard]] std::string FormatDate(Date date);

// A month of the financial year, which runs from 1 April to 31 March: M01 is April, M12 is March.
//
// Held as a month index, financial year x 12 + month - 1 with the year in which April lies, so that
// differences are months: 2024/25-M03 is 2024 * 12 + 2.  The index is between 1900 * 12 and 2199 * 12 + 11.
class Period {
 public:
  // REQUIRES: an index within the range above.
  static Period FromIndex(int32_t index) { return Period(index); }
  // The month that a date lies in.
  static Period Of(Date date);
  // "2024/25-M03".  Nothing if the text is anything else.
  static std::optional<Period> Parse(std::string_view text);

  int32_t index() const { return index_; }
  // The calendar year in which the financial year begins.
  int32_t year() const { return index_ / 12; }
  // 1 is April, 12 is March.
  int32_t month() const { return index_ % 12 + 1; }
  Period FirstOfYear() const { return Period(year() * 12); }
  Period Next() const { return Period(index_ + 1); }
  Date FirstDay() const;
  Date LastDay() const;
  int32_t days() const;
  std::string ToString() const;

  friend auto operator<=>(Period, Period) = default;

 private:
  explicit Period(int32_t index) : index_(index) {}
  int32_t index_;
};

// Microseconds since 1970-01-01 UTC.
using Instant = std::chrono::sys_time<std::chrono::microseconds>;

// "2025-04-09T08:15:00.000000Z": RFC 3339 with microseconds.
[[nodiscard]] std::string FormatInstant(Instant instant);
// RFC 3339, in UTC or with an offset ("2025-04-09T09:15:00+01:00"), with 0 to 6 decimals; a date alone,
// "2025-04-09", is its first instant in UTC.  Nothing otherwise.
[[nodiscard]] std::optional<Instant> ParseInstant(std::string_view text);

}  // namespace realise
