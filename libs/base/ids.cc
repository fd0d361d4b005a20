#include "libs/base/ids.h"

#include <openssl/rand.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <cstring>

#include "fmt/format.h"

namespace realise {
namespace {

template <typename T>
T RandomBytes() {
  T value;
  // Without random bytes two ledgers could have one id: nothing sensible can go on.
  if (RAND_bytes(value.bytes.data(), T::kSize) != 1) std::abort();
  return value;
}

std::optional<int> HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

}  // namespace

std::string ToHex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  hex.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto byte = static_cast<uint8_t>(c);
    hex += kDigits[byte >> 4];
    hex += kDigits[byte & 15];
  }
  return hex;
}

std::optional<std::string> FromHex(std::string_view hex, size_t size) {
  if (hex.size() != size * 2) return std::nullopt;
  std::string bytes;
  for (size_t i = 0; i < hex.size(); i += 2) {
    const auto high = HexDigit(hex[i]);
    const auto low = HexDigit(hex[i + 1]);
    if (!high || !low) return std::nullopt;
    bytes += static_cast<char>(*high * 16 + *low);
  }
  return bytes;
}

LedgerId RandomLedgerId() { return RandomBytes<LedgerId>(); }
WriterId RandomWriterId() { return RandomBytes<WriterId>(); }

bool IsLedgerCode(std::string_view code) {
  return code.size() >= 3 && code.size() <= 10 && std::all_of(code.begin(), code.end(), [](char c) {
           return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
         });
}

std::string Receipt::ToString() const {
  std::string text = fmt::format("{}@{}", ledger, sequence);
  if (digest) text += "#" + ToHex(digest->view());
  return text;
}

std::optional<Receipt> Receipt::Parse(std::string_view text) {
  Receipt receipt;
  const size_t hash = text.find('#');
  if (hash != std::string_view::npos) {
    const auto bytes = FromHex(text.substr(hash + 1), Digest::kSize);
    if (!bytes) return std::nullopt;
    receipt.digest.emplace();
    std::memcpy(receipt.digest->bytes.data(), bytes->data(), bytes->size());
    text = text.substr(0, hash);
  }
  const size_t at = text.find('@');
  if (at == std::string_view::npos) return std::nullopt;
  receipt.ledger = std::string(text.substr(0, at));
  const std::string_view digits = text.substr(at + 1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), receipt.sequence);
  if (error != std::errc() || end != digits.data() + digits.size() || !IsLedgerCode(receipt.ledger)) {
    return std::nullopt;
  }
  return receipt;
}

}  // namespace realise
