#include "tests/support/faulty_event_log.h"

#include <cstdlib>
#include <utility>

#include "libs/base/status_macros.h"

namespace realise {
namespace {

absl::Status OutOfReach() { return absl::UnavailableError("the log is out of reach, as told"); }

// Counts one down; whether there was one left.
bool Take(int& left) {
  if (left == 0) return false;
  --left;
  return true;
}

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

std::vector<LogRecord> ReadChanged(const std::vector<std::string>& changed, Address next, size_t bytes_max) {
  std::vector<LogRecord> records;
  size_t bytes = 0;
  for (; next < static_cast<Address>(changed.size()); ++next) {
    const std::string& stored = changed[static_cast<size_t>(next)];
    if (!records.empty() && bytes + stored.size() > bytes_max) break;
    bytes += stored.size();
    records.push_back({.address = next, .appended_at = std::nullopt, .stored = stored});
  }
  return records;
}

}  // namespace

class FaultyEventLog::Reader : public LogReader {
 public:
  Reader(FaultyEventLog& log, std::string ledger, Address from, std::unique_ptr<LogReader> below)
      : log_(log), ledger_(std::move(ledger)), next_(from), below_(std::move(below)) {}

  absl::StatusOr<std::vector<LogRecord>> Read(std::chrono::milliseconds wait_max, size_t bytes_max) override {
    if (!log_.AwaitReads(wait_max)) return std::vector<LogRecord>();
    {
      const std::lock_guard lock(log_.mutex_);
      if (log_.FailsRead()) return OutOfReach();
      if (const auto* changed = log_.Changed(ledger_)) {
        std::vector<LogRecord> records = ReadChanged(*changed, next_, bytes_max);
        next_ += static_cast<Address>(records.size());
        log_.records_read_ += records.size();
        return records;
      }
    }
    ASSIGN_OR_RETURN(std::vector<LogRecord> records, below_->Read(wait_max, bytes_max));
    next_ = below_->next_address();
    for (LogRecord& record : records) log_.Stamp(record);
    const std::lock_guard lock(log_.mutex_);
    log_.records_read_ += records.size();
    return records;
  }
  absl::StatusOr<Address> End() override {
    {
      const std::lock_guard lock(log_.mutex_);
      if (log_.FailsRead()) return OutOfReach();
      if (const auto* changed = log_.Changed(ledger_)) return static_cast<Address>(changed->size());
    }
    return below_->End();
  }
  Address next_address() const override { return next_; }

 private:
  FaultyEventLog& log_;
  const std::string ledger_;
  Address next_;
  const std::unique_ptr<LogReader> below_;
};

class FaultyEventLog::Appender : public LogAppender {
 public:
  Appender(FaultyEventLog& log, std::string ledger) : log_(log), ledger_(std::move(ledger)) {}

  absl::Status Append(std::string stored) override { return log_.Append(ledger_, std::move(stored)); }
  absl::Status TakeFailure() override {
    const std::lock_guard lock(log_.mutex_);
    return log_.appenders_[ledger_]->TakeFailure();
  }

