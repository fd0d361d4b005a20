#include "libs/event_log/commit_reader.h"

#include <memory>
#include <span>
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

using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr std::chrono::seconds kLongWait{20};
constexpr std::chrono::milliseconds kNoWait{0};
constexpr size_t kBytesMax = 1 << 20;
constexpr char kLedger[] = "RH5";

class CommitReaderTest : public ::testing::Test {
 protected:
  void SetUp() override {
    env_.reset(rocksdb::NewMemEnv(rocksdb::Env::Default()));
    below_ = RocksDbEventLog::Open({.path = "/log", .env = env_.get()}).value();
    log_ = std::make_unique<FaultyEventLog>(*below_);
    ASSERT_TRUE(log_->CreateLedger(kLedger).ok());
  }

  void Append(const std::vector<std::string>& records) {
    auto appender = log_->OpenAppender(kLedger).value();
    for (const std::string& record : records) ASSERT_TRUE(appender->Append(record).ok());
  }

  std::unique_ptr<CommitReader> Open(const std::optional<internal::v1::LogPlace>& place = std::nullopt) {
    auto reader = CommitReader::Open(*log_, kLedger, place);
    EXPECT_TRUE(reader.ok()) << reader.status();
    return *std::move(reader);
  }

  // Reads until `count` have come.
  static std::vector<ReadCommit> ReadCount(CommitReader& reader, size_t count, size_t bytes_max = kBytesMax) {
    std::vector<ReadCommit> all;
    while (all.size() < count) {
      auto read = reader.Read(kLongWait, bytes_max);
      EXPECT_TRUE(read.ok()) << read.status();
      if (!read.ok() || read->empty()) break;
      for (ReadCommit& commit : *read) all.push_back(std::move(commit));
    }
    EXPECT_EQ(all.size(), count);
    return all;
  }

  // A reader that has read a history of ten, and the place that it stored then.
  std::unique_ptr<CommitReader> ReaderOfTen() {
    Append(History(10));
    auto reader = Open();
    ReadCount(*reader, 10);
    return reader;
  }

  std::unique_ptr<rocksdb::Env> env_;
  std::unique_ptr<RocksDbEventLog> below_;
  std::unique_ptr<FaultyEventLog> log_;
};

TEST_F(CommitReaderTest, NoLedgerIsNotFound) {
  EXPECT_TRUE(absl::IsNotFound(CommitReader::Open(*log_, "RXX", std::nullopt).status()));
}

TEST_F(CommitReaderTest, ReturnsValidAndVoidCommitsInOrder) {
  std::vector<std::string> sent = History(3);
  sent.insert(sent.begin() + 1, "not a commit");
  sent.push_back(sent.back());
  Append(sent);
  const auto reader = Open();
  const auto read = ReadCount(*reader, 5, /*bytes_max=*/1);
  const std::vector<Verdict> verdicts = {Verdict::kValid, Verdict::kUndecodable, Verdict::kValid,
                                         Verdict::kValid, Verdict::kOtherPrevious};
  for (size_t i = 0; i < read.size(); ++i) {
    EXPECT_EQ(read[i].stored, sent[i]);
    EXPECT_EQ(read[i].digest, Sha256(sent[i]));
    EXPECT_EQ(read[i].verdict, verdicts[i]);
  }
  EXPECT_EQ(read[3].body(), "event-2");
  EXPECT_TRUE(reader->CaughtUp().value());
  EXPECT_FALSE(Open()->CaughtUp().value());
  EXPECT_EQ(reader->place().void_commits(), 2U);
  EXPECT_EQ(reader->place().next_sequence(), 3U);
  EXPECT_EQ(reader->head()->digest, Sha256(sent[3]));
}

