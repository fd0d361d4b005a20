#include "libs/rpc/append_outbox.h"

#include <utility>

namespace realise {

void AppendOutbox::AwaitRoom() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] {
    return batches_.size() < kStreamBatchesMax && (bytes_ < kStreamBytesMax || batches_.empty());
  });
}

std::optional<AppendOutbox::Slot> AppendOutbox::Add(uint64_t batch_id, size_t bytes, v1::AppendRequest kept) {
  const std::lock_guard lock(mutex_);
  if (draining_) return std::nullopt;
  bytes_ += bytes;
  batches_.push_back(
      {.batch_id = batch_id, .bytes = bytes, .kept = std::move(kept), .response = std::nullopt});
  return first_ + batches_.size() - 1;
}

void AppendOutbox::NoMore() {
  const std::lock_guard lock(mutex_);
  no_more_ = true;
  changed_.notify_all();
}

void AppendOutbox::Drain() {
  const std::lock_guard lock(mutex_);
  draining_ = true;
  changed_.notify_all();
}

bool AppendOutbox::AwaitNoMore(std::chrono::milliseconds wait_max) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, wait_max, [this] { return no_more_; });
}

AppendOutbox::Route AppendOutbox::NewRoute() {
  const std::lock_guard lock(mutex_);
  broken_ = false;
  return ++route_;
}

std::vector<AppendOutbox::Unanswered> AppendOutbox::AllUnanswered() const {
  const std::lock_guard lock(mutex_);
  std::vector<Unanswered> unanswered;
  for (size_t i = 0; i < batches_.size(); ++i) {
    if (!batches_[i].response) unanswered.push_back({.slot = first_ + i, .append = batches_[i].kept});
  }
  return unanswered;
}

void AppendOutbox::FillLocked(Batch& batch, v1::AppendStreamResponse response) {
  response.set_batch_id(batch.batch_id);
  batch.response = std::move(response);
  progress_ = true;
}

void AppendOutbox::Fill(Route route, Slot slot, v1::AppendStreamResponse response) {
  const std::lock_guard lock(mutex_);
  // Another process may answer anything.
  if (route != route_ || slot < first_ || slot - first_ >= batches_.size()) return;
  Batch& batch = batches_[slot - first_];
  if (batch.response) return;
  FillLocked(batch, std::move(response));
  changed_.notify_all();
}

void AppendOutbox::Break(Route route) {
  const std::lock_guard lock(mutex_);
  if (route != route_) return;
  broken_ = true;
  changed_.notify_all();
}

void AppendOutbox::Break() {
  const std::lock_guard lock(mutex_);
  broken_ = true;
  changed_.notify_all();
}

void AppendOutbox::FailAll(const v1::BatchFailure& failure) {
  const std::lock_guard lock(mutex_);
  for (Batch& batch : batches_) {
    if (batch.response) continue;
    v1::AppendStreamResponse response;
    *response.mutable_failed() = failure;
    FillLocked(batch, std::move(response));
  }
  changed_.notify_all();
}

AppendOutbox::Event AppendOutbox::Await() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] {
    if (batches_.empty()) return no_more_ || draining_;
    return batches_.front().response.has_value() || broken_;
  });
  if (batches_.empty()) return Event::kEnd;
  return batches_.front().response ? Event::kAnswer : Event::kBroken;
}

v1::AppendStreamResponse AppendOutbox::Take() {
  const std::lock_guard lock(mutex_);
  v1::AppendStreamResponse response = *std::move(batches_.front().response);
  bytes_ -= batches_.front().bytes;
  batches_.pop_front();
  ++first_;
  changed_.notify_all();
  return response;
}

bool AppendOutbox::TakeProgress() {
  const std::lock_guard lock(mutex_);
  return std::exchange(progress_, false);
}

}  // namespace realise
