// Sums of many 64-bit numbers.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>

namespace realise {

// A sum of 64-bit numbers that cannot overflow, in whatever order they are added.
__extension__ using Balance = __int128;

// The sum, or nothing if it does not fit into 64 bits.
[[nodiscard]] constexpr std::optional<int64_t> Narrow(Balance sum) {
  if (sum < std::numeric_limits<int64_t>::min() || sum > std::numeric_limits<int64_t>::max()) {
    return std::nullopt;
  }
  return static_cast<int64_t>(sum);
}

}  // namespace realise