 private:
  FaultyEventLog& log_;
  const std::string ledger_;
};

void FaultyEventLog::Change(const std::string& ledger,
                            const std::function<void(std::vector<std::string>&)>& change) {
  const std::lock_guard lock(mutex_);
  auto [changed, first] = changed_.try_emplace(ledger);
  if (first) changed->second = ReadWhole(below_, ledger);
  change(changed->second);
}

void FaultyEventLog::FailReads(int count, int first) {
  const std::lock_guard lock(mutex_);
  reads_to_fail_ = count;
  reads_to_pass_ = first;
}

bool FaultyEventLog::FailsRead() {
  if (reads_to_fail_ == 0 || Take(reads_to_pass_)) return false;
  return Take(reads_to_fail_);
}

uint64_t FaultyEventLog::records_read() const {
  const std::lock_guard lock(mutex_);
  return records_read_;
}

void FaultyEventLog::HoldReads() {
  const std::lock_guard lock(mutex_);
  reads_held_ = true;
}

void FaultyEventLog::ReleaseReads() {
  const std::lock_guard lock(mutex_);
  reads_held_ = false;
  happened_.notify_all();
}

void FaultyEventLog::LoseAppends(int count) {
  const std::lock_guard lock(mutex_);
  appends_to_lose_ = count;
}

void FaultyEventLog::HoldAppends() {
  const std::lock_guard lock(mutex_);
  appends_held_ = true;
}

void FaultyEventLog::ReleaseAppends() {
  const std::lock_guard lock(mutex_);
  appends_held_ = false;
  for (const Record& record : held_) PassOn(record.ledger, record.stored).IgnoreError();
  held_.clear();
}

void FaultyEventLog::FailAppends(const absl::Status& status) {
  const std::lock_guard lock(mutex_);
  append_status_ = status;
}

void FaultyEventLog::Misbehave(uint64_t seed, const Odds& odds) {
  const std::lock_guard lock(mutex_);
  random_.seed(seed);
  odds_ = odds;
}

void FaultyEventLog::Behave() {
  const std::lock_guard lock(mutex_);
  odds_ = Odds();
  PassOnDelayed(true).IgnoreError();
}

void FaultyEventLog::StampAppends(const Clock* clock) {
  const std::lock_guard lock(mutex_);
  stamp_ = clock;
}

void FaultyEventLog::AwaitAppends(int count) {
  std::unique_lock lock(mutex_);
  happened_.wait(lock, [&] { return appends_ >= count; });
}

absl::StatusOr<std::unique_ptr<LogReader>> FaultyEventLog::OpenReader(const std::string& ledger,
                                                                      Address from) {
  ASSIGN_OR_RETURN(std::unique_ptr<LogReader> below, below_.OpenReader(ledger, from));
  return std::make_unique<Reader>(*this, ledger, from, std::move(below));
}

absl::StatusOr<std::unique_ptr<LogAppender>> FaultyEventLog::OpenAppender(const std::string& ledger) {
  const std::lock_guard lock(mutex_);
  std::unique_ptr<LogAppender>& below = appenders_[ledger];
  if (below == nullptr) {
    ASSIGN_OR_RETURN(below, below_.OpenAppender(ledger));
  }
  return std::make_unique<Appender>(*this, ledger);
}

absl::StatusOr<LogRecord> FaultyEventLog::ReadAt(const std::string& ledger, Address address) {
  {
    const std::lock_guard lock(mutex_);
    if (FailsRead()) return OutOfReach();
    if (const auto* changed = Changed(ledger)) {
      if (address < 0 || address >= static_cast<Address>(changed->size())) {
        return absl::NotFoundError("there is no such record");
      }
      return LogRecord{.address = address,
                       .appended_at = std::nullopt,
                       .stored = (*changed)[static_cast<size_t>(address)]};
    }
  }
  return below_.ReadAt(ledger, address);
}

absl::Status FaultyEventLog::Append(const std::string& ledger, std::string stored) {
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(append_status_);
  ++appends_;
  happened_.notify_all();
  if (Take(appends_to_lose_)) return absl::OkStatus();
  if (appends_held_) {
    held_.push_back({ledger, std::move(stored)});
    return absl::OkStatus();
  }
  const auto draw = static_cast<int>(random_() % 100);
  if (draw < odds_.lost) return PassOnDelayed(false);
  if (draw < odds_.lost + odds_.delayed) {
    delayed_.push_back({ledger, std::move(stored), 1 + static_cast<int>(random_() % 6)});
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(PassOn(ledger, stored));
  if (draw < odds_.lost + odds_.delayed + odds_.doubled) RETURN_IF_ERROR(PassOn(ledger, stored));
  return PassOnDelayed(false);
}

absl::Status FaultyEventLog::PassOn(const std::string& ledger, const std::string& stored) {
  if (auto* changed = Changed(ledger)) {
    changed->push_back(stored);
    return absl::OkStatus();
  }
  return appenders_[ledger]->Append(stored);
}

absl::Status FaultyEventLog::PassOnDelayed(bool all) {
  std::vector<Record> waiting;
  waiting.swap(delayed_);
  for (Record& record : waiting) {
    if (all || --record.after <= 0) {
      RETURN_IF_ERROR(PassOn(record.ledger, record.stored));
    } else {
      delayed_.push_back(std::move(record));
    }
  }
  return absl::OkStatus();
}

bool FaultyEventLog::AwaitReads(std::chrono::milliseconds wait_max) {
  std::unique_lock lock(mutex_);
  return happened_.wait_for(lock, wait_max, [this] { return !reads_held_; });
}

void FaultyEventLog::Stamp(LogRecord& record) {
  const std::lock_guard lock(mutex_);
  if (stamp_ != nullptr) record.appended_at = stamp_->Now();
}

std::vector<std::string>* FaultyEventLog::Changed(const std::string& ledger) {
  const auto changed = changed_.find(ledger);
  return changed == changed_.end() ? nullptr : &changed->second;
}

}  // namespace realise