TEST_F(CommitReaderTest, GoesOnBehindAStoredPlace) {
  const std::vector<std::string> history = History(10);
  Append({history.begin(), history.begin() + 4});
  internal::v1::LogPlace place;
  {
    const auto reader = Open();
    ReadCount(*reader, 4);
    place = reader->place();
  }
  Append({history.begin() + 4, history.end()});
  const auto reader = Open(place);
  EXPECT_EQ(reader->head(), HeadBehind({history.begin(), history.begin() + 4}));
  const auto read = ReadCount(*reader, 6);
  for (const ReadCommit& commit : read) EXPECT_EQ(commit.verdict, Verdict::kValid);
  EXPECT_EQ(reader->head(), HeadBehind(history));
}

TEST_F(CommitReaderTest, APlaceBeforeTheFirstCommitIsAPlace) {
  Append({"rubbish"});
  internal::v1::LogPlace place;
  {
    const auto reader = Open();
    ReadCount(*reader, 1);
    place = reader->place();
  }
  Append(History(1));
  const auto read = ReadCount(*Open(place), 1);
  EXPECT_EQ(read[0].verdict, Verdict::kValid);
}

TEST_F(CommitReaderTest, ADamagedPlaceIsDataLoss) {
  internal::v1::LogPlace place = ReaderOfTen()->place();
  place.set_ledger_id("short");
  const absl::Status status = CommitReader::Open(*log_, kLedger, place).status();
  EXPECT_TRUE(absl::IsDataLoss(status));
  EXPECT_FALSE(IsLogDamage(status)) << "it is the store that is wrong";
}

// What happens to a log underneath its readers.
struct Harm {
  const char* what;
  void (*change)(std::vector<std::string>&);
};

const Harm kHarms[] = {
    {"truncated behind the beginning", [](std::vector<std::string>& log) { log.resize(3); }},
    {"truncated by the last record", [](std::vector<std::string>& log) { log.pop_back(); }},
    {"emptied", [](std::vector<std::string>& log) { log.clear(); }},
    {"last record changed", [](std::vector<std::string>& log) { log.back().back() ^= 1; }},
    {"a record removed", [](std::vector<std::string>& log) { log.erase(log.begin() + 4); }},
    {"a record inserted", [](std::vector<std::string>& log) { log.insert(log.begin() + 4, "inserted"); }},
    {"swapped for another ledger", [](std::vector<std::string>& log) { log = History(10, "other", 8); }},
    {"made anew, and longer", [](std::vector<std::string>& log) { log = History(20, "again"); }},
};

TEST_F(CommitReaderTest, AnchorsNoticeALogThatIsNotWhatItWas) {
  const auto first = ReaderOfTen();
  const internal::v1::LogPlace place = first->place();
  for (const Harm& harm : kHarms) {
    SCOPED_TRACE(harm.what);
    const auto reader = Open(place);
    log_->Change(kLedger, harm.change);
    EXPECT_TRUE(absl::IsDataLoss(reader->CheckAnchors()));
    EXPECT_TRUE(absl::IsDataLoss(reader->Read(kNoWait, kBytesMax).status())) << "it stays stopped";
    EXPECT_TRUE(absl::IsDataLoss(reader->CaughtUp().status()));
    EXPECT_TRUE(absl::IsDataLoss(CommitReader::Open(*log_, kLedger, place).status())) << "nor does it open";
    EXPECT_TRUE(IsLogDamage(reader->CheckAnchors()));
    EXPECT_TRUE(IsLogDamage(CommitReader::Open(*log_, kLedger, place).status()));
    log_->Change(kLedger, [](std::vector<std::string>& log) { log = History(10); });
  }
  EXPECT_TRUE(first->CheckAnchors().ok());
}

TEST_F(CommitReaderTest, TheLastRecordIsAnAnchorEvenIfItIsVoid) {
  Append(History(3));
  Append({"void"});
  const auto reader = Open();
  ReadCount(*reader, 4);
  ASSERT_TRUE(reader->CheckAnchors().ok());
  log_->Change(kLedger, [](std::vector<std::string>& log) { log[3] = "another"; });
  EXPECT_TRUE(absl::IsDataLoss(reader->CheckAnchors()));
}

