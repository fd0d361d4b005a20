#include "libs/serving/log_watch.h"

#include <utility>

#include "fmt/format.h"

namespace realise {

LogWatch::LogWatch(EventLog& log, std::function<void(const std::string&)> say,
                   std::chrono::milliseconds every)
    : log_(log), say_(std::move(say)), every_(every), thread_([this] { Run(); }) {}

LogWatch::~LogWatch() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stopping_changed_.notify_all();
  thread_.join();
}

bool LogWatch::reachable() const {
  const std::lock_guard lock(mutex_);
  return reachable_;
}

void LogWatch::Run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    Note(log_.ListLedgers().status());
    NoteTaking(log_.Health());
    lock.lock();
    stopping_changed_.wait_for(lock, every_, [this] { return stopping_; });
  }
}

void LogWatch::Note(const absl::Status& status) {
  std::string line;
  {
    const std::lock_guard lock(mutex_);
    if (status.ok() != reachable_ || (!asked_ && !status.ok())) {
      line =
          status.ok()
              ? (asked_ ? "the log answers again" : "")
              : fmt::format("THE LOG DOES NOT ANSWER, and is asked again until it does; nothing is lost: {}",
                            std::string(status.message()));
    }
    asked_ = true;
    reachable_ = status.ok();
  }
  if (!line.empty()) say_(line);
}

// It does not heal by itself.
void LogWatch::NoteTaking(const absl::Status& status) {
  {
    const std::lock_guard lock(mutex_);
    if (status.ok() || !taking_) return;
    taking_ = false;
  }
  say_(
      fmt::format("THE LOG TAKES NOTHING ANY MORE; what was acknowledged is safe, and questions are "
                  "answered. Mend what is wrong "
                  "with its disk, and start this process again: {}",
                  std::string(status.message())));
}

}  // namespace realise
