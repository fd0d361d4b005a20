// Appends from within a process, by its own server, which passes on what another process writes.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "libs/ledger/ledger_writer.h"
#include "realise/v1/append_service.grpc.pb.h"

namespace realise {

// Requests under way at a time; more wait their turn.  Each may wait for a ledger that does not answer, so
// there are more of them than one would think of.
inline constexpr int kRoutedAppendsMax = 32;
// Of them, for ledgers that did not answer the last time; the others are kept for those that do.
inline constexpr int kSilentAppendsMax = 8;
// More ledgers that do not answer are not kept in mind.
inline constexpr size_t kSilentLedgersMax = 10'000;

// Thread-safe.
class RoutedAppends {
 public:
  // `address` is where the server of this process listens.
  explicit RoutedAppends(const std::string& address);
  // What was not sent yet is answered UNAVAILABLE; what is under way is cut off, its outcome unknown.
  ~RoutedAppends();

  RoutedAppends(const RoutedAppends&) = delete;
  RoutedAppends& operator=(const RoutedAppends&) = delete;

  // Calls `done` once, on another thread.  NOT_FOUND without a refusal says that there is no such ledger.
  void Append(v1::AppendRequest request, std::function<void(AppendOutcome)> done);

 private:
  struct Job {
    v1::AppendRequest request;
    std::function<void(AppendOutcome)> done;
  };
  void Run(size_t thread);
  // The first that may be sent now; the end if there is none.  Under mutex_.
  std::deque<Job>::iterator Next();
  void NoteAnswer(const std::string& ledger, const absl::Status& status);
  AppendOutcome Call(size_t thread, const v1::AppendRequest& request);

  const std::unique_ptr<v1::AppendService::Stub> stub_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> jobs_;                     // under mutex_; bounded by whoever asks
  std::set<std::string> silent_;             // under mutex_; ledgers that did not answer the last time
  int silent_under_way_ = 0;                 // under mutex_
  bool stopping_ = false;                    // under mutex_
  std::vector<grpc::ClientContext*> calls_;  // under mutex_; of each thread, null between calls
  std::vector<std::thread> threads_;
};

}  // namespace realise
