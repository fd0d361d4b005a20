// What may be done to a ledger's topic behind everybody's back, as a table.  None of it can be healed: the
// ledger has to stop, loudly, on every server, and all others go on.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "tests/torture/round.h"
#include "tests/torture/topic_surgeon.h"
#include "tests/torture/world.h"

namespace realise::torture {

struct TopicFault {
  std::string name;
  // Settings are looked at when a server starts.
  bool seen_at_start_only = false;
  // `records` are the topic's own, at least three.
  std::function<absl::Status(const TopicSurgeon&, const std::string& ledger,
                             std::vector<std::string> records)>
      act;
};

[[nodiscard]] std::vector<TopicFault> AllTopicFaults();

// On Kafka.  A ledger of its own is founded, its topic changed while every server sleeps, and then every
// server has to say that it stopped.
[[nodiscard]] RoundResult RunTopicRound(World& world, const TopicFault& fault, const RoundOptions& options);

}  // namespace realise::torture
