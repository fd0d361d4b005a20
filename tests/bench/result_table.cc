#include "tests/bench/result_table.h"

#include <algorithm>
#include <cmath>
#include <ctime>

#include "fmt/format.h"

namespace realise::bench {

double Percentile(std::vector<double> values, double percent) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const auto at = static_cast<size_t>(std::ceil(percent / 100 * static_cast<double>(values.size())));
  return values[std::min(std::max<size_t>(at, 1), values.size()) - 1];
}

std::string ShowCount(uint64_t count) {
  std::string digits = fmt::format("{}", count);
  for (size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, 1, ',');
  return digits;
}

std::string ShowRate(double per_second) {
  if (per_second >= 1e6) return fmt::format("{:.2f} M/s", per_second / 1e6);
  if (per_second >= 1e4) return fmt::format("{:.0f} K/s", per_second / 1e3);
  if (per_second >= 1e3) return fmt::format("{:.1f} K/s", per_second / 1e3);
  return fmt::format("{:.0f} /s", per_second);
}

std::string ShowTime(double seconds) {
  if (seconds >= 1) return fmt::format("{:.2f} s", seconds);
  if (seconds >= 0.01) return fmt::format("{:.0f} ms", seconds * 1e3);
  if (seconds >= 0.001) return fmt::format("{:.1f} ms", seconds * 1e3);
  return fmt::format("{:.0f} us", seconds * 1e6);
}

std::string ShowRatio(double measured, double floor) {
  return floor > 0 ? fmt::format("{:.2f} x", measured / floor) : "-";
}

double SpentWatch::ProcessSeconds() {
  timespec spent{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
  return static_cast<double>(spent.tv_sec) + static_cast<double>(spent.tv_nsec) / 1e9;
}

void PrintTable(const std::vector<ResultRow>& rows) {
  fmt::print("| what | size | measured | floor, same run | ratio |\n|---|---|---|---|---|\n");
  for (const ResultRow& row : rows) {
    fmt::print("| {} | {} | {} | {} | {} |\n", row.what, row.size, row.measured, row.floor, row.ratio);
  }
}

}  // namespace realise::bench