TEST_F(CommitReaderTest, AVoidCommitMakesTheReaderLookAtItsAnchors) {
  const auto reader = ReaderOfTen();
  // Truncated and written on by somebody else: the next record that comes is void to this reader.
  log_->Change(kLedger, [](std::vector<std::string>& log) { log = History(12, "other"); });
  const auto read = reader->Read(kNoWait, kBytesMax);
  EXPECT_TRUE(absl::IsDataLoss(read.status())) << read.status();
}

TEST_F(CommitReaderTest, OutOfReachIsNotDataLoss) {
  const auto reader = ReaderOfTen();
  log_->FailReads(1);
  EXPECT_TRUE(absl::IsUnavailable(reader->Read(kNoWait, kBytesMax).status()));
  log_->FailReads(1);
  EXPECT_TRUE(absl::IsUnavailable(reader->CheckAnchors()));
  log_->FailReads(1);
  EXPECT_TRUE(absl::IsUnavailable(reader->CaughtUp().status()));
  EXPECT_TRUE(reader->Read(kNoWait, kBytesMax).ok());
}

TEST_F(CommitReaderTest, AfterAnErrorTheAnchorsAreReadFirst) {
  const auto reader = ReaderOfTen();
  log_->FailReads(1);
  ASSERT_TRUE(absl::IsUnavailable(reader->Read(kNoWait, kBytesMax).status()));
  log_->Change(kLedger, [](std::vector<std::string>& log) { log.back() = "another"; });
  EXPECT_TRUE(absl::IsDataLoss(reader->Read(kNoWait, kBytesMax).status()));
}

// A history that goes on from `behind`, by a writer whose first commit was beaten.
std::vector<std::string> ChainOf(int count, ChainHead behind) {
  std::vector<std::string> chain;
  for (int i = 0; i < count; ++i) {
    chain.push_back(EncodeCommit(HeaderOn(behind, 1, /*writer=*/9), fmt::format("void-{}", i)));
    behind.digest = Sha256(chain.back());
    ++behind.next_sequence;
    behind.recorded_at += std::chrono::minutes(1);
  }
  return chain;
}

TEST_F(CommitReaderTest, ALateCommitDoesNotCoverWhatBecameOfTheAnchors) {
  const std::vector<std::string> history = History(5);
  Append(history);
  const auto reader = Open();
  ReadCount(*reader, 5);
  ASSERT_TRUE(reader->CheckAnchors().ok());
  // The last one is gone, and another took its link for everybody who reads from here on.  The late one hangs
  // on it for this reader.
  const ChainHead head = HeadBehind(history);
  log_->Change(kLedger, [&](std::vector<std::string>& log) {
    log[4] =
        EncodeCommit(HeaderOn(HeadBehind({history.begin(), history.end() - 1}), 1, /*writer=*/8), "other");
    log.push_back(EncodeCommit(HeaderOn(head, 1, /*writer=*/9), "late"));
  });
  ASSERT_EQ(ReadCount(*reader, 1).front().verdict, Verdict::kValid);
  EXPECT_TRUE(absl::IsDataLoss(reader->CheckAnchors()));
}

// It used to look at its anchors at the first of a run of void commits only.
TEST_F(CommitReaderTest, ALogThatWasCutBehindAVoidCommitIsNoticedByTheNextRecord) {
  const std::vector<std::string> history = History(5);
  Append(history);
  Append({"void"});
  const auto reader = Open();
  ReadCount(*reader, 6);
  const ChainHead head = HeadBehind(history);
  // What took the place of the void record took the link as well; the next one hangs on it.
  const std::string missed = EncodeCommit(HeaderOn(head, 1, /*writer=*/8), "missed");
  std::vector<std::string> others = history;
  others.push_back(missed);
  const std::string next = EncodeCommit(HeaderOn(HeadBehind(others), 1, /*writer=*/8), "next");
  log_->Change(kLedger, [&](std::vector<std::string>& log) {
    log[5] = missed;
    log.push_back(next);
  });
  EXPECT_TRUE(absl::IsDataLoss(reader->Read(kLongWait, kBytesMax).status()));
  EXPECT_EQ(reader->head(), head);
}

