#include "libs/event_log/rocksdb/rocksdb_event_log.h"

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "fmt/format.h"
#include "gtest/gtest.h"
#include "libs/event_log/rocksdb/durable_mark.h"
#include "libs/event_log/rocksdb/log_database.h"
#include "rocksdb/db.h"
#include "rocksdb/env.h"
#include "tests/support/unsynced_loss_fs.h"

namespace realise {
namespace {

constexpr char kPath[] = "/log";
constexpr std::chrono::seconds kLongWait{20};

TEST(DurableMark, KeepsTheLastCount) {
  UnsyncedLossEnv disk;
  ASSERT_TRUE(disk.env()->CreateDirIfMissing(kPath).ok());
  {
    DurableMark mark(*disk.env(), kPath);
    EXPECT_TRUE(absl::IsNotFound(mark.Load().status()));
    ASSERT_TRUE(mark.Create().ok());
    EXPECT_EQ(mark.Load().value(), DurableCount{});
    for (uint64_t records = 1; records <= 5; ++records) {
      ASSERT_TRUE(mark.Store({.ledgers = 2, .records = records}).ok());
    }
  }
  DurableMark again(*disk.env(), kPath);
  EXPECT_EQ(again.Load().value(), (DurableCount{.ledgers = 2, .records = 5}));
}

TEST(DurableMark, APowerCutWhileItIsWrittenLeavesTheCountBefore) {
  UnsyncedLossEnv disk;
  ASSERT_TRUE(disk.env()->CreateDirIfMissing(kPath).ok());
  DurableMark mark(*disk.env(), kPath);
  ASSERT_TRUE(mark.Create().ok());
  for (uint64_t records = 1; records <= 9; ++records) {
    ASSERT_TRUE(mark.Store({.ledgers = 1, .records = records}).ok());
    // The next write begins by emptying the older file; it gets no further.
    const std::string slot = std::string(kPath) + (records % 2 == 0 ? "/durable-mark.1" : "/durable-mark.0");
    std::unique_ptr<rocksdb::WritableFile> begun;
    ASSERT_TRUE(disk.env()->NewWritableFile(slot, &begun, rocksdb::EnvOptions()).ok());
    begun.reset();
    disk.fs().PowerOff();
    disk.fs().PowerOn(UnsyncedTail::kDropped);
    DurableMark after(*disk.env(), kPath);
    EXPECT_EQ(after.Load().value().records, records);
  }
}

TEST(RocksDbEventLog, AQueueThatIsFullIsSaidSo) {
  const std::unique_ptr<rocksdb::Env> env(rocksdb::NewMemEnv(rocksdb::Env::Default()));
  const auto log = RocksDbEventLog::Open({.path = kPath, .env = env.get(), .queued_bytes_max = 1000}).value();
  ASSERT_TRUE(log->CreateLedger("RH5").ok());
  const auto appender = log->OpenAppender("RH5").value();
  EXPECT_TRUE(absl::IsResourceExhausted(appender->Append(std::string(1001, 'x'))));
  EXPECT_TRUE(appender->Append(std::string(1000, 'x')).ok());
  const auto reader = log->OpenReader("RH5", 0).value();
  ASSERT_EQ(reader->Read(kLongWait, 1).value().size(), 1U);
  EXPECT_TRUE(appender->Append(std::string(1000, 'y')).ok()) << "what was read back no longer counts";
}

TEST(RocksDbEventLog, OnlyOneProcessHasIt) {
  const std::unique_ptr<rocksdb::Env> env(rocksdb::NewMemEnv(rocksdb::Env::Default()));
  auto log = RocksDbEventLog::Open({.path = kPath, .env = env.get()});
  ASSERT_TRUE(log.ok());
  EXPECT_TRUE(absl::IsUnavailable(RocksDbEventLog::Open({.path = kPath, .env = env.get()}).status()));
  log->reset();
  EXPECT_TRUE(RocksDbEventLog::Open({.path = kPath, .env = env.get()}).ok());
}

TEST(RocksDbEventLog, OnlyAnOdsCodeIsALedger) {
  const std::unique_ptr<rocksdb::Env> env(rocksdb::NewMemEnv(rocksdb::Env::Default()));
  const auto log = RocksDbEventLog::Open({.path = kPath, .env = env.get()}).value();
  for (const std::string code : {"", "rh5", "RH 5", "R", "ABCDEFGHIJK"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(log->CreateLedger(code))) << code;
  }
}

TEST(RocksDbEventLog, WhatIsQueuedIsDurableOnceItIsClosed) {
  const std::unique_ptr<rocksdb::Env> env(rocksdb::NewMemEnv(rocksdb::Env::Default()));
  {
    const auto log = RocksDbEventLog::Open({.path = kPath, .env = env.get()}).value();
    ASSERT_TRUE(log->CreateLedger("RH5").ok());
    const auto appender = log->OpenAppender("RH5").value();
    for (int i = 0; i < 1000; ++i) ASSERT_TRUE(appender->Append(fmt::format("record-{}", i)).ok());
  }
  const auto log = RocksDbEventLog::Open({.path = kPath, .env = env.get()}).value();
  EXPECT_EQ(log->ReadAt("RH5", 999).value().stored, "record-999");
  EXPECT_TRUE(absl::IsNotFound(log->ReadAt("RH5", 1000).status()));
}

// Rows that RocksDB itself lost, without any checksum that is wrong.
TEST(RocksDbEventLog, AMissingRecordIsDataLoss) {
  const std::unique_ptr<rocksdb::Env> env(rocksdb::NewMemEnv(rocksdb::Env::Default()));
  {
    const auto log = RocksDbEventLog::Open({.path = kPath, .env = env.get()}).value();
    ASSERT_TRUE(log->CreateLedger("RH5").ok());
    const auto appender = log->OpenAppender("RH5").value();
    for (int i = 0; i < 10; ++i) ASSERT_TRUE(appender->Append(fmt::format("record-{}", i)).ok());
  }
  {
    const OpenedDatabase opened = OpenDatabase(*env, kPath).value();
    ASSERT_TRUE(opened.db->Delete(rocksdb::WriteOptions(), RecordKey("RH5", 4)).ok());
  }
  const auto log = RocksDbEventLog::Open({.path = kPath, .env = env.get()}).value();
  const auto reader = log->OpenReader("RH5", 0).value();
  EXPECT_EQ(reader->Read(kLongWait, 1 << 20).value().size(), 4U);
  EXPECT_TRUE(absl::IsDataLoss(reader->Read(kLongWait, 1 << 20).status()));
  EXPECT_TRUE(absl::IsDataLoss(log->ReadAt("RH5", 4).status()));
  EXPECT_EQ(log->ReadAt("RH5", 5).value().stored, "record-5");
}

TEST(RocksDbEventLog, GroupCommitSyncsLessOftenThanItAppends) {
  UnsyncedLossEnv disk;
  const auto log = RocksDbEventLog::Open({.path = kPath, .env = disk.env()}).value();
  ASSERT_TRUE(log->CreateLedger("RH5").ok());
  const uint64_t before = disk.fs().syncs();
  constexpr int kAppenders = 4;
  constexpr int kEach = 2000;
  std::vector<std::thread> appenders;
  for (int i = 0; i < kAppenders; ++i) {
    appenders.emplace_back([&log] {
      const auto appender = log->OpenAppender("RH5").value();
      for (int n = 0; n < kEach; ++n) ASSERT_TRUE(appender->Append("record").ok());
    });
  }
  for (std::thread& appender : appenders) appender.join();
  const auto reader = log->OpenReader("RH5", 0).value();
  while (reader->next_address() < kAppenders * kEach) ASSERT_TRUE(reader->Read(kLongWait, 1 << 20).ok());
  EXPECT_LT(disk.fs().syncs() - before, static_cast<uint64_t>(kAppenders * kEach));
}

}  // namespace
}  // namespace realise
