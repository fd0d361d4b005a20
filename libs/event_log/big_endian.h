// Numbers in the byte formats of this folder: big endian.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace realise {

// Appends the lowest `size` bytes of `value`.
inline void PutBigEndian(uint64_t value, size_t size, std::string& out) {
  for (size_t i = size; i > 0; --i) out += static_cast<char>(value >> ((i - 1) * 8) & 0xff);
}

// REQUIRES: at most 8 bytes.
inline uint64_t BigEndian(std::string_view bytes) {
  uint64_t value = 0;
  for (const char c : bytes) value = value << 8 | static_cast<uint8_t>(c);
  return value;
}

}  // namespace realise
