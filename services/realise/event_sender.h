// Sends events to their ledgers over append streams, and keeps the tally.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "services/realise/connection.h"

namespace realise {

// Ledgers with an open stream at a time; more are taken in turns.
inline constexpr size_t kOpenStreamsMax = 64;

// Something about a line of the input that was not taken.
struct LineProblem {
  int64_t line = 0;
  std::string field;   // or column
  std::string reason;  // stable, upper case
  std::string message;
};

// What became of a ledger's events.
struct LedgerTally {
  uint64_t appended = 0;
  uint64_t already_recorded = 0;
  uint64_t refused = 0;
  uint64_t failed = 0;  // unknown: safe to send again
  std::string receipt;  // of the last one recorded
};

// Not thread-safe; `on_problem` is called from other threads, one call at a time.
class EventSender {
 public:
  // With `check` nothing is appended: the events are decided when Finish is called.
  EventSender(Connection& connection, bool check, std::function<void(const LineProblem&)> on_problem);
  ~EventSender();

  // Hands one request over: one event, or several that are to be recorded together or not at all.  Waits
  // while too much is under way.
  //   OUT_OF_RANGE        a check of more than kDryRunEventsMax events of a ledger.
  //   UNAVAILABLE ...     the ledger's stream ended; the problem was reported.
  [[nodiscard]] absl::Status Send(v1::AppendRequest request, int64_t line);

  // Waits for all answers.  OK even if events were refused.
  [[nodiscard]] absl::Status Finish();

  // By ledger; complete after Finish.
  const std::map<std::string, LedgerTally>& tallies() const { return tallies_; }
  uint64_t answered() const { return answered_; }

 private:
  class Stream;

  absl::Status Check(const std::string& ledger, const v1::AppendRequest& request,
                     const std::vector<int64_t>& lines);
  void Note(const std::string& ledger, int64_t line, int events, const v1::AppendStreamResponse& response);
  void Report(const LineProblem& problem);
  absl::Status Close(std::unique_ptr<Stream> stream);

  Connection& connection_;
  const bool check_;
  const std::function<void(const LineProblem&)> on_problem_;
  std::list<std::unique_ptr<Stream>> streams_;  // the one used last in front
  std::map<std::string, std::pair<v1::AppendRequest, std::vector<int64_t>>> checks_;
  std::mutex mutex_;  // guards tallies_ and on_problem_
  std::map<std::string, LedgerTally> tallies_;
  std::atomic<uint64_t> answered_ = 0;
};

}  // namespace realise
