#include "tests/torture/history_index.h"

#include <algorithm>

#include "fmt/format.h"

namespace realise::torture {

PublishedName NameOf(const v1::Event& event) { return {event.source(), event.id()}; }

std::string ContentOf(const v1::Event& event) {
  v1::Event sent = event;
  sent.clear_stream_version();
  return sent.SerializeAsString();
}

LogIndex::LogIndex(const LogReading& reading) : reading_(reading) {
  for (size_t commit = 0; commit < reading.commits.size(); ++commit) {
    const LoggedCommit& logged = reading.commits[commit];
    receipts_.emplace(logged.receipt, commit);
    positions_.emplace(logged.receipt, logged.last_sequence);
    positions_.emplace(fmt::format("{}@{}", reading.ledger, logged.last_sequence), logged.last_sequence);
    for (const v1::Event& event : logged.events) {
      events_.push_back(&event);
      commits_.push_back(commit);
      names_.emplace(NameOf(event), events_.size());
      streams_[event.stream()].push_back(events_.size());
    }
  }
}

std::optional<uint64_t> LogIndex::Find(const PublishedName& name) const {
  const auto at = names_.find(name);
  return at == names_.end() ? std::nullopt : std::optional(at->second);
}

std::optional<uint64_t> LogIndex::FindSame(const v1::Event& event) const {
  std::optional<uint64_t> sequence = Find(NameOf(event));
  if (!sequence || ContentOf(At(*sequence)) != ContentOf(event)) return std::nullopt;
  return sequence;
}

uint64_t LogIndex::VersionAt(const std::string& stream, uint64_t sequence) const {
  const auto at = streams_.find(stream);
  if (at == streams_.end()) return 0;
  return static_cast<uint64_t>(std::upper_bound(at->second.begin(), at->second.end(), sequence) -
                               at->second.begin());
}

std::optional<size_t> LogIndex::Pinned(const std::string& receipt) const {
  const auto at = receipts_.find(receipt);
  return at == receipts_.end() ? std::nullopt : std::optional(at->second);
}

std::optional<uint64_t> LogIndex::PositionOf(const std::string& text) const {
  const auto at = positions_.find(text);
  return at == positions_.end() ? std::nullopt : std::optional(at->second);
}

void ToldPositions::Sort() {
  std::sort(told_.begin(), told_.end());
  uint64_t greatest = 0;
  for (auto& [when, position] : told_) position = greatest = std::max(greatest, position);
}

uint64_t ToldPositions::Before(Moment moment) const {
  const auto behind = std::lower_bound(told_.begin(), told_.end(), std::pair(moment, uint64_t{0}));
  return behind == told_.begin() ? 0 : std::prev(behind)->second;
}

}  // namespace realise::torture
