// Exact integer sums.  An overflow is an error, never a wrap.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace realise {

// The sum, or nothing if it does not fit into 64 bits.
[[nodiscard]] std::optional<int64_t> CheckedAdd(int64_t a, int64_t b);

// The difference, or nothing if it does not fit.
[[nodiscard]] std::optional<int64_t> CheckedSubtract(int64_t a, int64_t b);

// Pence as pounds for people: 3224310 is "32,243.10", -5 is "-0.05".  Exact; nothing is rounded.
[[nodiscard]] std::string FormatPounds(int64_t pence);

// Pence as pounds for machines: 3224310 is "32243.10".
[[nodiscard]] std::string FormatPoundsPlain(int64_t pence);

// Pounds with at most two decimals as pence: "24500", "24,500.5", "-0.05".  Nothing if it is anything else.
[[nodiscard]] std::optional<int64_t> ParsePounds(const std::string& text);

// A count with thousands separators: 333287 is "333,287".
[[nodiscard]] std::string FormatCount(int64_t count);

}  // namespace realise
