// An event log in which things go wrong when told: records change, vanish or appear underneath those who read
// them, and appends get lost.  Everything else is the real log below.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "libs/event_log/event_log.h"

namespace realise {

// Thread-safe.  The log below must outlive it, and number its records 0, 1, 2 ..., as the embedded one does.
class FaultyEventLog : public EventLog {
 public:
  explicit FaultyEventLog(EventLog& log) : log_(log) {}

  // Changes what is recorded of a ledger: `change` is given all stored bytes, oldest first.  From then on the
  // ledger lives here, appends included; readers and appenders that are open go on with it.
  void Change(const std::string& ledger, const std::function<void(std::vector<std::string>&)>& change);
  // The next appends are lost without a word.
  void LoseAppends(int count);
  // The next reads, of any kind, are UNAVAILABLE.
  void FailReads(int count);

  absl::Status CreateLedger(const std::string& ledger) override { return log_.CreateLedger(ledger); }
  absl::StatusOr<std::vector<std::string>> ListLedgers() override { return log_.ListLedgers(); }
  absl::Status CheckLedger(const std::string& ledger) override { return log_.CheckLedger(ledger); }
  absl::StatusOr<std::unique_ptr<LogReader>> OpenReader(const std::string& ledger, Address from) override;
  absl::StatusOr<std::unique_ptr<LogAppender>> OpenAppender(const std::string& ledger) override;
  absl::StatusOr<LogRecord> ReadAt(const std::string& ledger, Address address) override;

 private:
  class Reader;
  class Appender;

  // Counts one down; whether there was one left.
  bool Take(int& left);
  // What is recorded of a ledger that was changed; nothing if it was not.
  std::vector<std::string>* Changed(const std::string& ledger);

  EventLog& log_;
  std::mutex mutex_;
  // State below is protected by mutex_.
  std::map<std::string, std::vector<std::string>> changed_;
  int appends_to_lose_ = 0;
  int reads_to_fail_ = 0;
};

}  // namespace realise
