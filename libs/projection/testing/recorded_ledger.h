// A ledger in an embedded log in memory, into which a test records whatever it likes, valid or not.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libs/event_log/commit.h"
#include "libs/event_log/commit_chain.h"
#include "libs/event_log/event_log.h"
#include "realise/v1/event.pb.h"

namespace realise::testing {

// An embedded log in memory.
class MemoryLog {
 public:
  MemoryLog();
  ~MemoryLog();
  EventLog& log() { return *log_; }

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
  EventLog* log_ = nullptr;
};

// Every call returns once what it recorded can be read.  Not thread-safe.
class RecordedLedger {
 public:
  // Creates the ledger with its first commit.
  RecordedLedger(EventLog& log, std::string code);
  ~RecordedLedger();

  // One commit, recorded a second after the one before.  The events need their stream versions.
  void Commit(const std::vector<v1::Event>& events);
  // A commit whose body and number of events are what they are given as.
  void CommitBytes(std::string_view body, uint32_t event_count);
  // A commit that is flagged as a clock correction, `back` before the one before.
  void CorrectClock(std::chrono::microseconds back);
  // A record that is not a valid commit.
  void Void(std::string_view bytes);
  // The events in commits of random sizes, with empty commits, void records and clock corrections among them.
  void CommitHistory(const std::vector<v1::Event>& events, uint64_t seed);

  const std::string& code() const { return code_; }
  // The sequence of the last event.
  Sequence last() const { return chain_.head()->next_sequence - 1; }
  // The stored bytes of all valid commits.
  const std::vector<std::string>& commits() const { return commits_; }
  // The addresses of all records, one behind the other, are 0, 1, 2 ...
  size_t records() const { return records_; }

 private:
  void Append(std::string stored);
  void CommitWith(CommitHeader header, std::string_view body);

  EventLog& log_;
  const std::string code_;
  std::unique_ptr<LogAppender> appender_;
  CommitChain chain_;
  LedgerId id_;
  std::vector<std::string> commits_;
  size_t records_ = 0;
};

}  // namespace realise::testing
