#include "libs/event_log/copy/ledger_copy.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "fmt/format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/base/sha256.h"
#include "libs/event_log/rocksdb/rocksdb_event_log.h"
#include "rocksdb/env.h"
#include "tests/support/commit_building.h"
#include "tests/support/faulty_event_log.h"

namespace realise {
namespace {

constexpr char kLedger[] = "RH5";

CommitSource SourceOf(std::vector<std::string> commits) {
  return [commits = std::move(commits),
          next = size_t{0}]() mutable -> absl::StatusOr<std::optional<std::string>> {
    if (next == commits.size()) return std::nullopt;
    return commits[next++];
  };
}

class LedgerCopyTest : public ::testing::Test {
 protected:
  void SetUp() override {
    env_.reset(rocksdb::NewMemEnv(rocksdb::Env::Default()));
    log_ = RocksDbEventLog::Open({.path = "/log", .env = env_.get()}).value();
    const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
    directory_ =
        std::filesystem::temp_directory_path() / fmt::format("realise-{}-{}", test->name(), ::getpid());
    std::filesystem::create_directories(directory_);
    path_ = (directory_ / "RH5.realise").string();
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  std::vector<std::string> ValidIn(EventLog& log) {
    const auto reader = CommitReader::Open(log, kLedger, std::nullopt).value();
    const CommitSource source = ValidCommitsOf(*reader);
    std::vector<std::string> commits;
    for (auto next = source().value(); next; next = source().value()) commits.push_back(*std::move(next));
    return commits;
  }

  void WriteFile(const std::vector<std::string>& commits) {
    const auto file = CommitFileWriter::Create(path_).value();
    for (const std::string& commit : commits) ASSERT_TRUE(file->Add(commit).ok());
    ASSERT_TRUE(file->Finish().ok());
  }

  // All commits of the file, or the first error.
  absl::StatusOr<std::vector<std::string>> ReadFile() {
    auto file = CommitFileReader::Open(path_);
    if (!file.ok()) return file.status();
    std::vector<std::string> commits;
    while (true) {
      auto next = (*file)->Next();
      if (!next.ok()) return next.status();
      if (!*next) return commits;
      commits.push_back(**std::move(next));
    }
  }

  std::string Bytes() {
    std::ifstream in(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void SetBytes(const std::string& bytes) {
    std::ofstream(path_, std::ios::binary | std::ios::trunc) << bytes;
  }

  std::unique_ptr<rocksdb::Env> env_;
  std::unique_ptr<RocksDbEventLog> log_;
  std::filesystem::path directory_;
  std::string path_;
};

TEST_F(LedgerCopyTest, ACopyHasTheSameCommitsByteForByte) {
  const std::vector<std::string> history = History(100);
  const auto copied = CopyLedger(SourceOf(history), *log_, kLedger);
  ASSERT_TRUE(copied.ok()) << copied.status();
  EXPECT_EQ(copied->copied, 100U);
  EXPECT_EQ(copied->already_there, 0U);
  EXPECT_EQ(copied->head, HeadBehind(history));
  EXPECT_EQ(ValidIn(*log_), history);
}

TEST_F(LedgerCopyTest, GoesOnWhereAnEarlierCopyEnded) {
  const std::vector<std::string> history = History(30);
  ASSERT_TRUE(CopyLedger(SourceOf({history.begin(), history.begin() + 12}), *log_, kLedger).ok());
  const auto copied = CopyLedger(SourceOf(history), *log_, kLedger);
  ASSERT_TRUE(copied.ok()) << copied.status();
  EXPECT_EQ(copied->already_there, 12U);
  EXPECT_EQ(copied->copied, 18U);
  EXPECT_EQ(ValidIn(*log_), history);
  const auto again = CopyLedger(SourceOf(history), *log_, kLedger);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->copied, 0U);
}

TEST_F(LedgerCopyTest, VoidCommitsStayBehind) {
  const std::vector<std::string> history = History(5);
  ASSERT_TRUE(log_->CreateLedger(kLedger).ok());
  const auto appender = log_->OpenAppender(kLedger).value();
  for (const std::string& commit : history) {
    ASSERT_TRUE(appender->Append(commit).ok());
    ASSERT_TRUE(appender->Append("void").ok());
  }
  const auto reader = CommitReader::Open(*log_, kLedger, std::nullopt).value();
  while (!reader->head() || reader->head()->next_sequence < 5) {
    ASSERT_TRUE(reader->Read(std::chrono::seconds(1), 1).ok());
  }
  EXPECT_EQ(ValidIn(*log_), history);
}

TEST_F(LedgerCopyTest, ATargetWithAnotherHistoryIsLeftAlone) {
  const std::vector<std::string> other = History(6, "other");
  ASSERT_TRUE(CopyLedger(SourceOf(other), *log_, kLedger).ok());
  const auto copied = CopyLedger(SourceOf(History(9)), *log_, kLedger);
  EXPECT_TRUE(absl::IsFailedPrecondition(copied.status())) << copied.status();
  const auto another_ledger = CopyLedger(SourceOf(History(9, "other", 8)), *log_, kLedger);
  EXPECT_TRUE(absl::IsFailedPrecondition(another_ledger.status())) << another_ledger.status();
  EXPECT_EQ(ValidIn(*log_), other);
}

TEST_F(LedgerCopyTest, ASourceThatIsNotOneHistoryIsDataLoss) {
  std::vector<std::string> gap = History(9);
  gap.erase(gap.begin() + 4);
  EXPECT_TRUE(absl::IsDataLoss(CopyLedger(SourceOf(gap), *log_, kLedger).status()));
  std::vector<std::string> changed = History(9);
  changed[5].back() ^= 1;
  EXPECT_TRUE(absl::IsDataLoss(CopyLedger(SourceOf(changed), *log_, "RBD").status()));
  EXPECT_TRUE(absl::IsDataLoss(CopyLedger(SourceOf({}), *log_, "RX1").status()));
  EXPECT_TRUE(absl::IsNotFound(log_->CheckLedger("RX1"))) << "no ledger is made of nothing";
}

TEST_F(LedgerCopyTest, ALostCommitIsNoticedAndCopyingAgainGoesOn) {
  FaultyEventLog faulty(*log_);
  const std::vector<std::string> history = History(40);
  ASSERT_TRUE(CopyLedger(SourceOf({history.begin(), history.begin() + 5}), faulty, kLedger).ok());
  faulty.Change(kLedger, [](std::vector<std::string>&) {});
  faulty.LoseAppends(1);
  const auto copied = CopyLedger(SourceOf(history), faulty, kLedger);
  EXPECT_TRUE(absl::IsAborted(copied.status())) << copied.status();
  const auto again = CopyLedger(SourceOf(history), faulty, kLedger);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(ValidIn(faulty), history);
}

TEST_F(LedgerCopyTest, ThroughAFileAndBack) {
  const std::vector<std::string> history = History(50);
  ASSERT_TRUE(CopyLedger(SourceOf(history), *log_, kLedger).ok());
  {
    const auto reader = CommitReader::Open(*log_, kLedger, std::nullopt).value();
    const auto file = CommitFileWriter::Create(path_).value();
    const auto copied = CopyToFile(ValidCommitsOf(*reader), *file);
    ASSERT_TRUE(copied.ok()) << copied.status();
    EXPECT_EQ(copied->copied, 50U);
  }
  const auto file = CommitFileReader::Open(path_).value();
  const auto restored = CopyLedger(CommitsOf(*file), *log_, "RBD");
  ASSERT_TRUE(restored.ok()) << restored.status();
  EXPECT_EQ(restored->head, HeadBehind(history));
}

TEST_F(LedgerCopyTest, AFileHasItsBytes) {
  WriteFile({"abc"});
  EXPECT_EQ(ToHex(Bytes()), ToHex("RLSCPY01") + "00000003" + ToHex("abc") + "00000000" + "0000000000000001" +
                                ToHex(Sha256("abc").view()));
}

TEST_F(LedgerCopyTest, AFileThatWasCutShortAnywhereIsNotWhole) {
  WriteFile(History(3));
  const std::string whole = Bytes();
  ASSERT_EQ(ReadFile().value(), History(3));
  for (size_t length = 0; length < whole.size(); ++length) {
    SetBytes(whole.substr(0, length));
    const absl::Status status = ReadFile().status();
    EXPECT_TRUE(length < 8 ? absl::IsInvalidArgument(status) : absl::IsDataLoss(status)) << length << status;
  }
  SetBytes(whole + "x");
  EXPECT_TRUE(absl::IsDataLoss(ReadFile().status()));
}

TEST_F(LedgerCopyTest, AChangedByteInAFileIsNeverCopied) {
  const std::vector<std::string> history = History(3);
  WriteFile(history);
  const std::string whole = Bytes();
  for (size_t at = 0; at < whole.size(); ++at) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x15);
    SetBytes(damaged);
    const auto file = CommitFileReader::Open(path_);
    if (!file.ok()) continue;
    const auto copied = CopyLedger(CommitsOf(**file), *log_, fmt::format("R{:05}", at));
    EXPECT_FALSE(copied.ok()) << at;
  }
}

TEST_F(LedgerCopyTest, AFileIsNeverHalfACopy) {
  {
    const auto file = CommitFileWriter::Create(path_).value();
    ASSERT_TRUE(file->Add("abc").ok());
    EXPECT_TRUE(absl::IsInvalidArgument(file->Add("")));
    EXPECT_TRUE(
        absl::IsInvalidArgument(file->Add(std::string(kCommitHeaderBytes + kCommitBodyBytesMax + 1, 'x'))));
  }
  EXPECT_TRUE(std::filesystem::is_empty(directory_));
  EXPECT_TRUE(absl::IsNotFound(CommitFileReader::Open(path_).status()));
  WriteFile({"abc"});
  EXPECT_TRUE(absl::IsAlreadyExists(CommitFileWriter::Create(path_).status()));
}

TEST_F(LedgerCopyTest, AFileThatCannotBeNamedLeavesNothingBehind) {
  const auto file = CommitFileWriter::Create(path_).value();
  ASSERT_TRUE(file->Add("abc").ok());
  std::filesystem::create_directory(path_);
  EXPECT_TRUE(absl::IsUnknown(file->Finish()));
  EXPECT_FALSE(std::filesystem::exists(path_ + ".part"));
}

}  // namespace
}  // namespace realise
