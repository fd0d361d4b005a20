// A thread beside its owner's, for one task after the other.
//
// It is kept from one task to the next: a thread that ends gives up the memory that it allocated, page by
// page.  A thread for each mebibyte that is read ahead spent three percent of a replay's CPU on that.
#pragma once

#include <condition_variable>
#include <future>
#include <mutex>
#include <thread>
#include <type_traits>
#include <utility>

#include "absl/functional/any_invocable.h"

namespace realise {

// Of one owner: its functions are not thread-safe.
class SideThread {
 public:
  SideThread() = default;
  ~SideThread() { End(); }

  SideThread(const SideThread&) = delete;
  SideThread& operator=(const SideThread&) = delete;

  // Begins `task`; the future has what it returns, or throws.  If the process has no more threads, it is
  // done when the future is asked for that.   REQUIRES: the task before is done.
  template <typename Task>
  std::future<std::invoke_result_t<Task&>> Begin(Task task) {
    if (!Start()) return std::async(std::launch::deferred, std::move(task));
    std::packaged_task<std::invoke_result_t<Task&>()> packaged(std::move(task));
    auto result = packaged.get_future();
    Hand([packaged = std::move(packaged)]() mutable { packaged(); });
    return result;
  }

  // Waits for the task under way and ends the thread; the next task starts another.
  void End();

 private:
  // False if there is none to be had.
  bool Start();
  void Hand(absl::AnyInvocable<void()> task);
  void Run();

  std::thread thread_;
  std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_.
  absl::AnyInvocable<void()> task_;  // handed over, and not yet taken; null: none
  bool ending_ = false;
};

}  // namespace realise
