#include "libs/view_store/view_rows.h"

#include <algorithm>
#include <cstring>

#include "fmt/format.h"

namespace realise {
namespace {

__extension__ using UnsignedBalance = unsigned __int128;

template <typename T>
constexpr size_t kVarintBytesMax = (sizeof(T) * 8 + 6) / 7;

// Puts `value` at `to`, which has room for it; behind it is the answer.
template <typename T>
char* PutVarint(char* to, T value) {
  while (value >= 0x80) {
    *to++ = static_cast<char>(static_cast<uint8_t>(value & 0x7f) | 0x80);
    value >>= 7;
  }
  *to++ = static_cast<char>(static_cast<uint8_t>(value));
  return to;
}

template <typename T>
void AppendVarint(std::string& to, T value) {
  char bytes[kVarintBytesMax<T>];
  to.append(bytes, static_cast<size_t>(PutVarint(bytes, value) - bytes));
}

// Takes a varint from the front of `row`; false if there is none that fits into T.
template <typename T>
bool TakeVarint(std::string_view& row, T& value) {
  constexpr int kBits = sizeof(T) * 8;
  value = 0;
  for (int shift = 0; shift < kBits; shift += 7) {
    if (row.empty()) return false;
    const uint8_t byte = static_cast<uint8_t>(row.front());
    row.remove_prefix(1);
    const T part = byte & 0x7f;
    if (shift + 7 > kBits && (part >> (kBits - shift)) != 0) return false;
    value |= part << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

uint64_t ZigZag(int64_t value) {
  return (static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63);
}
int64_t UnZigZag(uint64_t value) { return static_cast<int64_t>((value >> 1) ^ (~(value & 1) + 1)); }

UnsignedBalance ZigZag(Balance value) {
  return (static_cast<UnsignedBalance>(value) << 1) ^ static_cast<UnsignedBalance>(value >> 127);
}
Balance UnZigZag(UnsignedBalance value) { return static_cast<Balance>((value >> 1) ^ (~(value & 1) + 1)); }

}  // namespace

void AppendPosting(std::string& row, Sequence before, const ViewPosting& posting) {
  char bytes[3 * kVarintBytesMax<uint64_t> + 1];
  char* end = bytes;
  if (posting.sequence != before) end = PutVarint(PutVarint(end, posting.sequence - before), uint64_t{0});
  end = PutVarint(PutVarint(end, posting.cell), ZigZag(posting.delta));
  row.append(bytes, static_cast<size_t>(end - bytes));
}

std::optional<ViewPosting> TakePosting(std::string_view& row, Sequence before) {
  ViewPosting posting{.sequence = before};
  uint64_t zigzag = 0;
  if (!TakeVarint(row, posting.cell) || !TakeVarint(row, zigzag)) return std::nullopt;
  if (zigzag == 0) {  // a step
    posting.sequence = before + posting.cell;
    if (posting.sequence <= before) return std::nullopt;
    if (!TakeVarint(row, posting.cell) || !TakeVarint(row, zigzag) || zigzag == 0) return std::nullopt;
  }
  posting.delta = UnZigZag(zigzag);
  return posting;
}

std::string EncodeBalances(const std::vector<CellBalance>& balances) {
  std::string row;
  row.reserve(balances.size() * 8);
  uint64_t before = 0;
  for (const auto& [cell, balance] : balances) {
    AppendVarint(row, cell - before);
    AppendVarint(row, ZigZag(balance));
    before = cell;
  }
  return row;
}

std::optional<std::vector<CellBalance>> DecodeBalances(std::string_view row) {
  std::vector<CellBalance> balances;
  uint64_t cell = 0;
  while (!row.empty()) {
    uint64_t step = 0;
    UnsignedBalance zigzag = 0;
    if (!TakeVarint(row, step) || !TakeVarint(row, zigzag)) return std::nullopt;
    const bool rises = balances.empty() || (step > 0 && cell + step > cell);
    if (!rises) return std::nullopt;
    cell += step;
    balances.emplace_back(cell, UnZigZag(zigzag));
  }
  return balances;
}

std::string EncodeAccountRow(const ViewAccountRow& row) {
  std::string bytes;
  AppendVarint(bytes, row.number);
  AppendVarint(bytes, row.postings_since);
  AppendVarint(bytes, row.cells);
  AppendVarint(bytes, row.checkpoint);
  return bytes;
}

std::optional<ViewAccountRow> DecodeAccountRow(std::string_view row) {
  ViewAccountRow account;
  if (!TakeVarint(row, account.number) || !TakeVarint(row, account.postings_since) ||
      !TakeVarint(row, account.cells) || !TakeVarint(row, account.checkpoint) || !row.empty() ||
      account.number == 0) {
    return std::nullopt;
  }
  return account;
}

std::string EncodeCommitRow(const ViewCommitRow& row) {
  std::string bytes;
  AppendUint64(bytes, static_cast<uint64_t>(row.recorded_at.time_since_epoch().count()));
  AppendUint32(bytes, row.segment);
  AppendUint64(bytes, row.ordinal);
  bytes.append(row.digest.view());
  AppendUint64(bytes, static_cast<uint64_t>(row.address));
  return bytes;
}

std::optional<ViewCommitRow> DecodeCommitRow(std::string_view row) {
  ViewCommitRow commit;
  if (row.size() != 28 + Digest::kSize) return std::nullopt;
  commit.recorded_at = Instant(std::chrono::microseconds(static_cast<int64_t>(ReadUint64(row))));
  commit.segment = ReadUint32(row.substr(8));
  commit.ordinal = ReadUint64(row.substr(12));
  std::memcpy(commit.digest.bytes.data(), row.data() + 20, Digest::kSize);
  commit.address = static_cast<int64_t>(ReadUint64(row.substr(20 + Digest::kSize)));
  return commit;
}

absl::Status DamagedRow(std::string_view key) {
  return absl::DataLossError(
      fmt::format("view store: the row {} does not decode; delete the view store, it is rebuilt from the log",
                  ToHex(key)));
}

}  // namespace realise
