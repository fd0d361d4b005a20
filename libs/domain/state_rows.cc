#include "libs/domain/state_rows.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <string_view>

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

void SortStateRows(StateRows& rows) {
  std::map<char, std::string_view> shared;  // by kind: what all keys begin with
  for (const auto& [key, value] : rows) {
    const auto [at, first] = shared.try_emplace(key.front(), key);
    std::string_view& prefix = at->second;
    const auto end = std::mismatch(prefix.begin(), prefix.end(), key.begin(), key.end()).first;
    if (!first) prefix = prefix.substr(0, static_cast<size_t>(end - prefix.begin()));
  }
  struct Ordered {
    char kind;
    uint64_t order;
    StateRows::value_type* row;
  };
  std::vector<Ordered> ordered;
  ordered.reserve(rows.size());
  for (auto& row : rows) {
    const char kind = row.first.front();
    ordered.push_back({kind, OrderBehind(shared[kind].size(), row.first), &row});
  }
  std::sort(ordered.begin(), ordered.end(), [](const Ordered& a, const Ordered& b) {
    if (a.kind != b.kind) return a.kind < b.kind;
    if (a.order != b.order) return a.order < b.order;
    return a.row->first < b.row->first;
  });
  StateRows sorted;
  sorted.reserve(rows.size());
  for (const Ordered& next : ordered) {
    if (sorted.empty() || sorted.back().first != next.row->first) sorted.push_back(std::move(*next.row));
  }
  rows = std::move(sorted);
}

}  // namespace realise
