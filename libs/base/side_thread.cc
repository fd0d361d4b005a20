#include "libs/base/side_thread.h"

#include <cassert>
#include <system_error>

namespace realise {

bool SideThread::Start() {
  if (thread_.joinable()) return true;
  ending_ = false;
  try {
    thread_ = std::thread([this] { Run(); });
  } catch (const std::system_error&) {
    return false;
  }
  return true;
}

void SideThread::Hand(absl::AnyInvocable<void()> task) {
  {
    const std::lock_guard lock(mutex_);
    assert(task_ == nullptr);
    task_ = std::move(task);
  }
  changed_.notify_one();
}

void SideThread::End() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void SideThread::Run() {
  while (true) {
    absl::AnyInvocable<void()> task;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return task_ != nullptr || ending_; });
      if (task_ == nullptr) return;
      task = std::exchange(task_, nullptr);
    }
    task();
  }
}

}  // namespace realise