// Late ones of a writer that read what is gone are valid to this reader alone; they used to take the place of
// the anchor that would have told.
TEST_F(CommitReaderTest, LateCommitsDoNotCoverWhatWasReadBeforeThem) {
  const std::vector<std::string> history = History(8);
  Append({history.begin(), history.begin() + 4});
  const auto reader = Open();
  ReadCount(*reader, 4);
  ASSERT_TRUE(reader->CheckAnchors().ok());
  Append({history[4]});
  ReadCount(*reader, 1);
  log_->Change(kLedger, [](std::vector<std::string>& log) { log[4] = "another"; });
  for (size_t late = 5; late < 8; ++late) {
    log_->Change(kLedger, [&](std::vector<std::string>& log) { log.push_back(history[late]); });
    ASSERT_EQ(ReadCount(*reader, 1).front().verdict, Verdict::kValid);
  }
  log_->Change(kLedger, [](std::vector<std::string>& log) { log.emplace_back("void"); });
  EXPECT_TRUE(absl::IsDataLoss(reader->Read(kNoWait, kBytesMax).status()));
}

TEST_F(CommitReaderTest, APipelineOfVoidCommitsIsPassedOverButNotOneMore) {
  const std::vector<std::string> history = History(5);
  Append(history);
  const auto reader = Open();
  ReadCount(*reader, 5);
  const ChainHead beaten_at = HeadBehind({history.begin(), history.begin() + 4});
  std::vector<std::string> chain = ChainOf(kPipelineDepthMax + 1, beaten_at);
  const std::string one_more = chain.back();
  chain.pop_back();
  Append(chain);
  EXPECT_THAT(ReadCount(*reader, chain.size()), SizeIs(kPipelineDepthMax));
  ASSERT_TRUE(reader->CheckAnchors().ok());
  Append({one_more});
  const auto read = reader->Read(kLongWait, kBytesMax);
  ASSERT_TRUE(absl::IsDataLoss(read.status())) << read.status();
  EXPECT_THAT(std::string(read.status().message()), HasSubstr("another history"));
}

TEST_F(CommitReaderTest, ValidCommitsBetweenDoNotHideAnotherHistory) {
  const std::vector<std::string> history = History(40);
  Append({history.begin(), history.begin() + 2});
  const auto reader = Open();
  ReadCount(*reader, 2);
  const std::vector<std::string> foreign = ChainOf(kPipelineDepthMax + 1, HeadBehind({history[0]}));
  std::vector<std::string> mixed;
  for (size_t i = 0; i < foreign.size(); ++i) mixed.insert(mixed.end(), {foreign[i], history[2 + i]});
  Append(mixed);
  absl::Status stopped;
  size_t returned = 0;
  while (stopped.ok()) {
    const auto read = reader->Read(kLongWait, kBytesMax);
    stopped = read.status();
    if (read.ok()) returned += read->size();
  }
  EXPECT_TRUE(absl::IsDataLoss(stopped));
  EXPECT_EQ(returned, mixed.size() - 2) << "what stood before the one too many is returned";
  EXPECT_EQ(reader->place().next_sequence(), 2U + kPipelineDepthMax);
}

TEST_F(CommitReaderTest, RoundsOfVoidPipelinesAreNotAnotherHistory) {
  const std::vector<std::string> history = History(8);
  std::vector<std::string> log = {history[0]};
  for (size_t i = 1; i < history.size(); ++i) {
    const std::span before = std::span(history).first(i);
    const auto beaten = ChainOf(kPipelineDepthMax, HeadBehind({before.begin(), before.end()}));
    log.push_back(history[i]);
    log.insert(log.end(), beaten.begin(), beaten.end());
  }
  Append(log);
  ReadCount(*Open(), log.size());
}

TEST_F(CommitReaderTest, CommitsThatWereAllDoubledAreNotAnotherHistory) {
  std::vector<std::string> log;
  for (const std::string& commit : History(60)) log.insert(log.end(), {commit, commit});
  Append(log);
  const auto reader = Open();
  ReadCount(*reader, log.size());
  EXPECT_EQ(reader->place().void_commits(), 60U);
}

}  // namespace
}  // namespace realise
