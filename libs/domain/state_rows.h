// Rows of the ledger's state for a store.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace realise {

// key = one letter for the kind, and the id; value = one byte for the form of rows, and the bytes of the
// claim, or the message, serialised deterministically.  An empty value means that there is no such row (any
// more): the store deletes it.
//
// In one piece, for they come by the hundred thousand.  A value.
class StateRows {
 public:
  // Makes room for about so many rows, most of them claims'.
  void Reserve(size_t rows) {
    constexpr size_t kClaimRowBytes = 96;
    rows_.reserve(rows);
    bytes_.reserve(rows * kClaimRowBytes);
  }
  // `append_value` appends the value to the string that it is called with, which is not its own.
  template <typename AppendValue>
  void Add(char kind, std::string_view id, const AppendValue& append_value) {
    const size_t begin = bytes_.size();
    bytes_.append(1, kind).append(id);
    append_value(bytes_);
    rows_.push_back({begin, static_cast<uint32_t>(id.size() + 1),
                     static_cast<uint32_t>(bytes_.size() - begin - id.size() - 1)});
  }
  // Adds all rows of `others`.
  void Add(const StateRows& others);
  // Puts them in the order of their keys, each once, as it was added last.
  void Sort();

  bool empty() const { return rows_.empty(); }
  size_t size() const { return rows_.size(); }
  // Key and value of a row, valid until the next change.   REQUIRES: i < size().
  std::pair<std::string_view, std::string_view> operator[](size_t i) const {
    return {Key(rows_[i]), Value(rows_[i])};
  }

 private:
  // Ids and rows are shorter than 4 GiB, as every event is.
  struct Row {
    size_t begin;  // of the key; the value is behind it
    uint32_t key_bytes;
    uint32_t value_bytes;
  };
  std::string_view Key(const Row& row) const { return {bytes_.data() + row.begin, row.key_bytes}; }
  std::string_view Value(const Row& row) const {
    return {bytes_.data() + row.begin + row.key_bytes, row.value_bytes};
  }

  std::string bytes_;
  std::vector<Row> rows_;
};

}  // namespace realise
