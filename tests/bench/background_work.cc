#include "tests/bench/background_work.h"

#include <memory>

namespace realise::bench {

struct BackgroundWorkEnv::Job {
  BackgroundWorkEnv* env;
  void (*function)(void*);
  void (*cancelled)(void*);
  void* argument;
};

void BackgroundWorkEnv::Schedule(void (*function)(void*), void* argument, Priority priority, void* tag,
                                 void (*cancelled)(void*)) {
  {
    const std::lock_guard lock(mutex_);
    ++jobs_;
  }
  auto job = std::make_unique<Job>(Job{this, function, cancelled, argument});
  // RocksDB calls exactly one of the two, which takes the job back.
  target()->Schedule(&Run, job.release(), priority, tag, &Cancel);
}

void BackgroundWorkEnv::WaitUntilQuiet() {
  std::unique_lock lock(mutex_);
  quiet_.wait(lock, [this] { return jobs_ == 0; });
}

void BackgroundWorkEnv::Run(void* job) {
  const std::unique_ptr<Job> owned(static_cast<Job*>(job));
  owned->function(owned->argument);
  owned->env->Ended();
}

void BackgroundWorkEnv::Cancel(void* job) {
  const std::unique_ptr<Job> owned(static_cast<Job*>(job));
  if (owned->cancelled != nullptr) owned->cancelled(owned->argument);
  owned->env->Ended();
}

void BackgroundWorkEnv::Ended() {
  const std::lock_guard lock(mutex_);
  if (--jobs_ == 0) quiet_.notify_all();
}

}  // namespace realise::bench
