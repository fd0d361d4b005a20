// How far a partition is done: messages finish in any order, and the place that is committed is behind the
// last of those that are done without a gap.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

namespace realise {

// Not thread-safe.
class PartitionProgress {
 public:
  // REQUIRES: a higher offset than that of every earlier call.
  void Take(int64_t offset);
  // REQUIRES: it was taken.  Doing it twice changes nothing.
  void Done(int64_t offset);

  // Taken and not yet behind `next`.
  size_t open() const { return open_.size(); }
  // Where somebody else would have to go on: behind the last message without an earlier one that is not done.
  // Nothing if none is.
  std::optional<int64_t> next() const { return next_; }

  // The group stands there already.
  void StartAt(int64_t offset) { committed_ = asked_ = offset; }
  // What the group is to be told now: `next`, unless it was told.
  [[nodiscard]] std::optional<int64_t> ToCommit();
  // What became of it.  If it failed, it is told again.
  void NoteCommit(int64_t offset, bool failed);
  // Where the group stands, as far as it said.
  std::optional<int64_t> committed() const { return committed_; }

 private:
  struct Taken {
    int64_t offset = 0;
    bool done = false;
  };
  std::deque<Taken> open_;
  std::optional<int64_t> next_;
  std::optional<int64_t> asked_;
  std::optional<int64_t> committed_;
};

}  // namespace realise
