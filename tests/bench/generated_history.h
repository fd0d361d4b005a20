// A history of any length, written as it is asked for: what a trust's programme sends over five financial
// years.
#pragma once

#include <cstdint>
#include <deque>
#include <random>
#include <string>
#include <vector>

#include "libs/base/calendar.h"
#include "realise/v1/event.pb.h"

namespace realise::bench {

inline constexpr uint64_t kSeed = 20260401;

// The board whose savings have exactly kPlainBoardCells cells once the last month has begun to be validated:
// two lines, two rungs, and every month posted to itself.  The third largest.
inline constexpr char kPlainBoard[] = "board-0";
inline constexpr int kMonths = 60;
inline constexpr int kPlainBoardCells = 2 * 2 * kMonths;

// Forty boards from 20,000 events on (never fewer than twelve), claimed under by Zipf's law: the largest has
// about a quarter of all claims, the smallest one in 170.  Projects, benefits and measures grow with
// the length up to ten million events: what a trust has grows no further, what is said of it does.
//
// Each month is opened; claimed, validated and corrected in; measured, all at once at its end (beds, counts,
// weekly bands of waits: two percent of all events, less beyond ten million); and closed.  Late comes: a
// fifth of the claims, which relate to a month up to eleven before; a quarter of the corrections, which are
// of claims from all the time before; counts of the month before, published again.
//
// The same for the same seed and length.  Every event is one that Decide accepts after those before it, from
// 2024 on.  Memory does not grow with the length beyond one month's measurements and one board's projects.
//
// Not thread-safe.
class GeneratedHistory {
 public:
  GeneratedHistory(uint64_t seed, uint64_t events);

  // The next event as a publisher sends it; false behind the last.
  [[nodiscard]] bool Next(v1::Event& event);
  // The next event as a writer records it, with its version in its stream; false behind the last.
  [[nodiscard]] bool NextRecorded(v1::Event& event);

 private:
  struct Board {
    uint64_t weight_up_to = 0;  // of the boards up to here
    int first_project = 0;
    int projects = 0;
    int first_measure = 0;
    int measures = 0;
  };
  struct Claim {
    uint64_t number = 0;
    uint64_t version = 0;  // of its stream
    int32_t relates_to = 0;
    int64_t pence = 0;        // claimed, then validated
    bool taken_back = false;  // in part, by the last correction
    bool plain = false;       // of kPlainBoard
    bool certain = false;     // is not rejected
  };
  // What a claim is made of.
  struct Source {
    int board = 0;
    int project = 0;
    int benefit = 0;
  };

  int Below(int n) { return static_cast<int>(random_() % static_cast<uint64_t>(n)); }
  void PlanBoards();
  void MakeMore();
  void Add(v1::Event event, uint64_t version);
  void AddForClaim(v1::Event event, Claim& claim);
  void AddBoard(int number);
  void BeginMonth();
  void EndMonth();
  void AddMeasurements();
  Source AnySource();
  void Submit(const Source& source, bool certain);
  void SettleOldest();
  void Keep(const Claim& claim);
  void CorrectOne();

  std::mt19937_64 random_;
  const uint64_t events_;
  std::vector<Board> boards_;
  uint64_t structure_ = 0;  // events of it
  uint64_t made_ = 0;
  uint64_t given_ = 0;
  size_t boards_made_ = 0;
  int months_ = 0;  // begun
  bool in_month_ = false;
  Period month_;
  std::string month_text_;
  uint64_t month_ends_at_ = 0;  // events
  Date today_;
  uint64_t claims_ = 0;
  uint64_t validated_ = 0;
  std::vector<uint64_t> count_versions_;  // of the streams of the measures of counts
  std::deque<v1::Event> ready_;
  std::deque<Claim> awaiting_;
  // What may be corrected: some of the latest, and a sample of all.  No claim is in both.
  std::vector<Claim> recent_;
  std::vector<Claim> sample_;
};

}  // namespace realise::bench
