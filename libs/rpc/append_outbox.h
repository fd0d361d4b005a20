// The batches of one stream from their arrival to their answer, in order.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <vector>

#include "realise/v1/append_service.pb.h"

namespace realise {

// Of one stream: batches that are not yet answered.  Beyond either, the stream is no longer read.
inline constexpr size_t kStreamBatchesMax = 64;
inline constexpr size_t kStreamBytesMax = 8 * 1024 * 1024;

// Thread-safe.
class AppendOutbox {
 public:
  using Slot = uint64_t;   // the number of a batch in its stream
  using Route = uint64_t;  // the number of a way that batches are sent; answers of earlier ones do not count

  struct Unanswered {
    Slot slot = 0;
    v1::AppendRequest append;
  };

  // Waits until there is room for one more batch.
  void AwaitRoom();
  // Takes a batch in; `kept` is what Unanswered gives back.  Nothing once it drains.  REQUIRES: AwaitRoom()
  // before.
  std::optional<Slot> Add(uint64_t batch_id, size_t bytes, v1::AppendRequest kept);
  // The caller, or the reader, ended the stream: no more batches will be added.
  void NoMore();
  // No further batch is to be taken: the end comes when those taken are answered.
  void Drain();
  // Waits for NoMore; whether it came.
  bool AwaitNoMore(std::chrono::milliseconds wait_max);

  // From now on only answers of the route that is returned count.
  Route NewRoute();
  // Copies of all batches without an answer, in order.
  [[nodiscard]] std::vector<Unanswered> AllUnanswered() const;
  // Answers a batch; its batch_id is filled in.
  void Fill(Route route, Slot slot, v1::AppendStreamResponse response);
  // The route will answer no more.
  void Break(Route route);
  // Breaks whatever route there is.
  void Break();
  // Answers every batch that has none as failed.
  void FailAll(const v1::BatchFailure& failure);

  enum class Event { kAnswer, kBroken, kEnd };
  // Waits for what comes next: an answer to the first batch that has not been taken, or a route that is
  // broken while answers are missing, or the end of all.
  [[nodiscard]] Event Await();
  // REQUIRES: Await() returned kAnswer.
  v1::AppendStreamResponse Take();
  // Whether a batch was answered since the last call.
  bool TakeProgress();

 private:
  struct Batch {
    uint64_t batch_id = 0;
    size_t bytes = 0;
    v1::AppendRequest kept;
    std::optional<v1::AppendStreamResponse> response;
  };

  void FillLocked(Batch& batch, v1::AppendStreamResponse response);

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Batch> batches_;
  Slot first_ = 0;  // number of batches_.front()
  size_t bytes_ = 0;
  Route route_ = 0;
  bool broken_ = false;
  bool progress_ = false;
  bool no_more_ = false;
  bool draining_ = false;
};

}  // namespace realise
