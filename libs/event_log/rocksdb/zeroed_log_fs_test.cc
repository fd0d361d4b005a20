#include "libs/event_log/rocksdb/zeroed_log_fs.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "fmt/format.h"
#include "libs/event_log/rocksdb/rocksdb_event_log.h"
#include "rocksdb/env.h"

namespace realise {
namespace {

using rocksdb::IOOptions;

class ZeroedLogFsTest : public ::testing::Test {
 protected:
  ZeroedLogFsTest() { std::filesystem::create_directories(folder_); }
  ~ZeroedLogFsTest() override { std::filesystem::remove_all(folder_); }

  std::unique_ptr<rocksdb::FSWritableFile> Make(const std::string& name) {
    std::unique_ptr<rocksdb::FSWritableFile> file;
    EXPECT_TRUE(fs_.NewWritableFile(folder_ + "/" + name, {}, &file, nullptr).ok());
    return file;
  }
  std::string Content(const std::string& name) {
    std::string content;
    EXPECT_TRUE(rocksdb::ReadFileToString(&fs_, folder_ + "/" + name, &content).ok());
    return content;
  }

  const std::string folder_ = ::testing::TempDir() + fmt::format("zeroed_log.{}", getpid());
  ZeroedLogFs fs_{rocksdb::FileSystem::Default()};
};

TEST_F(ZeroedLogFsTest, WhatIsAppendedStandsBeforeZerosUntilItIsClosed) {
  const auto file = Make("1.log");
  file->SetPreallocationBlockSize(8 * kZeroedAheadBytes);
  std::string appended;
  for (int i = 0; appended.size() < 3 * kZeroedAheadBytes; ++i) {
    const std::string data(1 + static_cast<size_t>(i) * 37 % 9000, static_cast<char>('a' + i % 26));
    file->PrepareWrite(appended.size(), data.size(), IOOptions(), nullptr);
    ASSERT_TRUE(file->Append(data, IOOptions(), nullptr).ok());
    appended += data;
    const std::string content = Content("1.log");
    ASSERT_EQ(content.substr(0, appended.size()), appended);
    ASSERT_EQ(content.find_first_not_of('\0', appended.size()), std::string::npos);
    if (i == 0) {
      ASSERT_EQ(content.size(), kZeroedAheadBytes);
    }
    ASSERT_EQ(content.size() % (32 * 1024), 0u);
  }
  EXPECT_TRUE(file->Close(IOOptions(), nullptr).ok());
  EXPECT_EQ(Content("1.log"), appended);
}

TEST_F(ZeroedLogFsTest, OtherFilesAndLargeAppendsHaveNone) {
  const auto table = Make("2.sst");
  ASSERT_TRUE(table->Append("rows", IOOptions(), nullptr).ok());
  EXPECT_EQ(Content("2.sst"), "rows");
  const auto log = Make("3.log");
  const std::string large(kZeroedAheadBytes, 'x');
  ASSERT_TRUE(log->Append(large, IOOptions(), nullptr).ok());
  EXPECT_EQ(Content("3.log"), large);
}

TEST_F(ZeroedLogFsTest, AFileThatAppendsAtItsEndHasNone) {
  const std::unique_ptr<rocksdb::Env> memory(rocksdb::NewMemEnv(rocksdb::Env::Default()));
  ZeroedLogFs fs(memory->GetFileSystem());
  std::unique_ptr<rocksdb::FSWritableFile> file;
  ASSERT_TRUE(fs.NewWritableFile("/4.log", {}, &file, nullptr).ok());
  ASSERT_TRUE(file->Append("one", IOOptions(), nullptr).ok());
  ASSERT_TRUE(file->Append("two", IOOptions(), nullptr).ok());
  std::string content;
  ASSERT_TRUE(rocksdb::ReadFileToString(&fs, "/4.log", &content).ok());
  EXPECT_EQ(content, "onetwo");
}

// As a process that is killed leaves it: the folder is copied while the log is open.
TEST_F(ZeroedLogFsTest, ALogWithZerosBehindItsLastRecordIsRecovered) {
  constexpr int kRecords = 50;
  {
    const auto log = RocksDbEventLog::Open({.path = folder_ + "/log", .env = nullptr}).value();
    ASSERT_TRUE(log->CreateLedger("RA1").ok());
    const auto appender = log->OpenAppender("RA1").value();
    const auto reader = log->OpenReader("RA1", 0).value();
    for (int i = 0; i < kRecords; ++i) ASSERT_TRUE(appender->Append(fmt::format("record {}", i)).ok());
    for (size_t seen = 0; seen < kRecords;)
      seen += reader->Read(std::chrono::seconds(1), 1 << 20).value().size();
    std::filesystem::copy(folder_ + "/log", folder_ + "/copy", std::filesystem::copy_options::recursive);
  }
  size_t with_zeros = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder_ + "/copy")) {
    with_zeros += entry.path().extension() == ".log" && entry.file_size() >= kZeroedAheadBytes;
  }
  EXPECT_EQ(with_zeros, 1u);
  const auto copy = RocksDbEventLog::Open({.path = folder_ + "/copy", .env = nullptr}).value();
  EXPECT_EQ(copy->ReadAt("RA1", kRecords - 1).value().stored, fmt::format("record {}", kRecords - 1));
  EXPECT_FALSE(copy->ReadAt("RA1", kRecords).ok());
}

}  // namespace
}  // namespace realise
