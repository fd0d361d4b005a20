// Lines of an input that may be longer than memory.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "libs/adapters/csv_reader.h"

namespace realise {

inline constexpr size_t kLineBytesMax = 1024 * 1024;

// Not thread-safe.
class LineReader {
 public:
  explicit LineReader(ReadBytes input) : input_(std::move(input)) {}

  // Reads the next line without its end; false when there is none.
  //   INVALID_ARGUMENT  a line is longer than kLineBytesMax.
  //   or what the input said.
  [[nodiscard]] absl::StatusOr<bool> Next(std::string& line);

  // Of the line read last, from 1.
  int64_t number() const { return number_; }

 private:
  ReadBytes input_;
  std::string buffer_;
  size_t at_ = 0;
  bool ended_ = false;
  int64_t number_ = 0;
};

}  // namespace realise
