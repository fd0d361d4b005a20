// Names and places of the log: ledger codes, ledger ids, writers, digests, positions, receipts.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace realise {

// N random or hashed bytes; the tag keeps one kind from being taken for another.
template <int N, typename Tag>
struct Bytes {
  std::array<uint8_t, N> bytes{};

  static constexpr int kSize = N;
  std::string_view view() const { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }
  bool IsZero() const { return *this == Bytes{}; }
  friend auto operator<=>(const Bytes&, const Bytes&) = default;
};

using LedgerId = Bytes<16, struct LedgerIdTag>;
using WriterId = Bytes<16, struct WriterIdTag>;
using Digest = Bytes<32, struct DigestTag>;

// Lower case hexadecimal.
[[nodiscard]] std::string ToHex(std::string_view bytes);
// The bytes; nothing if `hex` is not exactly 2 x `size` hexadecimal digits.
[[nodiscard]] std::optional<std::string> FromHex(std::string_view hex, size_t size);

// From the operating system's random source.
[[nodiscard]] LedgerId RandomLedgerId();
[[nodiscard]] WriterId RandomWriterId();

// An ODS code: 3 to 10 upper case letters and digits.
[[nodiscard]] bool IsLedgerCode(std::string_view code);

// The number of an event in its ledger, 1, 2, 3 ...; 0 is before the first.
using Sequence = uint64_t;

// A place in a ledger, and, if the digest is there, the history up to it.
//
//   position := code "@" sequence
//   receipt  := position "#" digest as 64 hexadecimal digits
struct Receipt {
  std::string ledger;
  Sequence sequence = 0;
  std::optional<Digest> digest = std::nullopt;

  std::string ToString() const;
  // A position or a receipt.  Nothing if the text is neither.
  static std::optional<Receipt> Parse(std::string_view text);
  friend bool operator==(const Receipt&, const Receipt&) = default;
};

}  // namespace realise
