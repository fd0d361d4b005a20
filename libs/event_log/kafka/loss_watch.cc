#include "libs/event_log/kafka/loss_watch.h"

#include <algorithm>

namespace realise {

bool LossWatch::Missed(const std::string& topic, Address address, Time now) {
  const auto [found, first] = missing_.try_emplace({topic, address}, Missing{now, now});
  Missing& missing = found->second;
  if (now - missing.last > kForgottenAfter) missing.since = now;
  missing.last = now;
  const bool gone = now - missing.since >= kConfirmedAfter;
  if (missing_.size() > kWatchedMax) {
    missing_.erase(std::min_element(missing_.begin(), missing_.end(), [](const auto& one, const auto& other) {
      return one.second.last < other.second.last;
    }));
  }
  return gone;
}

}  // namespace realise
