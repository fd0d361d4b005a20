// Appends by the ledgers' writers of this process.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "libs/inbound/kafka/inbound_consumer.h"
#include "libs/ledger/ledger_writers.h"

namespace realise {

// Opening a writer reads its ledger to the end, so that is done by a few threads apart from whoever asks.
// Thread-safe.
class WriterAppends {
 public:
  // `writers` must outlive it.
  explicit WriterAppends(LedgerWriters& writers);
  // What was not handed over yet is answered UNAVAILABLE.
  ~WriterAppends();

  WriterAppends(const WriterAppends&) = delete;
  WriterAppends& operator=(const WriterAppends&) = delete;

  // An AppendFunction.
  void Append(v1::AppendRequest request, std::function<void(AppendOutcome)> done);

 private:
  struct Job {
    v1::AppendRequest request;
    std::function<void(AppendOutcome)> done;
  };
  void Run();

  LedgerWriters& writers_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job>
      jobs_;  // under mutex_; as many as there are lanes at most, for each has one batch under way
  bool stopping_ = false;  // under mutex_
  std::vector<std::thread> threads_;
};

}  // namespace realise
