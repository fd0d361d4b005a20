// One byte changed in any file of the embedded log, a file cut short or gone: the log says so, or serves
// exactly what was acknowledged.  It never serves something else, and never less.
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "fmt/format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/event_log/rocksdb/rocksdb_event_log.h"
#include "tests/crash/embedded_log_files.h"

namespace realise {
namespace {

constexpr size_t kEveryByteUpTo = 300;
constexpr size_t kOffsetsOfLongerFiles = 120;

// Two ledgers whose records lie in sorted files and in a write-ahead log, as a closed log leaves them.
class EmbeddedCorruption : public ::testing::Test {
 protected:
  void SetUp() override {
    const std::unique_ptr<rocksdb::Env> env(rocksdb::NewMemEnv(rocksdb::Env::Default()));
    for (int life = 0; life < 3; ++life) {
      auto log = RocksDbEventLog::Open({.path = kLogPath, .env = env.get()});
      ASSERT_TRUE(log.ok()) << log.status();
      for (const std::string ledger : {"RH5", "RBD"}) {
        if (life == 0) {
          ASSERT_TRUE((*log)->CreateLedger(ledger).ok());
        }
        std::vector<std::string> records;
        for (int i = 0; i < 60; ++i) records.push_back(fmt::format("{}-{}-{}", ledger, life, i));
        records.emplace_back(20'000, static_cast<char>('a' + life));
        AppendAndReadBack(**log, ledger, records);
        for (std::string& record : records) acknowledged_[ledger].push_back(std::move(record));
      }
    }
    files_ = TakeFiles(env.get());
    ASSERT_EQ(OpenAndReadAll(EnvWithFiles(files_).get()).value(), acknowledged_);
  }

  // Whether the damage was noticed; it is a failure if it was not and something wrong was served.
  bool Noticed(const LogFiles& damaged, const std::string& what) {
    const auto env = EnvWithFiles(damaged);
    const auto read = OpenAndReadAll(env.get());
    if (!read.ok()) {
      EXPECT_FALSE(absl::IsInternal(read.status())) << what << ": " << read.status();
      return true;
    }
    EXPECT_EQ(*read, acknowledged_) << what;
    return false;
  }

  static bool IsData(const std::string& name) {
    return name.ends_with(".sst") || name.ends_with(".log") || name.starts_with("MANIFEST");
  }

  LedgerRecords acknowledged_;
  LogFiles files_;
};

TEST_F(EmbeddedCorruption, AChangedByteIsNeverServed) {
  std::mt19937_64 random(20240401);
  std::set<std::string> kinds;
  for (const auto& [name, content] : files_) {
    std::set<size_t> offsets;
    if (content.size() <= kEveryByteUpTo) {
      for (size_t i = 0; i < content.size(); ++i) offsets.insert(i);
    } else {
      while (offsets.size() < kOffsetsOfLongerFiles) offsets.insert(random() % content.size());
      // Lengths, checksums and footers stand at the ends.
      for (size_t i = 0; i < 16; ++i) offsets.insert({i, content.size() - 1 - i});
    }
    size_t noticed = 0;
    for (const size_t offset : offsets) {
      LogFiles damaged = files_;
      damaged[name][offset] = static_cast<char>(damaged[name][offset] ^ (1 + random() % 255));
      if (Noticed(damaged, fmt::format("{} at {} of {}", name, offset, content.size()))) ++noticed;
    }
    fmt::print("{}: {} of {} changed bytes were noticed, the others did not matter\n", name, noticed,
               offsets.size());
    if (!IsData(name)) continue;
    EXPECT_GT(noticed, 0U) << name;
    kinds.insert(name.ends_with(".sst") ? "sst" : name.ends_with(".log") ? "wal" : "manifest");
  }
  EXPECT_THAT(kinds, ::testing::ElementsAre("manifest", "sst", "wal"));
}

TEST_F(EmbeddedCorruption, AWriteAheadLogCutShortIsDataLossAndStaysAsItIs) {
  for (const auto& [name, content] : files_) {
    if (!name.ends_with(".log") || content.empty()) continue;
    for (size_t length = 0; length < content.size(); length += 1 + content.size() / 40) {
      LogFiles damaged = files_;
      damaged[name].resize(length);
      const auto env = EnvWithFiles(damaged);
      for (int attempt = 0; attempt < 2; ++attempt) {
        const auto read = OpenAndReadAll(env.get());
        EXPECT_TRUE(absl::IsDataLoss(read.status())) << name << " cut at " << length << ": " << read.status();
      }
      // Nothing was changed by looking, so mending the file brings everything back.
      const std::string path = std::string(kLogPath) + "/" + name;
      ASSERT_TRUE(rocksdb::WriteStringToFile(env.get(), content, path).ok());
      const auto mended = OpenAndReadAll(env.get());
      ASSERT_TRUE(mended.ok()) << name << " cut at " << length << ": " << mended.status();
      EXPECT_EQ(*mended, acknowledged_);
    }
  }
}

TEST_F(EmbeddedCorruption, AMissingFileIsNoticedOrDidNotMatter) {
  for (const auto& [name, content] : files_) {
    LogFiles damaged = files_;
    damaged.erase(name);
    const bool noticed = Noticed(damaged, name + " is gone");
    EXPECT_TRUE(noticed || !IsData(name) || content.empty()) << name;
  }
}

TEST_F(EmbeddedCorruption, AnEmptyDirectoryInPlaceOfTheDatabaseIsDataLoss) {
  LogFiles left;
  for (const auto& [name, content] : files_) {
    if (name.starts_with("durable-mark")) left[name] = content;
  }
  ASSERT_EQ(left.size(), 2U);
  EXPECT_TRUE(absl::IsDataLoss(OpenAndReadAll(EnvWithFiles(left).get()).status()));
}

TEST_F(EmbeddedCorruption, WithoutItsMarkTheLogDoesNotOpen) {
  LogFiles damaged = files_;
  damaged.erase("durable-mark.0");
  damaged.erase("durable-mark.1");
  EXPECT_TRUE(absl::IsDataLoss(OpenAndReadAll(EnvWithFiles(damaged).get()).status()));
}

}  // namespace
}  // namespace realise
