// The ledger as the serve crash test reads it for itself, commit by commit, and what publishers were told of
// it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "realise/v1/append_service.pb.h"
#include "realise/v1/event.pb.h"
#include "tests/crash/serve_crash_server.h"
#include "tests/support/savings_oracle.h"

namespace realise::crash {

// Source and id.
using EventName = std::pair<std::string, std::string>;
[[nodiscard]] EventName NameOf(const v1::Event& event);

// What the log holds.  Not thread-safe.
class History {
 public:
  explicit History(std::string ledger) : ledger_(std::move(ledger)) {}

  // Reads on from where it stands to the end of the log.  The test fails if the chain is broken, if a
  // sequence or a version is left out, if an event is there twice, or if ReadHistory and ReadCommits do not
  // agree.
  void ReadOn(Services& services);

  uint64_t events() const { return events_.size(); }
  uint64_t commits() const { return commits_; }
  // The sequence of an event, and the event; nothing if it is not there.
  std::optional<uint64_t> Find(const EventName& name) const;
  const v1::Event& At(uint64_t sequence) const { return events_.at(sequence - 1); }
  // Whether a commit has this receipt.
  bool Has(const std::string& receipt) const { return receipts_.count(receipt) != 0; }
  const std::string& last_receipt() const { return last_receipt_; }
  const testing::SavingsOracle& savings() const { return savings_; }

 private:
  void TakeCommit(const std::string& stored);
  void TakeEvent(const v1::Event& event);
  void CompareHistory(Services& services, uint64_t from);

  const std::string ledger_;
  std::vector<v1::Event> events_;  // event n is at n - 1
  std::map<EventName, uint64_t> sequences_;
  std::map<std::string, uint64_t> versions_;  // by stream
  std::set<std::string> receipts_;
  uint64_t commits_ = 0;
  std::string last_digest_ = std::string(32, '\0');
  std::string last_receipt_;
  testing::SavingsOracle savings_;
};

// What was sent, and what publishers were told of it.  Thread-safe.
class Answers {
 public:
  // It is under way: nobody knows what becomes of it until one of the others is called.
  void Sent(const v1::Event& event);
  void Accepted(const v1::Appended& appended, const v1::Event& event, const std::string& receipt);
  // It must never be there.
  void Refused(const v1::Event& event);

  // The test fails if an event that was accepted is not where it was said to be, or with other content, or
  // without its receipt; if one that was refused is there; if one is there that nobody sent.  Notes which of
  // those that nobody knows about are there: they must be accepted as recorded before, if they are sent
  // again.
  void Compare(const History& history);

  uint64_t accepted() const;
  // Of these, how many were not recorded before they were sent.
  uint64_t appended() const;
  // Waits until as many were appended, or for as long as this; whether they were.
  bool WaitForAppended(uint64_t count, std::chrono::milliseconds wait_max) const;
  uint64_t refused() const;
  uint64_t unknown() const;
  // How many were found recorded although nobody had been told.
  uint64_t found() const;

 private:
  enum class Fate { kUnknown, kAccepted, kRefused };
  struct Row {
    v1::Event event;
    Fate fate = Fate::kUnknown;
    uint64_t sequence = 0;  // if accepted, or found
    uint64_t stream_version = 0;
    std::string receipt;
  };

  uint64_t Count(Fate fate) const;

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;  // appended_
  // State below is protected by mutex_.
  std::map<EventName, Row> rows_;
  uint64_t appended_ = 0;
  uint64_t found_ = 0;
};

}  // namespace realise::crash
