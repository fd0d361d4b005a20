// Knows whether RocksDB's background work is done: every flush and compaction is scheduled through here.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>

#include "rocksdb/env.h"

namespace realise::bench {

// Thread-safe.  Must outlive the databases that are opened with it.
class BackgroundWorkEnv : public rocksdb::EnvWrapper {
 public:
  BackgroundWorkEnv() : EnvWrapper(rocksdb::Env::Default()) {}

  void Schedule(void (*function)(void*), void* argument, Priority priority, void* tag,
                void (*cancelled)(void*)) override;

  // Waits until nothing is scheduled or runs.  A job that leaves more to do schedules it before it ends.
  void WaitUntilQuiet();

 private:
  struct Job;
  static void Run(void* job);
  static void Cancel(void* job);
  void Ended();

  std::mutex mutex_;
  std::condition_variable quiet_;
  uint64_t jobs_ = 0;  // guarded by mutex_
};

}  // namespace realise::bench
