// An event log in which things go wrong when told: records change, vanish or appear underneath those who read
// them; records and readings are held back; appends are lost, doubled, delayed or refused.  Everything else
// is the real log below.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <vector>

#include "libs/base/clock.h"
#include "libs/event_log/event_log.h"

namespace realise {

// Thread-safe.  The log below must outlive it; for Change it has to number its records 0, 1, 2 ..., as the
// embedded one does.
class FaultyEventLog : public EventLog {
 public:
  explicit FaultyEventLog(EventLog& below) : below_(below) {}

  // Changes what is recorded of a ledger: `change` is given all stored bytes, oldest first.  From then on the
  // ledger lives here, appends included; readers and appenders that are open go on with it.
  void Change(const std::string& ledger, const std::function<void(std::vector<std::string>&)>& change);
  // The next reads, of any kind, are UNAVAILABLE, once `first` more went well.
  void FailReads(int count, int first = 0);
  // How many records readers were given so far.
  uint64_t records_read() const;
  // Readers get nothing until they are released.
  void HoldReads();
  void ReleaseReads();

  // The next appends are lost without a word.
  void LoseAppends(int count);
  // Records handed over are kept back until they are released, in their order.
  void HoldAppends();
  void ReleaseAppends();
  // Append fails until this is called with OK.
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

  absl::Status CreateLedger(const std::string& ledger) override { return below_.CreateLedger(ledger); }
  absl::StatusOr<std::vector<std::string>> ListLedgers() override { return below_.ListLedgers(); }
  absl::Status CheckLedger(const std::string& ledger) override { return below_.CheckLedger(ledger); }
  absl::StatusOr<std::unique_ptr<LogReader>> OpenReader(const std::string& ledger, Address from) override;
  absl::StatusOr<std::unique_ptr<LogAppender>> OpenAppender(const std::string& ledger) override;
  absl::StatusOr<LogRecord> ReadAt(const std::string& ledger, Address address) override;

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
  // Whether this read is to fail.
  bool FailsRead();
  // What is recorded of a ledger that was changed; nothing if it was not.
  std::vector<std::string>* Changed(const std::string& ledger);

  EventLog& below_;
  mutable std::mutex mutex_;
  std::condition_variable happened_;
  // State below is protected by mutex_.
  std::map<std::string, std::unique_ptr<LogAppender>> appenders_;
  std::map<std::string, std::vector<std::string>> changed_;
  int reads_to_pass_ = 0;  // before those that fail
  int reads_to_fail_ = 0;
  uint64_t records_read_ = 0;
  bool reads_held_ = false;
  bool appends_held_ = false;
  std::vector<Record> held_;
  std::vector<Record> delayed_;
  int appends_to_lose_ = 0;
  absl::Status append_status_;
  Odds odds_;
  std::mt19937_64 random_;
  const Clock* stamp_ = nullptr;
  int appends_ = 0;
};

}  // namespace realise
