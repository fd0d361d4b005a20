// What many ledgers of very different size in one process cost, and whether they leave each other alone.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/event_log/event_log.h"
#include "tests/bench/generated_ledger.h"
#include "tests/bench/load_steps.h"
#include "tests/support/server_process.h"

namespace realise::bench {

struct ManyLedgers {
  int ledgers = 0;
  uint64_t events = 0;  // of all together
  int calls = 0;
  std::string log;  // what it is called in the table
  // Behind every ledger's code: other runs' ledgers may be in the same log.   At most six characters.
  std::string run;
  // Opens the log while no server has it.
  std::function<absl::StatusOr<std::unique_ptr<EventLog>>()> open_log;
  // Starts a server on it, on the same data each time.
  std::function<absl::StatusOr<std::unique_ptr<ServerProcess>>()> serve;
  uint64_t empty_mib = 0;  // of a server without a ledger
};

// Start until all are folded, start again, memory; then single appends to eight ledgers by a caller each,
// with and without another ledger being loaded in bulk.
[[nodiscard]] absl::Status MeasureManyLedgers(const ManyLedgers& many, Rows& rows);

}  // namespace realise::bench
