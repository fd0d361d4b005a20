// The table that both programs print: what was measured beside its floor, in Markdown.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace realise::bench {

using Seconds = std::chrono::duration<double>;

// The middle one, or the one below which `percent` of them lie; 0 without any.
[[nodiscard]] double Percentile(std::vector<double> values, double percent);

// "1,234,567", "12.3 M/s", "0.85 ms".
[[nodiscard]] std::string ShowCount(uint64_t count);
[[nodiscard]] std::string ShowRate(double per_second);
[[nodiscard]] std::string ShowTime(double seconds);
// How often one is the other, "1.31 x".
[[nodiscard]] std::string ShowRatio(double measured, double floor);

struct ResultRow {
  std::string what;
  std::string size;
  std::string measured;
  std::string floor;  // what it is compared with, and what that took
  std::string ratio;
};

void PrintTable(const std::vector<ResultRow>& rows);

// A monotonic clock that was started when it was made.
class Stopwatch {
 public:
  double seconds() const { return Seconds(std::chrono::steady_clock::now() - begin_).count(); }

 private:
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

// What something took: by the wall, and of this process's threads on all cores.
struct Spent {
  double wall = 0;
  double cpu = 0;

  Spent& operator+=(const Spent& more) {
    wall += more.wall;
    cpu += more.cpu;
    return *this;
  }
};

class SpentWatch {
 public:
  Spent spent() const { return {.wall = watch_.seconds(), .cpu = ProcessSeconds() - begin_}; }

 private:
  static double ProcessSeconds();
  Stopwatch watch_;
  double begin_ = ProcessSeconds();
};

}  // namespace realise::bench
