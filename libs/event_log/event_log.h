// The log: for each ledger a sequence of records that are only ever appended to.  It knows nothing of what a
// record says; which records are valid commits is for its readers to judge (commit_chain.h), and CommitReader
// does so.
//
// Implementations: RocksDbEventLog (event_log/rocksdb, the default) and KafkaEventLog (event_log/kafka).
// Both pass tests/contract.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/base/calendar.h"

namespace realise {

// Where a record stands in one implementation's log of one ledger: rises from record to record, need not be
// dense, and means nothing anywhere else.  0 is at or before the first record.
using Address = int64_t;

struct LogRecord {
  Address address = 0;
  // When the log took it by the log's own clock; nothing if it does not say.
  std::optional<Instant> appended_at;
  std::string stored;
};

// Reads one ledger from one place on.  Not thread-safe; the log must outlive it.
class LogReader {
 public:
  virtual ~LogReader() = default;

  // Returns the next durable records, in order, at least one and at most about `bytes_max` bytes of them,
  // waiting up to `wait_max` for the first; empty if none came.
  //   UNAVAILABLE  the log cannot be reached now; call again.
  //   DATA_LOSS    the next record is gone or damaged; never goes on by itself.  Stop this ledger.
  [[nodiscard]] virtual absl::StatusOr<std::vector<LogRecord>> Read(std::chrono::milliseconds wait_max,
                                                                    size_t bytes_max) = 0;

  // Returns the address behind the last durable record, as of a moment during this call.  A reader whose next
  // address is not below it has seen everything that was acknowledged before the call.
  //   UNAVAILABLE  the log cannot be reached now; call again.
  [[nodiscard]] virtual absl::StatusOr<Address> End() = 0;

  // The address behind the last record that Read returned, or where the reader was opened.
  virtual Address next_address() const = 0;
};

// Appends to one ledger.  Not thread-safe; the log must outlive it.
class LogAppender {
 public:
  virtual ~LogAppender() = default;

  // Hands a record over; records of one appender are recorded in this order, or not at all.  OK does not mean
  // that it is recorded: only reading it back does.
  //   RESOURCE_EXHAUSTED  too much is under way; call again once something was read back.
  //   INVALID_ARGUMENT    longer than the log takes.
  //   UNAVAILABLE         the log cannot be reached or no longer takes anything.
  [[nodiscard]] virtual absl::Status Append(std::string stored) = 0;

  // OK, or the first failure of a record handed over since the last call.  After one, whether that record and
  // those behind it are recorded is unknown until they are read back, or something else stands in their
  // place.
  [[nodiscard]] virtual absl::Status TakeFailure() = 0;
};

// Thread-safe.
class EventLog {
 public:
  virtual ~EventLog() = default;

  // Makes the place for a ledger's records (a topic, for example); appends nothing.
  //   ALREADY_EXISTS  there is one.
  [[nodiscard]] virtual absl::Status CreateLedger(const std::string& ledger) = 0;

  // The codes of all ledgers, sorted.
  [[nodiscard]] virtual absl::StatusOr<std::vector<std::string>> ListLedgers() = 0;

  // OK if the ledger exists and its place is safe to keep a ledger in.
  //   NOT_FOUND            there is no such ledger.
  //   FAILED_PRECONDITION  its place could lose or change records; the message says which setting, and what
  //   is right.
  [[nodiscard]] virtual absl::Status CheckLedger(const std::string& ledger) = 0;

  // Opens a reader at `from`.   NOT_FOUND  there is no such ledger.
  [[nodiscard]] virtual absl::StatusOr<std::unique_ptr<LogReader>> OpenReader(const std::string& ledger,
                                                                              Address from) = 0;

  // Opens an appender.   NOT_FOUND  there is no such ledger.
  [[nodiscard]] virtual absl::StatusOr<std::unique_ptr<LogAppender>> OpenAppender(
      const std::string& ledger) = 0;

  // Reads one record again.
  //   NOT_FOUND  there is no record at that address: the log was truncated, or is another one.
  [[nodiscard]] virtual absl::StatusOr<LogRecord> ReadAt(const std::string& ledger, Address address) = 0;
  // As ReadAt of each, in one answer for each; those that stand close together may be read at once.
  // REQUIRES: addresses rise.
  [[nodiscard]] virtual std::vector<absl::StatusOr<LogRecord>> ReadEachAt(
      const std::string& ledger, const std::vector<Address>& addresses) {
    std::vector<absl::StatusOr<LogRecord>> records;
    records.reserve(addresses.size());
    for (const Address address : addresses) records.push_back(ReadAt(ledger, address));
    return records;
  }

  // OK, or why nothing can be appended any more until the log is opened again; reading goes on.  At once.
  [[nodiscard]] virtual absl::Status Health() const { return absl::OkStatus(); }
};

}  // namespace realise
