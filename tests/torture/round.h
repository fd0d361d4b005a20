// One round: load, one fault injected some times, everything healed, and the histories judged.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/torture/faults.h"
#include "tests/torture/world.h"

namespace realise::torture {

struct RoundOptions {
  std::string name;
  int injections = 2;
  uint64_t seed = 0;
};

struct RoundResult {
  int injected = 0;
  uint64_t history = 0;  // calls of the histories that were judged: all since their ledgers were founded
  // All below are of this round.
  uint64_t calls = 0;
  uint64_t acknowledged = 0;  // events
  uint64_t rejections = 0;
  uint64_t rejections_behind = 0;
  uint64_t queries = 0;
  uint64_t recorded_unknown = 0;
  uint64_t takeovers = 0;
  uint64_t void_records = 0;
  std::chrono::nanoseconds longest_pause{0};
  // What must not be: anomalies of the history, and servers that ended or never came back.  Empty if all is
  // well.
  std::vector<std::string> anomalies;
};

[[nodiscard]] RoundResult RunRound(World& world, const Fault& fault, const RoundOptions& options);

}  // namespace realise::torture
