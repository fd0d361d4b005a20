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

  // A commit was handed over.  Until then a writer that has yielded does not yield again: against one that
  // always has something under way it would never come to send.
  void NoteSent() { owed_a_send_ = false; }

  // The moment from which on this writer may send.
  SteadyTime MaySendFrom() const { return may_send_from_; }

 private:
  std::mt19937_64 random_;
  std::chrono::nanoseconds round_trip_ = std::chrono::milliseconds(2);
  SteadyTime may_send_from_{};
  SteadyTime pass_over_until_{};
  bool owed_a_send_ = false;  // it has yielded, and has not sent since
};

}  // namespace realise
