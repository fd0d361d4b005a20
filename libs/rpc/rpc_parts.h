// What a process has to serve with; which services it serves follows from it.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "libs/base/clock.h"
#include "libs/event_log/event_log.h"
#include "libs/fleet/placement.h"
#include "libs/ledger/ledger_writers.h"
#include "libs/projection/projection.h"
#include "libs/rpc/rpc_calls.h"

namespace realise {

// A part of the process that gRPC health tells of under a name of its own: "inbound".
struct NamedHealth {
  std::string name;
  std::function<absl::Status()> health;  // thread-safe, at once
};

// Everything must outlive the server.
struct RpcParts {
  EventLog& log;
  const Clock& clock;
  // Appending, and of the ledgers creating them and correcting their clocks; null if this process does not.
  LedgerWriters* writers = nullptr;
  // Which process writes which ledger, where several do; null if this is the only one.
  const Placement* placement = nullptr;
  // Figures, and of the ledgers how they fare; null if this process does not fold.
  const Projection* projection = nullptr;
  // History, raw commits and receipts, straight from the log.
  bool audit = false;
  // Where calls are counted; null if they are not.
  RpcCalls* calls = nullptr;
  // Whether the log answers; null if it always does.  While not, what needs it is not healthy.
  std::function<bool()> log_reachable{};
  // What else may be well or not.  No service stops serving for it.
  std::vector<NamedHealth> named_health{};
};

}  // namespace realise
