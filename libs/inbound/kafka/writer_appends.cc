#include "libs/inbound/kafka/writer_appends.h"

#include <utility>

namespace realise {
namespace {

constexpr int kThreads = 4;

void Fail(const std::function<void(AppendOutcome)>& done, const absl::Status& status) {
  AppendOutcome outcome;
  outcome.status = status;
  done(std::move(outcome));
}

}  // namespace

WriterAppends::WriterAppends(LedgerWriters& writers) : writers_(writers) {
  for (int i = 0; i < kThreads; ++i) threads_.emplace_back([this] { Run(); });
}

WriterAppends::~WriterAppends() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  for (std::thread& thread : threads_) thread.join();
  for (const Job& job : jobs_) Fail(job.done, absl::UnavailableError("stopping; send again"));
}

void WriterAppends::Append(v1::AppendRequest request, std::function<void(AppendOutcome)> done) {
  const std::lock_guard lock(mutex_);
  jobs_.push_back({std::move(request), std::move(done)});
  changed_.notify_one();
}

void WriterAppends::Run() {
  while (true) {
    Job job;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return stopping_ || !jobs_.empty(); });
      if (stopping_) return;
      job = std::move(jobs_.front());
      jobs_.pop_front();
    }
    const auto writer = writers_.Of(job.request.ledger());
    if (!writer.ok()) {
      Fail(job.done, writer.status());
      continue;
    }
    (*writer)->Submit(std::move(job.request), std::move(job.done));
  }
}

}  // namespace realise
