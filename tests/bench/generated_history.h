// A history of any length, written as it is asked for: what a trust's programme sends over five financial
// years.
#pragma once

#include <cstdint>
#include <deque>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

#include "libs/base/calendar.h"
#include "realise/v1/event.pb.h"

namespace realise::bench {

// The board whose savings have exactly kPlainBoardCells cells once the last month has begun to be validated:
// two lines, two rungs, and every month posted to itself.
inline constexpr char kPlainBoard[] = "board-0";
inline constexpr int kMonths = 60;
inline constexpr int kPlainBoardCells = 2 * 2 * kMonths;

// Twelve boards; projects, benefits and measures grow with the length.  Each month is opened, measured (beds,
// counts, weekly bands of waits: 1.8 percent of all events), claimed and validated in, corrected in, and
// closed.  The same for the same seed and length.  Every event is one that Decide accepts after those before
// it, from 2024 on.
//
// Not thread-safe.
class GeneratedHistory {
 public:
  GeneratedHistory(uint64_t seed, uint64_t events);

  // The next event as a publisher sends it; false behind the last.
  [[nodiscard]] bool Next(v1::Event& event);

 private:
  struct Claim {
    std::string id;
    std::string relates_to;
    int64_t pence = 0;
    bool plain = false;  // of kPlainBoard
  };

  int Below(int n) { return static_cast<int>(random_() % static_cast<uint64_t>(n)); }
  void Add(v1::Event event);
  void AddStructure();
  void AddMonth(Period month);
  void AddMeasurements(Period month);
  void Submit(Period month);
  void SettleOldest(const std::string& month);
  void CorrectOne(const std::string& month);

  std::mt19937_64 random_;
  const uint64_t events_;
  const int projects_;
  const int measures_;  // of waits; half as many of beds and of counts each
  uint64_t made_ = 0;
  uint64_t claims_ = 0;
  int months_ = 0;  // begun
  Date today_;
  std::deque<v1::Event> ready_;
  std::deque<Claim> awaiting_;
  std::vector<Claim> validated_;  // of the last ones, what may be corrected
};

// Numbers the events of each stream as a writer does.
class StreamVersions {
 public:
  void Number(v1::Event& event) { event.set_stream_version(++versions_[event.stream()]); }

 private:
  std::unordered_map<std::string, uint64_t> versions_;
};

}  // namespace realise::bench
