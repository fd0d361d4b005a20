// NHS numbers: how they are told from other numbers, so that none gets into a ledger.
#pragma once

#include <cstddef>
#include <string_view>

namespace realise {

inline constexpr size_t kNhsNumberDigits = 10;

// Whether ten digits are an NHS number: the check digit is right, and they are not all 0, which is reserved.
// REQUIRES: exactly 10 characters '0' to '9'.
[[nodiscard]] bool IsNhsNumber(std::string_view digits);

// Whether a text holds an NHS number: ten digits together, or 3, 3 and 4, or each by itself, with no other
// digit next to them.  Between groups stand one to four blanks, tabs, hyphens, dashes, dots, '_' or '/', in
// any mixture, those of Unicode as UTF-8 among them.
[[nodiscard]] bool ContainsNhsNumber(std::string_view text);

}  // namespace realise
