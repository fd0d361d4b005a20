// The power goes at any moment: what was read back is there afterwards, the log opens without an error, and
// behind what was read back stands nothing but what was handed over next.
#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "fmt/format.h"
#include "gtest/gtest.h"
#include "libs/event_log/rocksdb/rocksdb_event_log.h"
#include "tests/crash/embedded_log_files.h"
#include "tests/support/unsynced_loss_fs.h"

namespace realise {
namespace {

constexpr int kSeeds = 40;
constexpr int kCutsOfEachSeed = 6;

// What one ledger was given, and how much of it was read back, over all lives.
struct Given {
  std::vector<std::string> handed_over;  // oldest first; cut back to what is left after each power cut
  size_t read_back = 0;
};

// Hands records over, one ledger after the other, until the power is gone; reads back now and then.
void UseUntilPowerIsGone(RocksDbEventLog& log, std::mt19937_64& random,
                         std::map<std::string, Given>& ledgers) {
  std::map<std::string, std::unique_ptr<LogAppender>> appenders;
  std::map<std::string, std::unique_ptr<LogReader>> readers;
  for (auto& [ledger, given] : ledgers) {
    if (absl::IsNotFound(log.CheckLedger(ledger)) && !log.CreateLedger(ledger).ok()) return;
    appenders[ledger] = log.OpenAppender(ledger).value();
    readers[ledger] = log.OpenReader(ledger, static_cast<Address>(given.read_back)).value();
  }
  while (log.Health().ok()) {
    for (auto& [ledger, given] : ledgers) {
      std::string record = fmt::format("{}-{}-", ledger, given.handed_over.size());
      record.append(random() % 20 == 0 ? random() % 100'000 : random() % 300, 'x');
      if (!appenders[ledger]->Append(record).ok()) return;
      given.handed_over.push_back(std::move(record));
      const auto read = readers[ledger]->Read(std::chrono::milliseconds(random() % 2), 1 << 16);
      ASSERT_TRUE(read.ok()) << read.status();
      for (const LogRecord& back : *read) ASSERT_EQ(back.stored, given.handed_over[given.read_back++]);
    }
  }
}

void CheckAfterPowerCut(RocksDbEventLog& log, std::map<std::string, Given>& ledgers) {
  for (auto& [ledger, given] : ledgers) {
    const auto left = ReadWhole(log, ledger);
    if (absl::IsNotFound(left.status())) {
      ASSERT_EQ(given.read_back, 0U);
      given.handed_over.clear();
      continue;
    }
    ASSERT_TRUE(left.ok()) << left.status();
    ASSERT_GE(left->size(), given.read_back) << "what was read back is gone";
    ASSERT_LE(left->size(), given.handed_over.size());
    given.handed_over.resize(left->size());
    ASSERT_EQ(*left, given.handed_over);
    given.read_back = left->size();
  }
}

void LoseThePowerAgainAndAgain(uint64_t seed, UnsyncedTail tail) {
  SCOPED_TRACE(fmt::format("seed {}", seed));
  std::mt19937_64 random(seed);
  UnsyncedLossEnv disk(seed);
  std::map<std::string, Given> ledgers = {{"RH5", {}}, {"RBD", {}}, {"RX1", {}}};
  for (int cut = 0; cut < kCutsOfEachSeed; ++cut) {
    auto log = RocksDbEventLog::Open({.path = kLogPath, .env = disk.env()});
    ASSERT_TRUE(log.ok()) << "after cut " << cut << ": " << log.status();
    CheckAfterPowerCut(**log, ledgers);
    if (::testing::Test::HasFatalFailure()) return;
    const uint64_t syncs = disk.fs().syncs() + random() % 60;
    std::thread cutter([&] {
      while (disk.fs().syncs() < syncs) std::this_thread::yield();
      disk.fs().PowerOff();
    });
    UseUntilPowerIsGone(**log, random, ledgers);
    cutter.join();
    log->reset();
    disk.fs().PowerOn(tail);
    if (::testing::Test::HasFatalFailure()) return;
  }
}

TEST(EmbeddedPowerCut, WhatWasReadBackSurvivesWhenTheRestIsDropped) {
  for (uint64_t seed = 1; seed <= kSeeds && !testing::Test::HasFailure(); ++seed) {
    LoseThePowerAgainAndAgain(seed, UnsyncedTail::kDropped);
  }
}

TEST(EmbeddedPowerCut, WhatWasReadBackSurvivesWhenTheRestIsTorn) {
  for (uint64_t seed = 1001; seed <= 1000 + kSeeds && !testing::Test::HasFailure(); ++seed) {
    LoseThePowerAgainAndAgain(seed, UnsyncedTail::kTorn);
  }
}

TEST(EmbeddedPowerCut, AFailedWriteStopsTheLogAndIsReported) {
  UnsyncedLossEnv disk;
  auto log = RocksDbEventLog::Open({.path = kLogPath, .env = disk.env()});
  ASSERT_TRUE(log.ok()) << log.status();
  ASSERT_TRUE((*log)->CreateLedger("RH5").ok());
  AppendAndReadBack(**log, "RH5", {"kept"});
  auto appender = (*log)->OpenAppender("RH5").value();
  disk.fs().PowerOff();
  ASSERT_TRUE(appender->Append("lost").ok());
  absl::Status failure;
  while (failure.ok()) failure = appender->TakeFailure();
  EXPECT_TRUE(absl::IsUnavailable(failure)) << failure;
  EXPECT_TRUE(appender->TakeFailure().ok()) << "it is taken once";
  EXPECT_TRUE(absl::IsUnavailable((*log)->Health()));
  EXPECT_TRUE(absl::IsUnavailable(appender->Append("later")));
  EXPECT_TRUE(absl::IsUnavailable((*log)->CreateLedger("RBD")));
  EXPECT_EQ(ReadWhole(**log, "RH5").value(), std::vector<std::string>{"kept"});
}

}  // namespace
}  // namespace realise
