// Values that were read for earlier questions and never change.
#pragma once

#include <cstdint>
#include <iterator>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"

namespace realise {

// Each belongs to a series, in which it begins somewhere.  Keeps those that were used last.  Thread-safe.
template <typename Value>
class RecentValues {
 public:
  // `bytes_max`: of all that is kept, about.
  explicit RecentValues(size_t bytes_max) : bytes_max_(bytes_max) {}

  // The last one of a series that begins at or before `at`.   Nothing if none of those is kept.
  std::optional<Value> FindUpTo(const std::string& series, uint64_t at) {
    const std::lock_guard lock(mutex_);
    const auto found = series_.find(series);
    if (found == series_.end()) return std::nullopt;
    const auto behind = found->second.upper_bound(at);
    if (behind == found->second.begin()) return std::nullopt;
    const auto kept = std::prev(behind)->second;
    kept_.splice(kept_.begin(), kept_, kept);
    return kept->value;
  }

  // The first one of a series that begins behind `at`.  It does not count as used.   Nothing if none is kept.
  std::optional<Value> FindBehind(const std::string& series, uint64_t at) const {
    const std::lock_guard lock(mutex_);
    const auto found = series_.find(series);
    if (found == series_.end()) return std::nullopt;
    const auto behind = found->second.upper_bound(at);
    if (behind == found->second.end()) return std::nullopt;
    return behind->second->value;
  }

  // In place of the one that began there before.  `bytes`: of the value, about.
  void Keep(const std::string& series, uint64_t from, Value value, size_t bytes) {
    const std::lock_guard lock(mutex_);
    LetGoLocked(series, from);
    bytes += kEntryBytes + series.size();
    bytes_ += bytes;
    const auto at = series_.try_emplace(series).first;
    kept_.push_front({at->first, from, std::move(value), bytes});
    at->second.emplace(from, kept_.begin());
    while (bytes_ > bytes_max_) LetGoLocked(kept_.back().series, kept_.back().from);
  }

  // What is kept, about.
  size_t bytes() const {
    const std::lock_guard lock(mutex_);
    return bytes_;
  }

 private:
  static constexpr size_t kEntryBytes = 256;
  struct Kept {
    std::string series;
    uint64_t from = 0;
    Value value;
    size_t bytes = 0;
  };
  using Series = std::map<uint64_t, typename std::list<Kept>::iterator>;

  void LetGoLocked(const std::string& series, uint64_t from) {
    const auto of = series_.find(series);
    if (of == series_.end()) return;
    const auto at = of->second.find(from);
    if (at == of->second.end()) return;
    bytes_ -= at->second->bytes;
    kept_.erase(at->second);
    of->second.erase(at);
    if (of->second.empty()) series_.erase(of);
  }

  const size_t bytes_max_;
  mutable std::mutex mutex_;
  // Below: guarded by mutex_.
  std::list<Kept> kept_;  // the one used last first
  absl::flat_hash_map<std::string, Series> series_;
  size_t bytes_ = 0;
};

}  // namespace realise
