#include "tests/support/faulty_event_log.h"

#include <cstdlib>
#include <utility>

#include "libs/base/status_macros.h"

namespace realise {
namespace {

absl::Status OutOfReach() { return absl::UnavailableError("the log is out of reach, as told"); }

std::vector<std::string> ReadWhole(EventLog& log, const std::string& ledger) {
  std::vector<std::string> records;
  const auto reader = log.OpenReader(ledger, 0);
  if (!reader.ok()) std::abort();
  while (true) {
    auto read = (*reader)->Read(std::chrono::milliseconds(0), 1 << 20);
    if (!read.ok()) std::abort();
    if (read->empty()) return records;
    for (LogRecord& record : *read) records.push_back(std::move(record.stored));
  }
}

}  // namespace

class FaultyEventLog::Reader : public LogReader {
 public:
  Reader(FaultyEventLog& log, std::string ledger, Address from, std::unique_ptr<LogReader> below)
      : log_(log), ledger_(std::move(ledger)), next_(from), below_(std::move(below)) {}

  absl::StatusOr<std::vector<LogRecord>> Read(std::chrono::milliseconds wait_max, size_t bytes_max) override {
    {
      const std::lock_guard<std::mutex> lock(log_.mutex_);
      if (log_.Take(log_.reads_to_fail_)) return OutOfReach();
      if (const auto* changed = log_.Changed(ledger_)) return ReadChanged(*changed, bytes_max);
    }
    ASSIGN_OR_RETURN(std::vector<LogRecord> records, below_->Read(wait_max, bytes_max));
    next_ = below_->next_address();
    return records;
  }
  absl::StatusOr<Address> End() override {
    {
      const std::lock_guard<std::mutex> lock(log_.mutex_);
      if (log_.Take(log_.reads_to_fail_)) return OutOfReach();
      if (const auto* changed = log_.Changed(ledger_)) return static_cast<Address>(changed->size());
    }
    return below_->End();
  }
  Address next_address() const override { return next_; }

 private:
  std::vector<LogRecord> ReadChanged(const std::vector<std::string>& changed, size_t bytes_max) {
    std::vector<LogRecord> records;
    size_t bytes = 0;
    for (; next_ < static_cast<Address>(changed.size()); ++next_) {
      const std::string& stored = changed[static_cast<size_t>(next_)];
      if (!records.empty() && bytes + stored.size() > bytes_max) break;
      bytes += stored.size();
      records.push_back({.address = next_, .appended_at = std::nullopt, .stored = stored});
    }
    return records;
  }

  FaultyEventLog& log_;
  const std::string ledger_;
  Address next_;
  const std::unique_ptr<LogReader> below_;
};

class FaultyEventLog::Appender : public LogAppender {
 public:
  Appender(FaultyEventLog& log, std::string ledger, std::unique_ptr<LogAppender> below)
      : log_(log), ledger_(std::move(ledger)), below_(std::move(below)) {}

  absl::Status Append(std::string stored) override {
    {
      const std::lock_guard<std::mutex> lock(log_.mutex_);
      if (log_.Take(log_.appends_to_lose_)) return absl::OkStatus();
      if (auto* changed = log_.Changed(ledger_)) {
        changed->push_back(std::move(stored));
        return absl::OkStatus();
      }
    }
    return below_->Append(std::move(stored));
  }
  absl::Status TakeFailure() override { return below_->TakeFailure(); }

 private:
  FaultyEventLog& log_;
  const std::string ledger_;
  const std::unique_ptr<LogAppender> below_;
};

void FaultyEventLog::Change(const std::string& ledger,
                            const std::function<void(std::vector<std::string>&)>& change) {
  const std::lock_guard<std::mutex> lock(mutex_);
  auto [changed, first] = changed_.try_emplace(ledger);
  if (first) changed->second = ReadWhole(log_, ledger);
  change(changed->second);
}

void FaultyEventLog::LoseAppends(int count) {
  const std::lock_guard<std::mutex> lock(mutex_);
  appends_to_lose_ = count;
}

void FaultyEventLog::FailReads(int count) {
  const std::lock_guard<std::mutex> lock(mutex_);
  reads_to_fail_ = count;
}

absl::StatusOr<std::unique_ptr<LogReader>> FaultyEventLog::OpenReader(const std::string& ledger,
                                                                      Address from) {
  ASSIGN_OR_RETURN(std::unique_ptr<LogReader> below, log_.OpenReader(ledger, from));
  return std::make_unique<Reader>(*this, ledger, from, std::move(below));
}

absl::StatusOr<std::unique_ptr<LogAppender>> FaultyEventLog::OpenAppender(const std::string& ledger) {
  ASSIGN_OR_RETURN(std::unique_ptr<LogAppender> below, log_.OpenAppender(ledger));
  return std::make_unique<Appender>(*this, ledger, std::move(below));
}

absl::StatusOr<LogRecord> FaultyEventLog::ReadAt(const std::string& ledger, Address address) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (Take(reads_to_fail_)) return OutOfReach();
    if (const auto* changed = Changed(ledger)) {
      if (address < 0 || address >= static_cast<Address>(changed->size())) {
        return absl::NotFoundError("there is no such record");
      }
      return LogRecord{.address = address,
                       .appended_at = std::nullopt,
                       .stored = (*changed)[static_cast<size_t>(address)]};
    }
  }
  return log_.ReadAt(ledger, address);
}

bool FaultyEventLog::Take(int& left) {
  if (left == 0) return false;
  --left;
  return true;
}

std::vector<std::string>* FaultyEventLog::Changed(const std::string& ledger) {
  const auto changed = changed_.find(ledger);
  return changed == changed_.end() ? nullptr : &changed->second;
}

}  // namespace realise
