// Whether the log answers, and whether it still takes what is appended: asked again and again, and said aloud
// when it changes.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "libs/event_log/event_log.h"

namespace realise {

// Runs a thread of its own.  The log must outlive it.
class LogWatch {
 public:
  // `say` takes a line for the operator, on the watch's thread, until the watch is gone.
  LogWatch(EventLog& log, std::function<void(const std::string&)> say, std::chrono::milliseconds every);
  ~LogWatch();
  LogWatch(const LogWatch&) = delete;
  LogWatch& operator=(const LogWatch&) = delete;

  // False until the log answered for the first time.
  bool reachable() const;

 private:
  void Run();
  void Note(const absl::Status& status);
  void NoteTaking(const absl::Status& status);

  EventLog& log_;
  const std::function<void(const std::string&)> say_;
  const std::chrono::milliseconds every_;
  mutable std::mutex mutex_;
  std::condition_variable stopping_changed_;
  // Below: guarded by mutex_.
  bool stopping_ = false;
  bool asked_ = false;
  bool reachable_ = false;
  bool taking_ = true;
  std::thread thread_;
};

}  // namespace realise
