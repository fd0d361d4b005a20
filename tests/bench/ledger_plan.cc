#include "tests/bench/ledger_plan.h"

#include <cmath>
#include <random>
#include <utility>

#include "fmt/format.h"

namespace realise::bench {
namespace {

// The one of rank r has a share of 1 / r^kSteepness.
constexpr double kSteepness = 1.2;

}  // namespace

std::vector<PlannedLedger> PlanLedgers(uint64_t seed, uint64_t events, int ledgers) {
  std::mt19937_64 random(seed);
  std::vector<std::string> codes;
  for (char second = 'A'; second <= 'Z'; ++second) {
    for (char third = 'A'; third <= 'Z'; ++third) codes.push_back(fmt::format("R{}{}", second, third));
  }
  double all = 0;
  for (int rank = 1; rank <= ledgers; ++rank) all += std::pow(rank, -kSteepness);
  std::vector<PlannedLedger> plan;
  uint64_t left = events;
  for (int rank = 1; rank <= ledgers; ++rank) {
    // Not std::shuffle: what that does differs between libraries.
    const size_t at = plan.size();
    std::swap(codes[at], codes[at + random() % (codes.size() - at)]);
    const double share = std::pow(rank, -kSteepness) / all;
    const auto size = static_cast<uint64_t>(share * static_cast<double>(events));
    plan.push_back({.code = codes[at], .events = size, .seed = random()});
    left -= size;
  }
  // What rounding left.
  plan.front().events += left;
  return plan;
}

}  // namespace realise::bench
