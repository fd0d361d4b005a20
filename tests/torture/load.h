// The load: publishers with plain retry loops, and askers, on every server of the fleet at once.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/claim_story.h"
#include "tests/torture/history.h"
#include "tests/torture/history_checker.h"
#include "tests/torture/server_stubs.h"

namespace realise::torture {

// What the clients of one ledger know of it together.  Thread-safe.
class LedgerClients {
 public:
  explicit LedgerClients(const std::string& ledger) : recorder_(ledger) {}

  // What was known of its history when it was last judged.
  struct Judged {
    CheckedHistory checked;
    uint64_t takeovers = 0;
    uint64_t void_records = 0;
  };
  Judged& judged() { return judged_; }

  HistoryRecorder& recorder() { return recorder_; }
  const HistoryRecorder& recorder() const { return recorder_; }

  // The version that the contended claim was last seen at.
  std::atomic<uint64_t>& shared_version() { return shared_version_; }

  void NoteReceipt(const std::string& receipt);
  // One of the last that were handed out; empty before the first.
  std::string SomeReceipt(uint64_t choice) const;
  std::string LastReceipt() const;

 private:
  HistoryRecorder recorder_;
  Judged judged_;  // of the thread that judges
  std::atomic<uint64_t> shared_version_{1};
  mutable std::mutex mutex_;
  std::deque<std::string> receipts_;  // the last that were handed out; under mutex_
};

// Ends waits of all clients at once.  Thread-safe.
class LoadSwitch {
 public:
  // Nothing new is begun; what is unknown is sent again until it is known.
  void Finish();
  // Nothing is sent any more.
  void Abandon();
  bool finishing() const;
  bool abandoned() const;
  // Waits for so long, or until it is abandoned.
  void Wait(std::chrono::milliseconds wait) const;

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  bool finishing_ = false;  // under mutex_
  bool abandoned_ = false;  // under mutex_
};

struct LoadOptions {
  std::string name;  // its publishers' names begin with it: one for each load of a ledger
  std::chrono::milliseconds between_calls{40};
  std::chrono::milliseconds retry_after{50};
  std::chrono::milliseconds call_max{4000};
};

// Publishers and askers of some ledgers, on threads of their own, until they are told to finish.
class Load {
 public:
  // Servers and ledgers must outlive it.
  Load(const LoadOptions& options, const std::vector<std::unique_ptr<ServerStubs>>& writers,
       const std::vector<std::unique_ptr<ServerStubs>>& readers,
       const std::vector<std::unique_ptr<LedgerClients>>& ledgers, uint64_t seed);
  // Abandons what is unknown.
  ~Load();

  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  // Waits until everything that was begun is known, at most for so long; whether it is.
  [[nodiscard]] bool Finish(std::chrono::milliseconds wait_max);
  // Rejections of what no rule refuses: a plain retry loop sees none.  After Finish.
  std::vector<std::string> Unexpected() const;

 private:
  void Note(std::string unexpected);

  const LoadOptions options_;
  mutable std::mutex mutex_;
  std::vector<std::string> unexpected_;  // under mutex_
  LoadSwitch switch_;
  std::atomic<int> running_{0};
  std::vector<std::thread> threads_;
};

}  // namespace realise::torture
