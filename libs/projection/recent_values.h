// Values that were read for earlier questions and never change.
#pragma once

#include <iterator>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace realise {

// Keeps those that were used last.  Thread-safe.
template <typename Value>
class RecentValues {
 public:
  // `bytes_max`: of all that is kept, about.
  explicit RecentValues(size_t bytes_max) : bytes_max_(bytes_max) {}

  // Nothing if it is not kept.
  std::optional<Value> Find(std::string_view key) {
    const std::lock_guard lock(mutex_);
    const auto found = by_key_.find(key);
    if (found == by_key_.end()) return std::nullopt;
    return UseLocked(found);
  }

  // The value of the last key at or before `key` that is as long and begins with the same `same` bytes.
  // Nothing if none of those that begin so is kept.
  std::optional<Value> FindUpTo(std::string_view key, size_t same) {
    const std::lock_guard lock(mutex_);
    const auto behind = by_key_.upper_bound(key);
    if (behind == by_key_.begin()) return std::nullopt;
    const auto found = std::prev(behind);
    if (found->first.size() != key.size() || found->first.substr(0, same) != key.substr(0, same)) {
      return std::nullopt;
    }
    return UseLocked(found);
  }

  // In place of the value that was kept for this key before.  `bytes`: of the value, about.
  void Keep(std::string key, Value value, size_t bytes) {
    const std::lock_guard lock(mutex_);
    if (const auto before = by_key_.find(key); before != by_key_.end()) LetGoLocked(before);
    bytes += kEntryBytes + key.size();
    bytes_ += bytes;
    kept_.push_front({std::move(key), std::move(value), bytes});
    by_key_.emplace(kept_.front().key, kept_.begin());
    while (bytes_ > bytes_max_) LetGoLocked(by_key_.find(kept_.back().key));
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

  using ByKey = std::map<std::string_view, typename std::list<Kept>::iterator>;

  Value UseLocked(typename ByKey::iterator at) {
    kept_.splice(kept_.begin(), kept_, at->second);
    return at->second->value;
  }

  void LetGoLocked(typename ByKey::iterator at) {
    const auto kept = at->second;
    bytes_ -= kept->bytes;
    by_key_.erase(at);
    kept_.erase(kept);
  }

  const size_t bytes_max_;
  mutable std::mutex mutex_;
  // Below: guarded by mutex_.
  std::list<Kept> kept_;  // the one used last first
  ByKey by_key_;          // views of the keys in kept_
  size_t bytes_ = 0;
};

}  // namespace realise
