// What every party answers with: the balances that are not 0, in one text file that is compared byte for
// byte.
//
//   savings BOARD CLASS SIGN RECURRENCE RUNG POSTED RELATED PENCE
//   counts MEASURE KIND MONTH VALUE
//   bands MEASURE MONTH CELL VALUE
//
// Enumerations as their numbers, months as month indices, all decimal; LF; lines sorted by their bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace realise::peers {

struct SavingsLine {
  int32_t financial_class = 0;
  int32_t sign = 0;
  int32_t recurrence = 0;
  int32_t rung = 0;
  int32_t posted = 0;
  int32_t related = 0;
};

// Not thread-safe.
class AnswersFile {
 public:
  // Balances of 0 are left out.
  void Savings(std::string_view board, const SavingsLine& line, int64_t pence);
  void Counts(std::string_view measure, int32_t kind, int32_t month, int64_t value);
  void Bands(std::string_view measure, int32_t month, int32_t cell, int64_t value);

  size_t lines() const { return lines_.size(); }

  // Sorts and writes.   UNKNOWN  it cannot be written.
  [[nodiscard]] absl::Status Write(const std::string& path);

 private:
  std::vector<std::string> lines_;
};

}  // namespace realise::peers
