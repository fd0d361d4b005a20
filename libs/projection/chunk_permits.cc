#include "libs/projection/chunk_permits.h"

#include <utility>

namespace realise {

ChunkPermits::Permit::~Permit() {
  if (of_ != nullptr) of_->GiveBack();
}

ChunkPermits::Permit::Permit(Permit&& other) noexcept : of_(std::exchange(other.of_, nullptr)) {}

ChunkPermits::Permit& ChunkPermits::Permit::operator=(Permit&& other) noexcept {
  std::swap(of_, other.of_);
  return *this;
}

ChunkPermits::Permit ChunkPermits::Take() {
  std::unique_lock lock(mutex_);
  const uint64_t ticket = ++tickets_;
  waiting_.push_back(ticket);
  changed_.wait(lock, [&] { return closed_ || (free_ > 0 && waiting_.front() == ticket); });
  if (closed_) return Permit();
  waiting_.pop_front();
  --free_;
  // The next in the row may find another one free.
  changed_.notify_all();
  return Permit(*this);
}

void ChunkPermits::Close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  changed_.notify_all();
}

size_t ChunkPermits::waiting() const {
  const std::lock_guard lock(mutex_);
  return waiting_.size();
}

void ChunkPermits::GiveBack() {
  const std::lock_guard lock(mutex_);
  ++free_;
  changed_.notify_all();
}

}  // namespace realise
