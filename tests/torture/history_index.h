// What the checker looks up: where things stand in the log, what was sent, and what was told when.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "tests/torture/history.h"
#include "tests/torture/log_reading.h"

namespace realise::torture {

// Source and id.
using PublishedName = std::pair<std::string, std::string>;
[[nodiscard]] PublishedName NameOf(const v1::Event& event);
// As the publisher sent it.
[[nodiscard]] std::string ContentOf(const v1::Event& event);

// The log by name, stream, sequence and receipt.  The reading must outlive it.
class LogIndex {
 public:
  explicit LogIndex(const LogReading& reading);

  uint64_t last_sequence() const { return events_.size(); }
  const v1::Event& At(uint64_t sequence) const { return *events_.at(sequence - 1); }
  // Which commit, from 0.
  size_t CommitOf(uint64_t sequence) const { return commits_.at(sequence - 1); }
  // Where the event of this name stands first; nothing if it is not there.
  std::optional<uint64_t> Find(const PublishedName& name) const;
  // The same, if its content is the same.
  std::optional<uint64_t> FindSame(const v1::Event& event) const;
  // How many events of the stream stand at or before this sequence.
  uint64_t VersionAt(const std::string& stream, uint64_t sequence) const;
  // The commit that a receipt pins, or nothing.
  std::optional<size_t> Pinned(const std::string& receipt) const;
  // The position that a receipt or position text names; nothing if no commit ends there.
  std::optional<uint64_t> PositionOf(const std::string& text) const;

  const LogReading& reading() const { return reading_; }

 private:
  const LogReading& reading_;
  std::vector<const v1::Event*> events_;
  std::vector<size_t> commits_;
  std::map<PublishedName, uint64_t> names_;
  std::unordered_map<std::string, std::vector<uint64_t>> streams_;
  std::unordered_map<std::string, size_t> receipts_;
  std::unordered_map<std::string, uint64_t> positions_;  // receipts, and positions without a digest
};

// What was told up to a moment: the greatest position.
class ToldPositions {
 public:
  void Tell(Moment when, uint64_t position) { told_.emplace_back(when, position); }
  // Call it once, behind the last Tell and before the first Before.
  void Sort();
  // The greatest position that was told before this moment; 0 if none.
  uint64_t Before(Moment moment) const;

 private:
  std::vector<std::pair<Moment, uint64_t>> told_;
};

}  // namespace realise::torture
