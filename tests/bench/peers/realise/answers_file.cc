#include "tests/bench/peers/realise/answers_file.h"

#include <algorithm>
#include <fstream>

#include "fmt/format.h"

namespace realise::peers {

void AnswersFile::Savings(std::string_view board, const SavingsLine& line, int64_t pence) {
  if (pence == 0) return;
  lines_.push_back(fmt::format("savings {} {} {} {} {} {} {} {}\n", board, line.financial_class, line.sign,
                               line.recurrence, line.rung, line.posted, line.related, pence));
}

void AnswersFile::Counts(std::string_view measure, int32_t kind, int32_t month, int64_t value) {
  if (value != 0) lines_.push_back(fmt::format("counts {} {} {} {}\n", measure, kind, month, value));
}

void AnswersFile::Bands(std::string_view measure, int32_t month, int32_t cell, int64_t value) {
  if (value != 0) lines_.push_back(fmt::format("bands {} {} {} {}\n", measure, month, cell, value));
}

absl::Status AnswersFile::Write(const std::string& path) {
  std::sort(lines_.begin(), lines_.end());
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  for (const std::string& line : lines_) file << line;
  file.close();
  return file ? absl::OkStatus() : absl::UnknownError(fmt::format("cannot write {}", path));
}

}  // namespace realise::peers
