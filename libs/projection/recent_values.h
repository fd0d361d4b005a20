// Values that were read for earlier questions and never change.
#pragma once

#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"

namespace realise {

// Keeps those that were used last.  Thread-safe.
template <typename Value>
class RecentValues {
 public:
  // `bytes_max`: of all that is kept, about.
  explicit RecentValues(size_t bytes_max) : bytes_max_(bytes_max) {}

  // Nothing if it is not kept.
  std::optional<Value> Find(const std::string& key) {
    const std::lock_guard lock(mutex_);
    const auto found = by_key_.find(key);
    if (found == by_key_.end()) return std::nullopt;
    kept_.splice(kept_.begin(), kept_, found->second);
    return found->second->value;
  }

  // `bytes`: of the value, about.   REQUIRES: a value that was kept for this key before is the same.
  void Keep(std::string key, Value value, size_t bytes) {
    const std::lock_guard lock(mutex_);
    const auto [at, added] = by_key_.try_emplace(key);
    if (!added) return;
    bytes += kEntryBytes + 2 * key.size();
    bytes_ += bytes;
    kept_.push_front({std::move(key), std::move(value), bytes});
    at->second = kept_.begin();
    while (bytes_ > bytes_max_) {
      bytes_ -= kept_.back().bytes;
      by_key_.erase(kept_.back().key);
      kept_.pop_back();
    }
  }

  // What is kept, about.
  size_t bytes() const {
    const std::lock_guard lock(mutex_);
    return bytes_;
  }

 private:
  static constexpr size_t kEntryBytes = 256;
  struct Kept {
    std::string key;
    Value value;
    size_t bytes = 0;
  };

  const size_t bytes_max_;
  mutable std::mutex mutex_;
  // Below: guarded by mutex_.
  std::list<Kept> kept_;  // the one used last first
  absl::flat_hash_map<std::string, typename std::list<Kept>::iterator> by_key_;
  size_t bytes_ = 0;
};

}  // namespace realise
