// A log of which only so much can be seen yet, so that a recorded ledger can be played to a fold in portions.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "libs/event_log/event_log.h"

namespace realise::testing {

// The log below must outlive it, and number its records 0, 1, 2 ..., as the embedded one does.  For one
// thread.
class LimitedLog : public EventLog {
 public:
  explicit LimitedLog(EventLog& log) : log_(log) {}

  // Records before this address can be seen, of every ledger.
  void Show(Address end) { end_ = end; }

  absl::Status CreateLedger(const std::string& ledger) override { return log_.CreateLedger(ledger); }
  absl::StatusOr<std::vector<std::string>> ListLedgers() override { return log_.ListLedgers(); }
  absl::Status CheckLedger(const std::string& ledger) override { return log_.CheckLedger(ledger); }
  absl::StatusOr<std::unique_ptr<LogReader>> OpenReader(const std::string& ledger, Address from) override {
    auto reader = log_.OpenReader(ledger, from);
    if (!reader.ok()) return reader.status();
    return std::make_unique<Reader>(*this, std::move(*reader));
  }
  absl::StatusOr<std::unique_ptr<LogAppender>> OpenAppender(const std::string& ledger) override {
    return log_.OpenAppender(ledger);
  }
  absl::StatusOr<LogRecord> ReadAt(const std::string& ledger, Address address) override {
    return log_.ReadAt(ledger, address);
  }

 private:
  class Reader : public LogReader {
   public:
    Reader(const LimitedLog& log, std::unique_ptr<LogReader> reader)
        : log_(log), reader_(std::move(reader)) {}

    absl::StatusOr<std::vector<LogRecord>> Read(std::chrono::milliseconds wait_max,
                                                size_t bytes_max) override {
      std::vector<LogRecord> records;
      size_t bytes = 0;
      while (reader_->next_address() < log_.end_ && (records.empty() || bytes < bytes_max)) {
        auto next = reader_->Read(wait_max, 1);
        if (!next.ok()) return next.status();
        if (next->empty()) break;
        bytes += next->front().stored.size();
        records.push_back(std::move(next->front()));
      }
      return records;
    }
    absl::StatusOr<Address> End() override {
      auto end = reader_->End();
      if (!end.ok()) return end.status();
      return std::min(*end, log_.end_);
    }
    Address next_address() const override { return reader_->next_address(); }

   private:
    const LimitedLog& log_;
    const std::unique_ptr<LogReader> reader_;
  };

  EventLog& log_;
  Address end_ = 0;
};

}  // namespace realise::testing
