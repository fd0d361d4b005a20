#include "libs/view_store/view_keys.h"

namespace realise {
namespace {

template <typename T>
void AppendNumber(std::string& to, T value) {
  for (int shift = static_cast<int>(sizeof(T)) * 8 - 8; shift >= 0; shift -= 8) {
    to.push_back(static_cast<char>(static_cast<uint64_t>(value) >> shift & 0xff));
  }
}

template <typename T>
T ReadNumber(std::string_view bytes) {
  uint64_t value = 0;
  for (size_t i = 0; i < sizeof(T); ++i) value = value << 8 | static_cast<uint8_t>(bytes[i]);
  return static_cast<T>(value);
}

}  // namespace

void AppendUint16(std::string& to, uint16_t value) { AppendNumber(to, value); }
void AppendUint32(std::string& to, uint32_t value) { AppendNumber(to, value); }
void AppendUint64(std::string& to, uint64_t value) { AppendNumber(to, value); }
uint16_t ReadUint16(std::string_view bytes) { return ReadNumber<uint16_t>(bytes); }
uint32_t ReadUint32(std::string_view bytes) { return ReadNumber<uint32_t>(bytes); }
uint64_t ReadUint64(std::string_view bytes) { return ReadNumber<uint64_t>(bytes); }

std::string ViewKeyspace::Prefix() const {
  std::string key;
  key.reserve(kViewTableBytes + 16);
  AppendUint16(key, version);
  AppendUint32(key, ledger);
  return key;
}

std::string ViewKeyspace::Table(ViewTable table) const {
  std::string key = Prefix();
  key.push_back(static_cast<char>(table));
  return key;
}

std::string ViewKeyspace::Account(ViewTable table, AccountNumber account) const {
  std::string key = Table(table);
  AppendUint32(key, account);
  return key;
}

std::string ViewKeyspace::AccountName(std::string_view name) const {
  return Table(ViewTable::kAccounts).append(name);
}

std::string ViewKeyspace::Commit(Sequence end, uint64_t ordinal) const {
  std::string key = Table(ViewTable::kCommits);
  AppendUint64(key, end);
  AppendUint64(key, ordinal);
  return key;
}

std::string ViewKeyspace::Fact(Sequence sequence) const {
  std::string key = Table(ViewTable::kFacts);
  AppendUint64(key, sequence);
  return key;
}

std::string ViewKeyspace::Checkpoint(AccountNumber account, Sequence sequence) const {
  std::string key = Account(ViewTable::kCheckpoints, account);
  AppendUint64(key, sequence);
  return key;
}

std::string ViewKeyspace::Place() const { return Table(ViewTable::kPlace); }

std::string ViewKeyspace::Posting(AccountNumber account, Sequence sequence) const {
  std::string key = Account(ViewTable::kPostings, account);
  AppendUint64(key, sequence);
  return key;
}

std::string ViewKeyspace::State(std::string_view row_key) const {
  return Table(ViewTable::kState).append(row_key);
}

std::string ViewKeyspace::Time(uint32_t segment, Instant recorded_at) const {
  std::string key = Table(ViewTable::kTimes);
  AppendUint32(key, segment);
  AppendUint64(key, static_cast<uint64_t>(recorded_at.time_since_epoch().count()) ^ (uint64_t{1} << 63));
  return key;
}

std::string LedgersKey(std::string_view code) {
  return ViewKeyspace{}.Table(ViewTable::kLedgers).append(code);
}

std::string AnsweringKey(LedgerNumber ledger) { return ViewKeyspace{0, ledger}.Table(ViewTable::kAnswering); }

std::optional<ViewKeyspace> KeyspaceOf(std::string_view key) {
  if (key.size() < kViewTableBytes) return std::nullopt;
  return ViewKeyspace{ReadUint16(key), ReadUint32(key.substr(2))};
}

std::string KeyBehind(std::string_view prefix) {
  std::string key(prefix);
  while (!key.empty() && static_cast<uint8_t>(key.back()) == 0xff) key.pop_back();
  if (!key.empty()) key.back() = static_cast<char>(static_cast<uint8_t>(key.back()) + 1);
  return key;
}

}  // namespace realise
