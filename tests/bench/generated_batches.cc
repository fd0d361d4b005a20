#include "tests/bench/generated_batches.h"

#include <google/protobuf/arena.h>

#include <memory>
#include <utility>
#include <vector>

#include "tests/bench/generated_ledger.h"

namespace realise::bench {

BatchSource GeneratedBatches(const std::string& ledger, uint64_t events, uint64_t seed) {
  return [ledger, history = GeneratedHistory(seed, events), id = uint64_t{0}, event = v1::Event()]() mutable {
    auto arena = std::make_shared<google::protobuf::Arena>();
    auto* batch = google::protobuf::Arena::CreateMessage<v1::AppendStreamRequest>(arena.get());
    batch->set_batch_id(id++);
    v1::AppendRequest& append = *batch->mutable_append();
    append.set_ledger(ledger);
    while (append.events_size() < kEventsPerCommit && history.Next(event)) *append.add_events() = event;
    return append.events().empty() ? Batch() : Batch(std::move(arena), batch);
  };
}

BatchSource PreparedBatches(const BatchSource& batches, uint64_t events) {
  std::vector<Batch> prepared;
  while (prepared.size() * kEventsPerCommit < events) {
    Batch batch = batches();
    if (!batch) break;
    prepared.push_back(std::move(batch));
  }
  // Their memory is given back with the source, not while they are appended: making them is not measured
  // either.
  return [prepared = std::move(prepared), next = size_t{0}]() mutable {
    return next == prepared.size() ? Batch() : prepared[next++];
  };
}

}  // namespace realise::bench
