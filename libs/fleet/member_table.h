// Who is there, as one process knows it from the heartbeats that it read, and whose a ledger is.  Pure: times
// are arguments, of a clock that only passes.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libs/fleet/placement.h"
#include "realise/internal/v1/fleet.pb.h"

namespace realise {

// A process publishes as often, ...
inline constexpr std::chrono::milliseconds kBeatEvery{500};
// ... listens for as long before it writes, so that it has heard from all others, ...
inline constexpr std::chrono::milliseconds kJoinFor{1250};
// ... and counts as gone when others were heard from for as long and it was not.
inline constexpr std::chrono::milliseconds kLiveFor{3000};
// A silence of all counts as so much of it only: while the topic changes its leader, all stay what they were.
inline constexpr std::chrono::milliseconds kSilenceMax{1000};
// When nobody at all was heard from for as long, nobody is known any more.
inline constexpr std::chrono::milliseconds kBlindFor{10'000};
// More processes than that are not taken note of.
inline constexpr size_t kMembersMax = 1000;
// Nor of more ledgers that one process calls damaged.
inline constexpr int kDamagedLedgersMax = 1000;

// Who says of a ledger that its log is not what it was, by the ledger's code.
using DamagedLedgers = std::map<std::string, Member, std::less<>>;

// Whose a ledger is among `members`: the one with the highest hash of ledger and id, so that a process that
// comes or goes moves no ledgers but its own.  Null if there are none.
[[nodiscard]] const Member* OwnerAmong(const std::vector<Member>& members, std::string_view ledger);

class MemberTable {
 public:
  using Time = Placement::Time;

  explicit MemberTable(ProcessId self, Time now) : self_(self), ticked_at_(now) {}

  const ProcessId& self() const { return self_; }

  // This process reads heartbeats and is not paused; to be called several times a second, before Read.  After
  // a gap of more than kLiveFor everybody is forgotten, this process as well: what it knew is out of date,
  // and it has to join again.  Whether there was such a gap.
  bool Tick(Time now);
  // The number of the next heartbeat of this process.
  uint64_t NextCounter() { return ++counter_; }
  // A heartbeat was read now.  One that is malformed, or older than one that was read, is passed over.
  void Read(const internal::v1::Heartbeat& beat, Time now);

  // The processes that write, in the order of their ids; empty if nobody is known.
  [[nodiscard]] std::vector<Member> Serving(Time now) const;
  // The ledgers that anybody calls damaged who gives signs of life, whatever its state.  If several do, the
  // one with the lowest id is told.
  [[nodiscard]] DamagedLedgers Damaged(Time now) const;
  // Whether it gives signs of life, whatever its state.
  [[nodiscard]] bool IsAlive(const ProcessId& process, Time now) const;

 private:
  // Time in which somebody was heard from.
  using Heard = std::chrono::nanoseconds;

  struct Seen {
    std::string address;
    internal::v1::MemberState state = internal::v1::MEMBER_STATE_UNSPECIFIED;
    uint64_t counter = 0;
    Heard at{};
    std::vector<std::string> damaged_ledgers{};
  };

  bool Blind(Time now) const;
  bool IsAlive(const Seen& seen) const { return heard_ - seen.at <= kLiveFor; }

  const ProcessId self_;
  Time ticked_at_;
  Time newest_at_{};                   // when anybody's heartbeat was read last
  Heard heard_{0};                     // at newest_at_
  uint64_t counter_ = 0;               // of this process's last heartbeat
  uint64_t void_up_to_ = 0;            // its heartbeats up to there are from before a gap
  std::map<ProcessId, Seen> members_;  // also those that are gone, for a while
};

}  // namespace realise
