#include "libs/base/money.h"

#include <cctype>

#include "fmt/format.h"

namespace realise {
namespace {

std::string Grouped(uint64_t magnitude) {
  std::string digits = fmt::format("{}", magnitude);
  for (int at = static_cast<int>(digits.size()) - 3; at > 0; at -= 3)
    digits.insert(static_cast<size_t>(at), ",");
  return digits;
}

// The magnitude of INT64_MIN fits into 64 bits without a sign.
uint64_t Magnitude(int64_t value) {
  return value < 0 ? ~static_cast<uint64_t>(value) + 1 : static_cast<uint64_t>(value);
}

// Whether the commas of `whole` stand only between groups of three digits, "12,345".
bool CommasGroupThousands(const std::string& whole) {
  const size_t first = whole.find(',');
  if (first == std::string::npos) return true;
  if (first == 0 || first > 3) return false;
  for (size_t at = first; at < whole.size(); at += 4) {
    if (whole[at] != ',' || at + 4 > whole.size()) return false;
    if (whole.find(',', at + 1) < at + 4) return false;
  }
  return true;
}

}  // namespace

std::optional<int64_t> CheckedAdd(int64_t a, int64_t b) {
  int64_t sum = 0;
  if (__builtin_add_overflow(a, b, &sum)) return std::nullopt;
  return sum;
}

std::optional<int64_t> CheckedSubtract(int64_t a, int64_t b) {
  int64_t difference = 0;
  if (__builtin_sub_overflow(a, b, &difference)) return std::nullopt;
  return difference;
}

std::string FormatPounds(int64_t pence) {
  const uint64_t magnitude = Magnitude(pence);
  return fmt::format("{}{}.{:02}", pence < 0 ? "-" : "", Grouped(magnitude / 100), magnitude % 100);
}

std::string FormatPoundsPlain(int64_t pence) {
  const uint64_t magnitude = Magnitude(pence);
  return fmt::format("{}{}.{:02}", pence < 0 ? "-" : "", magnitude / 100, magnitude % 100);
}

std::optional<int64_t> ParsePounds(const std::string& text) {
  const bool negative = !text.empty() && text[0] == '-';
  const std::string unsigned_text = text.substr(negative ? 1 : 0);
  const size_t point = unsigned_text.find('.');
  const std::string whole = unsigned_text.substr(0, point);
  std::string fraction = point == std::string::npos ? "" : unsigned_text.substr(point + 1);
  if (whole.empty() || !CommasGroupThousands(whole)) return std::nullopt;
  if (fraction.size() > 2 || (point != std::string::npos && fraction.empty())) return std::nullopt;
  fraction.resize(2, '0');
  int64_t pence = 0;
  for (const char c : whole + fraction) {
    if (c == ',') continue;
    if (std::isdigit(static_cast<unsigned char>(c)) == 0) return std::nullopt;
    if (__builtin_mul_overflow(pence, 10, &pence)) return std::nullopt;
    if (__builtin_sub_overflow(pence, c - '0', &pence))
      return std::nullopt;  // below zero: INT64_MIN is reachable
  }
  if (negative) return pence;
  return CheckedSubtract(0, pence);
}

std::string FormatCount(int64_t count) {
  return fmt::format("{}{}", count < 0 ? "-" : "", Grouped(Magnitude(count)));
}

}  // namespace realise
