// A generated history as the batches of an append stream.
#pragma once

#include <cstdint>
#include <string>

#include "tests/bench/generated_history.h"
#include "tests/bench/load_client.h"

namespace realise::bench {

// Made as they are asked for, kEventsPerCommit events each.
[[nodiscard]] BatchSource GeneratedBatches(const std::string& ledger, uint64_t events, uint64_t seed = kSeed);

// The next ones of `batches`, with `events` or, in whole batches, a few more, made before the first is asked
// for, so that only their sending takes time.  They take some 1 KB of memory an event.
[[nodiscard]] BatchSource PreparedBatches(const BatchSource& batches, uint64_t events);

}  // namespace realise::bench
