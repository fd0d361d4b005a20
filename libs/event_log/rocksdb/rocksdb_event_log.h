// The embedded log: every ledger of one process in one RocksDB database, with nothing to install beside the
// program.
//
// A record is acknowledged, and shown to readers, when the write-ahead log that holds it was synced.  One
// thread commits: what all appenders have queued goes into one synced write.  Opening looks at the database
// before it changes anything, and refuses one that holds less than was acknowledged (durable_mark.h); what a
// power cut tore before it was acknowledged goes without a word.  Records of a ledger are dense by address,
// from 0: one that is missing is DATA_LOSS.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "libs/event_log/event_log.h"

namespace rocksdb {
class Env;
}

namespace realise {

// A longer record is INVALID_ARGUMENT.
inline constexpr size_t kRocksDbRecordBytesMax = 1024 * 1024;

struct RocksDbEventLogOptions {
  std::string path;             // of the database's directory; made if it does not exist
  rocksdb::Env* env = nullptr;  // the default one if null; must outlive the log
  // Handed over and not yet durable, of all appenders together; more is RESOURCE_EXHAUSTED.
  size_t queued_bytes_max = 64 * 1024 * 1024;
};

// Runs two threads of its own.  Thread-safe.
class RocksDbEventLog : public EventLog {
 public:
  //   UNAVAILABLE  it cannot be opened now: another process has it, or the disk does not answer.
  //   DATA_LOSS    it is damaged, or acknowledged records are missing.  Nothing was changed: restore it from
  //   a backup.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<RocksDbEventLog>> Open(
      const RocksDbEventLogOptions& options);
  // Commits what is queued.  Readers and appenders have to be gone.
  ~RocksDbEventLog() override;

  RocksDbEventLog(const RocksDbEventLog&) = delete;
  RocksDbEventLog& operator=(const RocksDbEventLog&) = delete;

  //   INVALID_ARGUMENT  not an ODS code.
  [[nodiscard]] absl::Status CreateLedger(const std::string& ledger) override;
  [[nodiscard]] absl::StatusOr<std::vector<std::string>> ListLedgers() override;
  [[nodiscard]] absl::Status CheckLedger(const std::string& ledger) override;
  [[nodiscard]] absl::StatusOr<std::unique_ptr<LogReader>> OpenReader(const std::string& ledger,
                                                                      Address from) override;
  [[nodiscard]] absl::StatusOr<std::unique_ptr<LogAppender>> OpenAppender(const std::string& ledger) override;
  [[nodiscard]] absl::StatusOr<LogRecord> ReadAt(const std::string& ledger, Address address) override;

  // Not OK once a write failed: whether it is on the disk is unknown.
  [[nodiscard]] absl::Status Health() const override;

 private:
  class Impl;
  class Reader;
  class Appender;
  explicit RocksDbEventLog(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace realise
