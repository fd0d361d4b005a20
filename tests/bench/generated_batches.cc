#include "tests/bench/generated_batches.h"

#include <memory>
#include <utility>
#include <vector>

#include "tests/bench/generated_ledger.h"

namespace realise::bench {

BatchSource GeneratedBatches(const std::string& ledger, uint64_t events, uint64_t seed) {
  return [ledger, history = GeneratedHistory(seed, events), id = uint64_t{0},
          event = v1::Event()](v1::AppendStreamRequest& batch) mutable {
    batch.Clear();
    batch.set_batch_id(id++);
    v1::AppendRequest& append = *batch.mutable_append();
    append.set_ledger(ledger);
    while (append.events_size() < kEventsPerCommit && history.Next(event)) {
      *append.add_events() = std::move(event);
    }
    return !append.events().empty();
  };
}

BatchSource PreparedBatches(const std::string& ledger, uint64_t events) {
  std::vector<v1::AppendStreamRequest> batches;
  const BatchSource generated = GeneratedBatches(ledger, events);
  for (v1::AppendStreamRequest batch; generated(batch);) batches.push_back(std::move(batch));
  return [batches = std::move(batches), next = size_t{0}](v1::AppendStreamRequest& batch) mutable {
    if (next == batches.size()) return false;
    batch = std::move(batches[next++]);
    return true;
  };
}

}  // namespace realise::bench
