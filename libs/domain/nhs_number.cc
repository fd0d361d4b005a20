#include "libs/domain/nhs_number.h"

#include <algorithm>
#include <array>

namespace realise {
namespace {

constexpr size_t kDigits = 10;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsSeparator(char c) { return c == ' ' || c == '-'; }

// Whether an NHS number begins at `text`, which follows no digit: with `grouped`, as 3, 3 and 4 digits.
bool BeginsWithNhsNumber(std::string_view text, bool grouped) {
  std::array<char, kDigits> digits{};
  size_t at = 0;
  for (size_t i = 0; i < kDigits; ++i) {
    if (grouped && (i == 3 || i == 6)) {
      if (at >= text.size() || !IsSeparator(text[at])) return false;
      ++at;
    }
    if (at >= text.size() || !IsDigit(text[at])) return false;
    digits[i] = text[at++];
  }
  const bool digit_follows = at < text.size() && IsDigit(text[at]);
  return !digit_follows && IsNhsNumber({digits.data(), digits.size()});
}

}  // namespace

bool IsNhsNumber(std::string_view digits) {
  int sum = 0;
  for (int i = 0; i < 9; ++i) sum += (digits[static_cast<size_t>(i)] - '0') * (10 - i);
  const int check = (11 - sum % 11) % 11;  // 10 is no digit: no such number is issued
  const bool reserved = std::all_of(digits.begin(), digits.end(), [](char c) { return c == '0'; });
  return check == digits[9] - '0' && !reserved;
}

bool ContainsNhsNumber(std::string_view text) {
  for (size_t i = 0; i + kDigits <= text.size(); ++i) {
    if (!IsDigit(text[i]) || (i > 0 && IsDigit(text[i - 1]))) continue;
    const std::string_view rest = text.substr(i);
    if (BeginsWithNhsNumber(rest, false) || BeginsWithNhsNumber(rest, true)) return true;
  }
  return false;
}

}  // namespace realise
