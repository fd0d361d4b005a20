#include "tests/crash/embedded_log_files.h"

#include <chrono>
#include <utility>

#include "gtest/gtest.h"
#include "libs/base/status_macros.h"
#include "libs/event_log/rocksdb/rocksdb_event_log.h"

namespace realise {
namespace {

constexpr std::chrono::seconds kLongWait{30};
constexpr size_t kBytesMax = 1 << 20;

}  // namespace

void AppendAndReadBack(EventLog& log, const std::string& ledger, const std::vector<std::string>& records) {
  const auto before = ReadWhole(log, ledger);
  ASSERT_TRUE(before.ok()) << before.status();
  auto appender = log.OpenAppender(ledger);
  auto reader = log.OpenReader(ledger, static_cast<Address>(before->size()));
  ASSERT_TRUE(appender.ok() && reader.ok());
  for (const std::string& record : records) ASSERT_TRUE((*appender)->Append(record).ok());
  for (size_t read_back = 0; read_back < records.size();) {
    const auto read = (*reader)->Read(kLongWait, kBytesMax);
    ASSERT_TRUE(read.ok()) << read.status();
    ASSERT_FALSE(read->empty());
    for (const LogRecord& record : *read) ASSERT_EQ(record.stored, records[read_back++]);
  }
}

absl::StatusOr<std::vector<std::string>> ReadWhole(EventLog& log, const std::string& ledger) {
  ASSIGN_OR_RETURN(const std::unique_ptr<LogReader> reader, log.OpenReader(ledger, 0));
  ASSIGN_OR_RETURN(const Address end, reader->End());
  std::vector<std::string> records;
  while (reader->next_address() < end) {
    ASSIGN_OR_RETURN(std::vector<LogRecord> read, reader->Read(kLongWait, kBytesMax));
    for (LogRecord& record : read) records.push_back(std::move(record.stored));
  }
  return records;
}

absl::StatusOr<LedgerRecords> OpenAndReadAll(rocksdb::Env* env) {
  ASSIGN_OR_RETURN(const std::unique_ptr<RocksDbEventLog> log,
                   RocksDbEventLog::Open({.path = kLogPath, .env = env}));
  ASSIGN_OR_RETURN(const std::vector<std::string> ledgers, log->ListLedgers());
  LedgerRecords all;
  for (const std::string& ledger : ledgers) {
    ASSIGN_OR_RETURN(all[ledger], ReadWhole(*log, ledger));
    for (size_t i = 0; i < all[ledger].size(); ++i) {
      ASSIGN_OR_RETURN(const LogRecord again, log->ReadAt(ledger, static_cast<Address>(i)));
      if (again.stored != all[ledger][i]) return absl::InternalError("a record was read in two ways");
    }
  }
  return all;
}

LogFiles TakeFiles(rocksdb::Env* env) {
  std::vector<std::string> names;
  EXPECT_TRUE(env->GetChildren(kLogPath, &names).ok());
  LogFiles files;
  for (const std::string& name : names) {
    // Locks belong to a process, and RocksDB's text log is never read.
    if (name == "." || name == ".." || name == "LOCK" || name == "in-use" || name.starts_with("LOG"))
      continue;
    EXPECT_TRUE(rocksdb::ReadFileToString(env, std::string(kLogPath) + "/" + name, &files[name]).ok())
        << name;
  }
  return files;
}

std::unique_ptr<rocksdb::Env> EnvWithFiles(const LogFiles& files) {
  std::unique_ptr<rocksdb::Env> env(rocksdb::NewMemEnv(rocksdb::Env::Default()));
  EXPECT_TRUE(env->CreateDirIfMissing(kLogPath).ok());
  for (const auto& [name, content] : files) {
    EXPECT_TRUE(rocksdb::WriteStringToFile(env.get(), content, std::string(kLogPath) + "/" + name).ok())
        << name;
  }
  return env;
}

}  // namespace realise
