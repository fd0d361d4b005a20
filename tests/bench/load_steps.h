// What realise_load measures of a running server, each with its floor beside it.  Every function adds rows.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tests/bench/generated_ledger.h"
#include "tests/bench/load_client.h"
#include "tests/bench/result_table.h"

namespace realise::bench {

using Rows = std::vector<ResultRow>;

// A board's figures, latest and as at the middle of the generated ledger, beside the empty unary call.
[[nodiscard]] absl::Status MeasureQueries(const std::string& address, const LedgerSize& size, int calls,
                                          Rows& rows);

// What makes one value of an event's size durable without anything around it, from `callers` threads.
struct DurableFloor {
  std::string log;   // "embedded log", "Kafka"
  std::string name;  // "synced put", "acks=all produce"
  std::function<absl::StatusOr<CallTimes>(int callers, int each)> time;
};

// Single appends by one caller and by sixteen, beside the empty unary call and the durable floor; then how
// long after the answer an append is in a query's answer.  The ledger is created.
[[nodiscard]] absl::Status MeasureAppends(const std::string& address, const std::string& ledger, int calls,
                                          const DurableFloor& durable, Rows& rows);

// A generated history as batches of a stream.
[[nodiscard]] std::vector<v1::AppendStreamRequest> BulkBatches(const std::string& ledger, uint64_t events);

}  // namespace realise::bench
