// Which process writes a ledger now.
//
// A hint for speed, and nothing more: whoever writes, the rule of the log makes the history right
// (libs/event_log/commit_chain.h).  Two processes may hold different views for a while.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/ids.h"

namespace realise {

// One life of one process: a restart makes another.
using ProcessId = Bytes<16, struct ProcessIdTag>;
[[nodiscard]] inline ProcessId RandomProcessId() { return {RandomWriterId().bytes}; }

// A process that writes its share of the ledgers.
struct Member {
  ProcessId id;
  std::string address{};  // where its services listen, "host:port"

  friend bool operator==(const Member&, const Member&) = default;
};

enum class Where {
  kHere,
  kElsewhere,
  kUnknown,  // no process is known that would; most often for a moment only
  kDamaged,  // nobody writes it: a process that is alive found that its log is not what it was
};

struct Place {
  Where where = Where::kUnknown;
  Member owner{};  // if elsewhere; if damaged, the process that found it

  friend bool operator==(const Place&, const Place&) = default;
};

// Thread-safe.  Every call but AwaitChange returns at once.
class Placement {
 public:
  using Time = std::chrono::steady_clock::time_point;

  virtual ~Placement() = default;

  [[nodiscard]] virtual Place Of(std::string_view ledger) const = 0;
  // Whether this process writes at all: not before it has joined the others, not while it leaves, and not
  // after it was paused or cut off, until it has heard from the others again.
  [[nodiscard]] virtual bool Serving() const = 0;
  // Whether this process is about to end, and so will not serve again.
  [[nodiscard]] virtual bool Leaving() const = 0;
  // Whether a process still gives signs of life, be it that it leaves.
  [[nodiscard]] virtual bool IsAlive(const ProcessId& process) const = 0;
  // The processes that write, in the order of their ids.
  [[nodiscard]] virtual std::vector<Member> Members() const = 0;

  // Another number whenever another answer may be due.
  [[nodiscard]] virtual uint64_t Version() const = 0;
  // Waits until Version() is not `version`, or until `until`.
  virtual void AwaitChange(uint64_t version, Time until) const = 0;
};

}  // namespace realise
