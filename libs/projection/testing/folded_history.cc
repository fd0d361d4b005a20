#include "libs/projection/testing/folded_history.h"

#include <cstdio>
#include <cstdlib>

#include "libs/base/sha256.h"
#include "realise/v1/commit.pb.h"

namespace realise::testing {

FoldedHistory::FoldedHistory() : fold_("RH5", 1), now_(*ParseInstant("2023-04-01")) { Add({}); }

std::string FoldedHistory::Add(std::vector<v1::Event> events) {
  CommitHeader header;
  header.ledger_id.bytes.fill(7);
  if (!stored_.empty()) header.previous = Sha256(stored_.back());
  header.first_sequence = events_.size() + 1;
  header.event_count = static_cast<uint32_t>(events.size());
  header.recorded_at = now_;
  v1::CommitBody body;
  for (v1::Event& event : events) {
    event.set_stream_version(++streams_[event.stream()]);
    events_.push_back({event, now_});
    *body.add_events() = std::move(event);
  }
  stored_.push_back(EncodeCommit(header, body.SerializeAsString()));
  now_ += std::chrono::hours(1);
  if (const absl::Status folded = fold_.Add(stored_.back()); !folded.ok()) {
    std::fprintf(stderr, "%s\n", folded.ToString().c_str());
    std::abort();
  }
  return Receipt{"RH5", fold_.Latest().sequence, fold_.Latest().digest}.ToString();
}

std::string FoldedHistory::AddEach(const std::vector<v1::Event>& events) {
  std::string receipt;
  for (const v1::Event& event : events) receipt = Add({event});
  return receipt;
}

EventLookup FoldedHistory::Lookup() const {
  return [this](const std::vector<Sequence>& sequences) -> absl::StatusOr<std::vector<RecordedEvent>> {
    std::vector<RecordedEvent> events;
    for (const Sequence sequence : sequences) {
      if (sequence == 0 || sequence > events_.size()) return absl::NotFoundError("no such event");
      events.push_back(events_[sequence - 1]);
    }
    return events;
  };
}

}  // namespace realise::testing
