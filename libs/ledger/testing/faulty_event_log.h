// A log on top of a real one that does what networks do: holds records and readings back, loses, doubles and
// delays.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <vector>

#include "libs/base/clock.h"
#include "libs/event_log/event_log.h"

namespace realise::testing {

// Thread-safe.  The log below must outlive it.
class FaultyEventLog : public EventLog {
 public:
  explicit FaultyEventLog(EventLog& below) : below_(below) {}

  // Readers get nothing until they are released.
  void HoldReads();
  void ReleaseReads();
  // Records handed over are kept back until they are released, in their order.
  void HoldAppends();
  void ReleaseAppends();
  // The next records are lost without a word.
  void LoseNext(int count);
  // Append fails until it is called with OK.
  void FailAppends(const absl::Status& status);
  // Of a hundred records that many are lost, come twice, or come after up to six later ones.
  struct Odds {
    int lost = 0;
    int doubled = 0;
    int delayed = 0;
  };
  void Misbehave(uint64_t seed, const Odds& odds);
  // Behaves from now on, and hands over what was delayed.
  void Behave();
  // Records say that they were appended by this clock; nullptr: they do not say.
  void StampAppends(const Clock* clock);

  // Waits until as many records have been handed over since the beginning, whatever became of them.
  void AwaitAppends(int count);

  [[nodiscard]] absl::Status CreateLedger(const std::string& ledger) override;
  [[nodiscard]] absl::StatusOr<std::vector<std::string>> ListLedgers() override;
  [[nodiscard]] absl::Status CheckLedger(const std::string& ledger) override;
  [[nodiscard]] absl::StatusOr<std::unique_ptr<LogReader>> OpenReader(const std::string& ledger,
                                                                      Address from) override;
  [[nodiscard]] absl::StatusOr<std::unique_ptr<LogAppender>> OpenAppender(const std::string& ledger) override;
  [[nodiscard]] absl::StatusOr<LogRecord> ReadAt(const std::string& ledger, Address address) override;

 private:
  class Reader;
  class Appender;
  struct Record {
    std::string ledger;
    std::string stored;
    int after = 0;  // as many later records come first
  };

  absl::Status Append(const std::string& ledger, std::string stored);
  absl::Status PassOn(const std::string& ledger, const std::string& stored);
  absl::Status PassOnDelayed(bool all);
  bool AwaitReads(std::chrono::milliseconds wait_max);
  void Stamp(LogRecord& record);

  EventLog& below_;
  std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_.
  std::map<std::string, std::unique_ptr<LogAppender>> appenders_;
  bool reads_held_ = false;
  bool appends_held_ = false;
  std::vector<Record> held_;
  std::vector<Record> delayed_;
  int lose_next_ = 0;
  absl::Status append_status_;
  Odds odds_;
  std::mt19937_64 random_;
  const Clock* stamp_ = nullptr;
  int appends_ = 0;
};

}  // namespace realise::testing
