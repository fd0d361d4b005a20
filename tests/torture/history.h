// What happened to one ledger as its callers saw it: every call, when it was made, and what came of it.
#pragma once

#include <algorithm>
#include <chrono>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "realise/v1/append_service.pb.h"
#include "realise/v1/query_service.pb.h"

namespace realise::torture {

// All callers share this one clock: an order of moments is an order in real time.
using Moment = std::chrono::steady_clock::time_point;

enum class Outcome {
  kUnknown,   // no answer, or one that says nothing: all of it may be recorded, now or later, or none
  kAnswered,  // acknowledged, or the query's answer
  kRejected,  // decided against, at a position: none of it is recorded by this call
  kFailed,    // turned away before anything was decided: none of it is recorded by this call
};

// When, and by whom.  `server` names one life of one process, which began at `server_started` or earlier.
struct CallTimes {
  std::string caller;
  std::string server;
  Moment server_started{};
  Moment invoked{};
  Moment ended = Moment::max();
};

struct AppendCall {
  CallTimes times;
  v1::AppendRequest request;
  Outcome outcome = Outcome::kUnknown;
  v1::AppendResponse response;  // if answered
  std::string reason;           // if rejected
  std::string decided_at;       // if rejected: a receipt
};

struct QueryCall {
  CallTimes times;
  v1::QuerySavingsRequest request;
  Outcome outcome = Outcome::kUnknown;
  v1::QuerySavingsResponse response;  // if answered
  std::string error;                  // if not
};

// The calls of one ledger, in no order.
struct LedgerHistory {
  std::string ledger;
  std::vector<AppendCall> appends;
  std::vector<QueryCall> queries;
};

// Takes calls from many threads.  Thread-safe.
class HistoryRecorder {
 public:
  explicit HistoryRecorder(std::string ledger) { history_.ledger = std::move(ledger); }

  const std::string& ledger() const { return history_.ledger; }

  void Add(AppendCall call) {
    const std::lock_guard lock(mutex_);
    if (call.outcome == Outcome::kAnswered) NoteProgress(call.times.ended);
    history_.appends.push_back(std::move(call));
  }
  void Add(QueryCall call) {
    const std::lock_guard lock(mutex_);
    history_.queries.push_back(std::move(call));
  }

  // When an append was last acknowledged.
  Moment last_progress() const {
    const std::lock_guard lock(mutex_);
    return last_progress_;
  }
  // Why the last append that was not acknowledged was not.
  std::string last_reason() const {
    const std::lock_guard lock(mutex_);
    const auto last = std::find_if(history_.appends.rbegin(), history_.appends.rend(),
                                   [](const AppendCall& call) { return call.outcome != Outcome::kAnswered; });
    return last == history_.appends.rend() ? "" : last->times.server + ": " + last->reason;
  }
  // From here on pauses are measured.
  void StartMeasuringPauses() {
    const std::lock_guard lock(mutex_);
    longest_pause_ = std::chrono::nanoseconds(0);
    last_progress_ = std::chrono::steady_clock::now();
  }
  // The longest time between two acknowledgements.
  std::chrono::nanoseconds longest_pause() const {
    const std::lock_guard lock(mutex_);
    return longest_pause_;
  }

  // What was recorded so far.
  LedgerHistory Copy() const {
    const std::lock_guard lock(mutex_);
    return history_;
  }

 private:
  void NoteProgress(Moment now) {
    longest_pause_ = std::max<std::chrono::nanoseconds>(longest_pause_, now - last_progress_);
    last_progress_ = std::max(last_progress_, now);
  }

  mutable std::mutex mutex_;
  // State below is protected by mutex_.
  LedgerHistory history_;
  Moment last_progress_{};
  std::chrono::nanoseconds longest_pause_{0};
};

}  // namespace realise::torture
