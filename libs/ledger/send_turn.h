// Who may send, when several writers write one ledger.  A writer that reads another's commit yields: it sends
// nothing for a few round trips, and then passes over void ones for five times as long.  Without it a
// newcomer never gets a word in against a writer that has many commits under way.
#pragma once

#include <chrono>
#include <cstdint>
#include <random>

#include "libs/ledger/command.h"

namespace realise {

// Nothing of correctness rests on it.  Pure: time and seed are arguments.  Not thread-safe.
class SendTurn {
 public:
  explicit SendTurn(uint64_t seed) : random_(seed) {}

  // From handing a commit over to reading it back.
  void NoteRoundTrip(std::chrono::nanoseconds took);
  // Another writer's commit was read.
  void NoteForeign(bool valid, SteadyTime now);

  // The moment from which on this writer may send.
  SteadyTime MaySendFrom() const { return may_send_from_; }

 private:
  std::mt19937_64 random_;
  std::chrono::nanoseconds round_trip_ = std::chrono::milliseconds(2);
  SteadyTime may_send_from_{};
  SteadyTime pass_over_until_{};
};

}  // namespace realise
