// What every EventLog promises, as one suite.  An implementation instantiates it in a file of its own:
//
//   INSTANTIATE_TEST_SUITE_P(Embedded, EventLogContract, ::testing::Values(&MakeEmbeddedWorld));
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "libs/event_log/event_log.h"

namespace realise {

// The place that a log keeps its records in; what was durable stays in it when the log is closed.
class EventLogWorld {
 public:
  virtual ~EventLogWorld() = default;

  // The open log.
  virtual EventLog& log() = 0;
  // Closes the log and opens it again on the same place, as another process would.
  virtual void Reopen() = 0;
  // An ODS code that no other test of this run uses, so that a place can be shared; they rise, as texts.
  virtual std::string NewLedgerCode() = 0;
};

using EventLogWorldFactory = std::unique_ptr<EventLogWorld> (*)();

class EventLogContract : public ::testing::TestWithParam<EventLogWorldFactory> {
 protected:
  void SetUp() override;

  EventLog& log() { return world_->log(); }
  // A ledger that was created and holds nothing.
  std::string NewLedger();
  // Appends them through one appender, again and again while the log is full.
  void Append(const std::string& ledger, const std::vector<std::string>& records);
  // Reads from `from` on until `count` records have come.
  std::vector<LogRecord> ReadCount(const std::string& ledger, Address from, size_t count,
                                   size_t bytes_max = 1 << 20);

  std::unique_ptr<EventLogWorld> world_;
};

}  // namespace realise
