// Events with the simulated times at which they are recorded.
#pragma once

#include <string>
#include <vector>

#include "libs/base/calendar.h"
#include "realise/v1/append_service.pb.h"
#include "realise/v1/event.pb.h"

namespace realise::demo {

class Timeline {
 public:
  void Add(Instant at, v1::Event event) { events_.push_back({at, std::move(event)}); }

  // One request for each time, times rising; events of one time in the order in which they were added.
  [[nodiscard]] std::vector<v1::AppendRequest> Requests(const std::string& ledger) const;

 private:
  struct Timed {
    Instant at;
    v1::Event event;
  };
  std::vector<Timed> events_;
};

// A time of a day.
[[nodiscard]] Instant At(Date day, int hour, int minute = 0);

// One line of JSON.
[[nodiscard]] std::string ToJsonLine(const v1::AppendRequest& request);

}  // namespace realise::demo
