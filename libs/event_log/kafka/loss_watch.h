// Whether records that a topic no longer shows are gone for good.
//
// A broker that lost power comes back without records that the others have.  Until it hears that it leads its
// topics no more, it says of each that it is out of range, to whoever still takes it for the leader (seen on
// Kafka 4.0, found by tools/torture).  So what a replicated topic does not show counts as gone once it was
// found so again and again for longer than it takes a cluster to agree on its leaders.  Pure.  Not
// thread-safe.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <utility>

#include "libs/event_log/event_log.h"

namespace realise {

class LossWatch {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // Kafka gives a broker up that was silent for nine seconds, unless it is told otherwise.
  static constexpr std::chrono::seconds kConfirmedAfter{10};
  // What was not looked for in so long begins anew.
  static constexpr std::chrono::seconds kForgottenAfter{5};
  // More are not watched at a time: then the oldest begins anew.
  static constexpr size_t kWatchedMax = 10'000;

  // A record was not there, now.  Whether it counts as gone.
  [[nodiscard]] bool Missed(const std::string& topic, Address address, Time now);
  // It was there.
  void Seen(const std::string& topic, Address address) { missing_.erase({topic, address}); }

 private:
  struct Missing {
    Time since;
    Time last;
  };
  std::map<std::pair<std::string, Address>, Missing> missing_;
};

}  // namespace realise
