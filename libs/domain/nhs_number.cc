#include "libs/domain/nhs_number.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace realise {
namespace {

// Between two groups of one number; what is farther apart are two numbers.
constexpr size_t kSeparatorsMax = 4;

struct CodePoints {
  char32_t first;
  char32_t last;
};

// Beyond ASCII: blanks, hyphens and dashes, and what is not seen at all.
constexpr std::array<CodePoints, 13> kWideSeparators = {{
    {0x00A0, 0x00A0},  // no-break space
    {0x00AD, 0x00AD},  // soft hyphen
    {0x00B7, 0x00B7},  // middle dot
    {0x2000, 0x2015},  // spaces of many widths, of none; hyphens, dashes, bars
    {0x202A, 0x202F},  // directions of writing; narrow no-break space
    {0x2043, 0x2043},  // hyphen bullet
    {0x205F, 0x2060},  // mathematical space, word joiner
    {0x2212, 0x2212},  // minus
    {0x3000, 0x3000},  // ideographic space
    {0xFE58, 0xFE58},  // small em dash
    {0xFE63, 0xFE63},  // small hyphen
    {0xFEFF, 0xFEFF},  // zero width no-break space
    {0xFF0D, 0xFF0D},  // full width hyphen
}};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// The length of the separator that `text` begins with; 0 if it begins with none.
size_t SeparatorLength(std::string_view text) {
  constexpr std::string_view kAscii = " \t-._/";
  const auto byte = [&](size_t i) { return i < text.size() ? static_cast<uint8_t>(text[i]) : uint8_t{0}; };
  const uint8_t first = byte(0);
  if (first < 0x80) return !text.empty() && kAscii.find(text[0]) != std::string_view::npos ? 1 : 0;
  size_t length = 0;
  char32_t code = 0;
  if ((first & 0xE0) == 0xC0) {
    length = 2;
    code = static_cast<char32_t>(first & 0x1F) << 6 | (byte(1) & 0x3F);
  } else if ((first & 0xF0) == 0xE0) {
    length = 3;
    code = static_cast<char32_t>(first & 0x0F) << 12 | static_cast<char32_t>(byte(1) & 0x3F) << 6 |
           (byte(2) & 0x3F);
  }
  const bool separates =
      std::any_of(kWideSeparators.begin(), kWideSeparators.end(),
                  [code](const CodePoints& range) { return range.first <= code && code <= range.last; });
  return separates && length <= text.size() ? length : 0;
}

// How far the separators at the begin of `text` reach; 0 if there is none, or there are too many.
size_t SeparatorsLength(std::string_view text) {
  size_t at = 0;
  for (size_t count = 0; count <= kSeparatorsMax; ++count) {
    const size_t length = SeparatorLength(text.substr(at));
    if (length == 0) return at;
    at += length;
  }
  return 0;
}

// Digits that stand together; each group is followed by separators and the next one.
using Groups = std::vector<std::string_view>;

bool AreNhsNumber(const Groups& groups, size_t first, size_t count) {
  size_t size = 0;
  for (size_t i = first; i < first + count; ++i) size += groups[i].size();
  if (size != kNhsNumberDigits) return false;
  std::string digits;
  for (size_t i = first; i < first + count; ++i) digits += groups[i];
  return IsNhsNumber(digits);
}

// The ways in which people write one.  Other groups, six and four for example, are how account codes, dates
// and years are written, of which one in eleven would be taken for an NHS number.
bool HoldNhsNumber(const Groups& groups) {
  size_t singles = 0;
  for (size_t i = 0; i < groups.size(); ++i) {
    if (AreNhsNumber(groups, i, 1)) return true;
    if (i >= 2 && groups[i - 2].size() == 3 && groups[i - 1].size() == 3 && AreNhsNumber(groups, i - 2, 3)) {
      return true;
    }
    // A digit in each box of a form; more or fewer than ten are a series of small counts.
    singles = groups[i].size() == 1 ? singles + 1 : 0;
    const bool last = i + 1 == groups.size() || groups[i + 1].size() != 1;
    if (last && singles == kNhsNumberDigits &&
        AreNhsNumber(groups, i + 1 - kNhsNumberDigits, kNhsNumberDigits))
      return true;
  }
  return false;
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
  Groups groups;
  size_t at = 0;
  while (at < text.size()) {
    if (!IsDigit(text[at])) {
      ++at;
      continue;
    }
    const size_t begin = at;
    while (at < text.size() && IsDigit(text[at])) ++at;
    groups.push_back(text.substr(begin, at - begin));
    at += SeparatorsLength(text.substr(at));
    const bool goes_on = at < text.size() && IsDigit(text[at]);
    if (goes_on) continue;
    if (HoldNhsNumber(groups)) return true;
    groups.clear();
  }
  return false;
}

}  // namespace realise
