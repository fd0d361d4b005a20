// What an append stream still owes its caller.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

#include "realise/v1/append_service.pb.h"

namespace realise {

// Of one stream: batches that are not yet answered.  Beyond either, the stream is no longer read.
inline constexpr size_t kStreamBatchesMax = 64;
inline constexpr size_t kStreamBytesMax = 8 * 1024 * 1024;

// The answers of one append stream, given in the order of the batches.  Thread-safe.
class AppendOutbox {
 public:
  // Waits until there is room for a batch of `bytes`; then takes a slot for it.
  uint64_t Reserve(size_t bytes) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] {
      return slots_.size() < kStreamBatchesMax && (bytes_ < kStreamBytesMax || slots_.empty());
    });
    bytes_ += bytes;
    slots_.push_back(Slot{.bytes = bytes, .response = std::nullopt});
    return first_ + slots_.size() - 1;
  }

  // Gives the answer of a slot.
  void Fill(uint64_t slot, v1::AppendStreamResponse response) {
    const std::lock_guard lock(mutex_);
    slots_[slot - first_].response = std::move(response);
    changed_.notify_all();
  }

  // The caller, or the reader, ended the stream.
  void NoMore() {
    const std::lock_guard lock(mutex_);
    no_more_ = true;
    changed_.notify_all();
  }

  // No further batch is to be taken: Next ends when those taken are answered.
  void Drain() {
    const std::lock_guard lock(mutex_);
    draining_ = true;
    changed_.notify_all();
  }

  // Waits for NoMore; whether it came.
  bool AwaitNoMore(std::chrono::milliseconds wait_max) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, wait_max, [this] { return no_more_; });
  }

  bool draining() const {
    const std::lock_guard lock(mutex_);
    return draining_;
  }

  // Waits for the next answer; nothing when all have been given.
  std::optional<v1::AppendStreamResponse> Next() {
    std::unique_lock lock(mutex_);
    changed_.wait(
        lock, [&] { return slots_.empty() ? no_more_ || draining_ : slots_.front().response.has_value(); });
    if (slots_.empty()) return std::nullopt;
    Slot slot = std::move(slots_.front());
    slots_.pop_front();
    ++first_;
    bytes_ -= slot.bytes;
    changed_.notify_all();
    return std::move(slot.response);
  }

 private:
  struct Slot {
    size_t bytes = 0;
    std::optional<v1::AppendStreamResponse> response;
  };

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Slot> slots_;
  uint64_t first_ = 0;  // number of slots_.front()
  size_t bytes_ = 0;
  bool no_more_ = false;
  bool draining_ = false;
};

}  // namespace realise
