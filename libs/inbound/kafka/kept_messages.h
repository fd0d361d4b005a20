// Rejected messages: reading what is kept, and publishing it again.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "absl/status/statusor.h"
#include "libs/inbound/kafka/inbound_topics.h"
#include "libs/inbound/outcome.h"

namespace realise {

// What one replay holds at most.
inline constexpr size_t kReplayMessagesMax = 100'000;
inline constexpr size_t kReplayBytesMax = 256 * 1024 * 1024;

// Calls `each` for every copy that is there now and is selected, partition by partition, until it returns
// false.
//   NOT_FOUND    there is no such topic.
//   UNAVAILABLE  the cluster does not answer; call again.
[[nodiscard]] absl::Status ReadKeptMessages(
    const InboundCluster& cluster, const InboundTopics& topics, const KeptSelection& selection,
    const std::function<bool(const KeptMessage&, const ReadMessage&)>& each);

struct Replay {
  std::vector<KeptMessage> messages;  // in the order in which they were published first
  uint64_t same = 0;                  // left out: the same message is kept more than once
  uint64_t without_value = 0;         // left out: too large to be kept
};

// What a replay would publish.
//   RESOURCE_EXHAUSTED  more than the limits; select less, by time for example.
//   as ReadKeptMessages.
[[nodiscard]] absl::StatusOr<Replay> PlanReplay(const InboundCluster& cluster, const InboundTopics& topics,
                                                const KeptSelection& selection);

// Publishes them again to the inbound topic as they were, each to its partition.  Doing it twice changes
// nothing in a ledger, which knows the ids.
//   UNAVAILABLE  some may not have arrived; call again.
[[nodiscard]] absl::Status SendReplay(const InboundCluster& cluster, const InboundTopics& topics,
                                      const Replay& replay);

}  // namespace realise
