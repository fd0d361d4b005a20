#include "libs/rocksdb/info_log.h"

#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace realise {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class InfoLogTest : public ::testing::Test {
 protected:
  void SetUp() override { std::filesystem::remove_all(folder_); }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string Text(const std::string& name) const {
    std::stringstream text;
    text << std::ifstream(folder_ + "/" + name).rdbuf();
    return text.str();
  }

  const std::string folder_ = ::testing::TempDir() + "/info_log_test";
};

TEST_F(InfoLogTest, KeepsWhatTheRunBeforeSaid) {
  rocksdb::Log(NewInfoLog(folder_), "the first %d", 1);
  rocksdb::Log(NewInfoLog(folder_), "the second %d", 2);
  EXPECT_THAT(Text("LOG.old"), HasSubstr("the first 1\n"));
  EXPECT_THAT(Text("LOG"), HasSubstr("the second 2\n"));
}

TEST_F(InfoLogTest, BeginsAnotherFileAtItsLimit) {
  const auto log = NewInfoLog(folder_);
  const std::string line(4000, 'x');
  for (int i = 0; i < 1100; ++i) rocksdb::Log(log, "%s", line.c_str());
  EXPECT_GT(std::filesystem::file_size(folder_ + "/LOG.old"), 4'000'000U);
  EXPECT_LT(std::filesystem::file_size(folder_ + "/LOG"), 1'000'000U);
}

// Named after what it was: with the first line after a failed one RocksDB's own logger ended the process.
TEST_F(InfoLogTest, GoesOnAfterADiskWasFull) {
  const auto log = NewInfoLog(folder_);
  rocksdb::Log(log, "before");
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit full = before;
  full.rlim_cur = 1;  // as if there were no room
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &full), 0);
  rocksdb::Log(log, "while it is full");
  rocksdb::Log(log, "while it still is");
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, handler);
  rocksdb::Log(log, "after");
  EXPECT_THAT(Text("LOG"), HasSubstr("before\n"));
  EXPECT_THAT(Text("LOG"), Not(HasSubstr("while")));
  EXPECT_THAT(Text("LOG"), HasSubstr("after\n"));
}

}  // namespace
}  // namespace realise
