// A generated history as the batches of an append stream.
#pragma once

#include <cstdint>
#include <string>

#include "tests/bench/generated_history.h"
#include "tests/bench/load_client.h"

namespace realise::bench {

// Made as they are asked for, kEventsPerCommit events each.
[[nodiscard]] BatchSource GeneratedBatches(const std::string& ledger, uint64_t events, uint64_t seed = kSeed);

// The same, made before the first is asked for, so that only their sending takes time.
[[nodiscard]] BatchSource PreparedBatches(const std::string& ledger, uint64_t events);

}  // namespace realise::bench
