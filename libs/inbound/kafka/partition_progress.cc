#include "libs/inbound/kafka/partition_progress.h"

#include <algorithm>

namespace realise {

void PartitionProgress::Take(int64_t offset) { open_.push_back({offset, false}); }

void PartitionProgress::Done(int64_t offset) {
  const auto at = std::lower_bound(open_.begin(), open_.end(), offset,
                                   [](const Taken& taken, int64_t wanted) { return taken.offset < wanted; });
  if (at == open_.end() || at->offset != offset) return;
  at->done = true;
  while (!open_.empty() && open_.front().done) {
    next_ = open_.front().offset + 1;
    open_.pop_front();
  }
}

std::optional<int64_t> PartitionProgress::ToCommit() {
  if (!next_ || next_ == asked_) return std::nullopt;
  asked_ = next_;
  return next_;
}

void PartitionProgress::NoteCommit(int64_t offset, bool failed) {
  if (!failed) {
    committed_ = offset;
  } else if (asked_ == offset) {
    asked_ = committed_;
  }
}

}  // namespace realise
