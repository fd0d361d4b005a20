// Who may send, when several writers write one ledger.  Without it a newcomer never gets a word in against a
// writer that has many commits under way: all that it sends is void.
//
// A writer that reads another's commit yields: it sends nothing for a few round trips, and then passes over
// void ones for five times as long.  From then on it knocks: it has one commit under way at a time and yields
// to nobody, until one is read back as valid.  So two never yield to each other at once.  A yield in which
// nobody got in was too short for who knocks: the next is twice as long.
//
// What follows for two writers, one of which always has something under way.  Let R be the longest time from
// handing over a commit until both have read it, and r <= R what the busy one takes it for.  Once it passes
// over nothing any more, it reads a knock within 2 R, and yields, for Y.  What it had under way is read by
// both within R; the next knock is sent within 2 R, is valid, and is read within 3 R.  So if Y >= 3 R the
// other gets in.  Since Y >= 3 r, that is the first yield if r = R: 35 R at most, 30 of which it passes over.
// Otherwise yields double until they are long enough, which takes less than 100 R in all, those that were too
// short and what follows on each included.  It holds while 3 R <= kYieldLongest.
//
// Of three or more, who knocks gets in when none of the others sends; a bound there is none.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <random>

#include "libs/base/ids.h"
#include "libs/ledger/command.h"

namespace realise {

// A yield grows no longer than this, unless a few round trips are.
inline constexpr std::chrono::nanoseconds kYieldLongest = std::chrono::seconds(1);

// Nothing of correctness rests on it.  Pure: time and seed are arguments.  Not thread-safe.
class SendTurn {
 public:
  explicit SendTurn(uint64_t seed) : random_(seed) {}

  // From handing a commit over to reading it back.
  void NoteRoundTrip(std::chrono::nanoseconds took);
  // Another writer's commit was read.
  void NoteForeign(bool valid, SteadyTime now);
  // An own commit was handed over.
  void NoteSent(const Digest& commit, SteadyTime now);
  // An own commit was read.
  void NoteOwn(const Digest& commit, bool valid, SteadyTime now);

  // The moment from which on this writer may send.
  SteadyTime MaySendFrom() const { return may_send_from_; }

 private:
  struct Knock {
    Digest commit;
    SteadyTime sent_at{};
  };

  void Double();
  void Halve();

  std::mt19937_64 random_;
  std::chrono::nanoseconds round_trip_ = std::chrono::milliseconds(2);
  SteadyTime may_send_from_{};
  SteadyTime pass_over_until_{};
  bool in_vain_ = false;  // it has yielded to a void one, and no valid one came since
  int doubled_ = 0;       // how often the last yield was
  int worked_ = 0;        // yields in which another got in, since that changed
  bool knocks_ = false;   // it has yielded, and nothing that it sent since was read back as valid
  std::optional<Knock> under_way_;
};

}  // namespace realise
