// What realise_load measures of a running server, each with its floor beside it.  Every function adds rows.
#pragma once

#include <sys/types.h>

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

// Creates the ledger, with something to claim against in it; and a claim of it.
[[nodiscard]] absl::Status BeginClaims(LoadClient& client, const std::string& ledger);
[[nodiscard]] v1::AppendRequest OneClaim(const std::string& ledger, const std::string& id);

// "p50 0.8 ms, p99 1.5 ms"; and how often the ones are the others.
[[nodiscard]] std::string ShowTimes(const CallTimes& measured);
[[nodiscard]] std::string ShowRatios(const CallTimes& measured, const CallTimes& floor);

// Resident memory of a process, in MiB.
[[nodiscard]] uint64_t ResidentMiB(pid_t pid);
// The CPU that a process took up to now, on all cores.
[[nodiscard]] double ProcessorSeconds(pid_t pid);

}  // namespace realise::bench
