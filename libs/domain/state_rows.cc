#include "libs/domain/state_rows.h"

#include <algorithm>
#include <map>

namespace realise {
namespace {

// The eight bytes of a key behind the prefix that all of its kind share: they put most keys in order without
// a look at the keys.
uint64_t OrderBehind(size_t prefix_bytes, std::string_view key) {
  uint64_t order = 0;
  for (size_t i = prefix_bytes; i < prefix_bytes + 8; ++i) {
    order = order << 8 | (i < key.size() ? static_cast<uint8_t>(key[i]) : 0);
  }
  return order;
}

}  // namespace

void StateRows::Add(const StateRows& others) {
  for (size_t i = 0; i < others.size(); ++i) {
    const auto [key, value] = others[i];
    Add(key.front(), key.substr(1), [&value = value](std::string& to) { to += value; });
  }
}

void StateRows::Sort() {
  std::map<char, std::string_view> shared;  // by kind: what all keys begin with
  for (const Row& row : rows_) {
    const std::string_view key = Key(row);
    const auto [at, first] = shared.try_emplace(key.front(), key);
    std::string_view& prefix = at->second;
    const auto end = std::mismatch(prefix.begin(), prefix.end(), key.begin(), key.end()).first;
    if (!first) prefix = prefix.substr(0, static_cast<size_t>(end - prefix.begin()));
  }
  struct Ordered {
    char kind;
    uint64_t order;
    Row row;
  };
  std::vector<Ordered> ordered;
  ordered.reserve(rows_.size());
  for (const Row& row : rows_) {
    const std::string_view key = Key(row);
    ordered.push_back({key.front(), OrderBehind(shared[key.front()].size(), key), row});
  }
  std::sort(ordered.begin(), ordered.end(), [this](const Ordered& a, const Ordered& b) {
    if (a.kind != b.kind) return a.kind < b.kind;
    if (a.order != b.order) return a.order < b.order;
    const int order = Key(a.row).compare(Key(b.row));
    return order != 0 ? order < 0 : a.row.begin > b.row.begin;
  });
  rows_.clear();
  for (const Ordered& next : ordered) {
    if (rows_.empty() || Key(rows_.back()) != Key(next.row)) rows_.push_back(next.row);
  }
}

}  // namespace realise
