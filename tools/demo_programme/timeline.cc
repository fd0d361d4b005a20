#include "tools/demo_programme/timeline.h"

#include <google/protobuf/util/json_util.h>

#include <algorithm>

namespace realise::demo {

std::vector<v1::AppendRequest> Timeline::Requests(const std::string& ledger) const {
  std::vector<const Timed*> sorted;
  for (const Timed& event : events_) sorted.push_back(&event);
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const Timed* a, const Timed* b) { return a->at < b->at; });
  std::vector<v1::AppendRequest> requests;
  const Timed* before = nullptr;
  for (const Timed* event : sorted) {
    if (before == nullptr || before->at != event->at) {
      requests.emplace_back().set_ledger(ledger);
      requests.back().set_simulated_time(FormatInstant(event->at));
    }
    *requests.back().add_events() = event->event;
    before = event;
  }
  return requests;
}

Instant At(Date day, int hour, int minute) {
  return Instant(day) + std::chrono::hours(hour) + std::chrono::minutes(minute);
}

std::string ToJsonLine(const v1::AppendRequest& request) {
  std::string json;
  // Fails only for Any and Timestamp fields, which events do not have.
  const auto status = google::protobuf::util::MessageToJsonString(request, &json);
  if (!status.ok()) std::abort();
  return json;
}

}  // namespace realise::demo
