// Appends a ledger's events one by one, each folded in a transaction of its own.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "tests/bench/peers/postgresql/append.h"
#include "tests/bench/peers/postgresql/ledger_events.h"

namespace realise::peers {

struct SingleAppends {
  std::vector<double> seconds;  // of each
  double wall = 0;
};

// Appends the next `count` events over `connections` at once, behind what `before` has appended; each caller
// waits for its last before it sends its next.  What an event changes is worked out before the clock runs.
[[nodiscard]] absl::StatusOr<SingleAppends> AppendSingly(const Database& database, int connections,
                                                         BatchAppender& before, LedgerEvents& events,
                                                         uint64_t count);

}  // namespace realise::peers
