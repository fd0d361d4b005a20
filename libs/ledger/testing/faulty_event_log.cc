#include "libs/ledger/testing/faulty_event_log.h"

#include <utility>

#include "libs/base/status_macros.h"

namespace realise::testing {

class FaultyEventLog::Reader : public LogReader {
 public:
  Reader(FaultyEventLog& log, std::unique_ptr<LogReader> below) : log_(log), below_(std::move(below)) {}

  absl::StatusOr<std::vector<LogRecord>> Read(std::chrono::milliseconds wait_max, size_t bytes_max) override {
    if (!log_.AwaitReads(wait_max)) return std::vector<LogRecord>();
    auto records = below_->Read(wait_max, bytes_max);
    if (!records.ok()) return records;
    for (LogRecord& record : *records) log_.Stamp(record);
    return records;
  }
  absl::StatusOr<Address> End() override { return below_->End(); }
  Address next_address() const override { return below_->next_address(); }

 private:
  FaultyEventLog& log_;
  std::unique_ptr<LogReader> below_;
};

class FaultyEventLog::Appender : public LogAppender {
 public:
  Appender(FaultyEventLog& log, std::string ledger) : log_(log), ledger_(std::move(ledger)) {}

  absl::Status Append(std::string stored) override { return log_.Append(ledger_, std::move(stored)); }
  absl::Status TakeFailure() override { return absl::OkStatus(); }

 private:
  FaultyEventLog& log_;
  const std::string ledger_;
};

void FaultyEventLog::HoldReads() {
  const std::lock_guard lock(mutex_);
  reads_held_ = true;
}

void FaultyEventLog::ReleaseReads() {
  const std::lock_guard lock(mutex_);
  reads_held_ = false;
  changed_.notify_all();
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

void FaultyEventLog::LoseNext(int count) {
  const std::lock_guard lock(mutex_);
  lose_next_ = count;
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
  changed_.wait(lock, [&] { return appends_ >= count; });
}

absl::Status FaultyEventLog::CreateLedger(const std::string& ledger) { return below_.CreateLedger(ledger); }

absl::StatusOr<std::vector<std::string>> FaultyEventLog::ListLedgers() { return below_.ListLedgers(); }

absl::Status FaultyEventLog::CheckLedger(const std::string& ledger) { return below_.CheckLedger(ledger); }

absl::StatusOr<std::unique_ptr<LogReader>> FaultyEventLog::OpenReader(const std::string& ledger,
                                                                      Address from) {
  ASSIGN_OR_RETURN(std::unique_ptr<LogReader> below, below_.OpenReader(ledger, from));
  return std::make_unique<Reader>(*this, std::move(below));
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
  return below_.ReadAt(ledger, address);
}

absl::Status FaultyEventLog::Append(const std::string& ledger, std::string stored) {
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(append_status_);
  ++appends_;
  changed_.notify_all();
  if (lose_next_ > 0) {
    --lose_next_;
    return absl::OkStatus();
  }
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
  return changed_.wait_for(lock, wait_max, [this] { return !reads_held_; });
}

void FaultyEventLog::Stamp(LogRecord& record) {
  const std::lock_guard lock(mutex_);
  if (stamp_ != nullptr) record.appended_at = stamp_->Now();
}

}  // namespace realise::testing
