#include "tests/contract/event_log_contract.h"

#include <algorithm>
#include <chrono>
#include <set>
#include <thread>

#include "fmt/format.h"
#include "gmock/gmock.h"
#include "libs/base/ids.h"
#include "libs/base/sha256.h"
#include "libs/event_log/commit.h"
#include "libs/event_log/commit_reader.h"

namespace realise {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::chrono::milliseconds kNoWait{0};
constexpr std::chrono::milliseconds kShortWait{200};
// How many empty reads of kShortWait in a row mean that a record is not coming.
constexpr int kEmptyReadsMax = 150;
constexpr size_t kBytesMax = 1 << 20;

std::vector<std::string> Numbered(const std::string& name, int count) {
  std::vector<std::string> records;
  for (int i = 0; i < count; ++i) records.push_back(fmt::format("{}-{}", name, i));
  return records;
}

std::vector<std::string> StoredOf(const std::vector<LogRecord>& records) {
  std::vector<std::string> stored;
  for (const LogRecord& record : records) stored.push_back(record.stored);
  return stored;
}

// A writer that knows nothing of any other: it chains its commits to what it read last, and lets the readers
// judge.
std::string CommitOn(const ChainHead& head, const WriterId& writer, const std::string& body) {
  return EncodeCommit({.ledger_id = head.ledger_id,
                       .previous = head.digest,
                       .writer = writer,
                       .first_sequence = head.next_sequence,
                       .event_count = 1,
                       .flags = 0,
                       .recorded_at = head.recorded_at + std::chrono::microseconds(1)},
                      body);
}

// Reads to the end of the log; every record with its verdict.
std::vector<ReadCommit> ReadToEnd(EventLog& log, const std::string& ledger, size_t bytes_max) {
  auto reader = CommitReader::Open(log, ledger, std::nullopt);
  EXPECT_TRUE(reader.ok()) << reader.status();
  std::vector<ReadCommit> all;
  while (reader.ok()) {
    const auto caught_up = (*reader)->CaughtUp();
    EXPECT_TRUE(caught_up.ok()) << caught_up.status();
    if (!caught_up.ok() || *caught_up) break;
    auto read = (*reader)->Read(kShortWait, bytes_max);
    EXPECT_TRUE(read.ok()) << read.status();
    if (!read.ok()) break;
    for (ReadCommit& commit : *read) all.push_back(std::move(commit));
  }
  return all;
}

// Sends until `wanted` of its commits were read back as valid, one under way at a time.
void RaceUntilValid(EventLog& log, const std::string& ledger, const std::string& name, int wanted) {
  auto reader = CommitReader::Open(log, ledger, std::nullopt);
  auto appender = log.OpenAppender(ledger);
  ASSERT_TRUE(reader.ok() && appender.ok());
  const WriterId writer = RandomWriterId();
  int valid = 0;
  std::string under_way;
  while (valid < wanted) {
    const auto read = (*reader)->Read(under_way.empty() ? kNoWait : kShortWait, kBytesMax);
    ASSERT_TRUE(read.ok()) << read.status();
    for (const ReadCommit& commit : *read) {
      if (commit.stored != under_way) continue;
      under_way.clear();
      if (commit.verdict == Verdict::kValid) ++valid;
    }
    const auto caught_up = (*reader)->CaughtUp();
    ASSERT_TRUE(caught_up.ok()) << caught_up.status();
    if (!under_way.empty() || !*caught_up || valid == wanted) continue;
    under_way = CommitOn(*(*reader)->head(), writer, fmt::format("{}-{}", name, valid));
    ASSERT_TRUE((*appender)->Append(under_way).ok());
  }
}

}  // namespace

void EventLogContract::SetUp() { world_ = GetParam()(); }

std::string EventLogContract::NewLedger() {
  std::string ledger = world_->NewLedgerCode();
  const absl::Status created = log().CreateLedger(ledger);
  EXPECT_TRUE(created.ok()) << created;
  return ledger;
}

void EventLogContract::Append(const std::string& ledger, const std::vector<std::string>& records) {
  auto appender = log().OpenAppender(ledger);
  ASSERT_TRUE(appender.ok()) << appender.status();
  for (const std::string& record : records) {
    absl::Status appended = (*appender)->Append(record);
    while (absl::IsResourceExhausted(appended)) {
      std::this_thread::yield();
      appended = (*appender)->Append(record);
    }
    ASSERT_TRUE(appended.ok()) << appended;
  }
}

std::vector<LogRecord> EventLogContract::ReadCount(const std::string& ledger, Address from, size_t count,
                                                   size_t bytes_max) {
  auto reader = log().OpenReader(ledger, from);
  EXPECT_TRUE(reader.ok()) << reader.status();
  std::vector<LogRecord> records;
  for (int empty_reads = 0; reader.ok() && records.size() < count && empty_reads < kEmptyReadsMax;) {
    auto read = (*reader)->Read(kShortWait, bytes_max);
    if (absl::IsUnavailable(read.status())) {
      ++empty_reads;
      continue;
    }
    EXPECT_TRUE(read.ok()) << read.status();
    if (!read.ok()) break;
    empty_reads = read->empty() ? empty_reads + 1 : 0;
    for (LogRecord& record : *read) records.push_back(std::move(record));
  }
  EXPECT_EQ(records.size(), count);
  return records;
}

TEST_P(EventLogContract, ALedgerExistsOnceItWasCreated) {
  const std::string ledger = world_->NewLedgerCode();
  EXPECT_TRUE(absl::IsNotFound(log().CheckLedger(ledger)));
  ASSERT_TRUE(log().CreateLedger(ledger).ok());
  EXPECT_TRUE(log().CheckLedger(ledger).ok());
  EXPECT_TRUE(absl::IsAlreadyExists(log().CreateLedger(ledger)));
}

TEST_P(EventLogContract, NothingIsDoneWithALedgerThatDoesNotExist) {
  const std::string ledger = world_->NewLedgerCode();
  EXPECT_TRUE(absl::IsNotFound(log().OpenReader(ledger, 0).status()));
  EXPECT_TRUE(absl::IsNotFound(log().OpenAppender(ledger).status()));
  EXPECT_TRUE(absl::IsNotFound(log().ReadAt(ledger, 0).status()));
  EXPECT_TRUE(absl::IsNotFound(log().CheckLedger(ledger)));
}

TEST_P(EventLogContract, ListsLedgersSorted) {
  std::vector<std::string> made;
  for (int i = 0; i < 3; ++i) made.push_back(world_->NewLedgerCode());
  for (const int i : {2, 0, 1}) ASSERT_TRUE(log().CreateLedger(made[i]).ok());
  const auto listed = log().ListLedgers();
  ASSERT_TRUE(listed.ok()) << listed.status();
  EXPECT_TRUE(std::is_sorted(listed->begin(), listed->end()));
  EXPECT_TRUE(std::includes(listed->begin(), listed->end(), made.begin(), made.end()));
}

TEST_P(EventLogContract, AnEmptyLedgerReadsAsEmpty) {
  const std::string ledger = NewLedger();
  auto reader = log().OpenReader(ledger, 0);
  ASSERT_TRUE(reader.ok());
  const auto read = (*reader)->Read(kNoWait, kBytesMax);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_THAT(*read, IsEmpty());
  const auto end = (*reader)->End();
  ASSERT_TRUE(end.ok()) << end.status();
  EXPECT_GE((*reader)->next_address(), *end);
  EXPECT_TRUE(absl::IsNotFound(log().ReadAt(ledger, 0).status()));
}

TEST_P(EventLogContract, RecordsComeInTheOrderOfAppending) {
  const std::string ledger = NewLedger();
  const std::vector<std::string> sent = Numbered("record", 500);
  Append(ledger, sent);
  const std::vector<LogRecord> read = ReadCount(ledger, 0, sent.size());
  EXPECT_EQ(StoredOf(read), sent);
  for (size_t i = 1; i < read.size(); ++i) EXPECT_GT(read[i].address, read[i - 1].address);
}

TEST_P(EventLogContract, AnyBytesComeBackUnchanged) {
  const std::string ledger = NewLedger();
  std::string all_bytes;
  for (int byte = 0; byte < 256; ++byte) all_bytes += static_cast<char>(byte);
  const std::vector<std::string> sent = {all_bytes, std::string(1, '\0'), "x"};
  Append(ledger, sent);
  EXPECT_EQ(StoredOf(ReadCount(ledger, 0, sent.size())), sent);
}

TEST_P(EventLogContract, AReaderThatWaitsIsGivenWhatComes) {
  const std::string ledger = NewLedger();
  auto reader = log().OpenReader(ledger, 0);
  auto appender = log().OpenAppender(ledger);
  ASSERT_TRUE(reader.ok() && appender.ok());
  for (int i = 0; i < 50; ++i) {
    const std::string sent = fmt::format("one-{}", i);
    ASSERT_TRUE((*appender)->Append(sent).ok());
    std::vector<LogRecord> read;
    for (int tries = 0; read.empty() && tries < kEmptyReadsMax; ++tries) {
      auto some = (*reader)->Read(kShortWait, kBytesMax);
      ASSERT_TRUE(some.ok()) << some.status();
      read = *std::move(some);
    }
    ASSERT_THAT(StoredOf(read), ElementsAre(sent));
    EXPECT_GT((*reader)->next_address(), read[0].address);
    EXPECT_TRUE((*appender)->TakeFailure().ok());
  }
}

TEST_P(EventLogContract, WhatWasReadBackIsBelowTheEnd) {
  const std::string ledger = NewLedger();
  Append(ledger, Numbered("record", 20));
  const std::vector<LogRecord> read = ReadCount(ledger, 0, 20);
  ASSERT_THAT(read, SizeIs(20));
  auto reader = log().OpenReader(ledger, read[10].address);
  ASSERT_TRUE(reader.ok());
  const auto end = (*reader)->End();
  ASSERT_TRUE(end.ok()) << end.status();
  EXPECT_GT(*end, read.back().address);
  EXPECT_LT((*reader)->next_address(), *end);
  const auto rest = (*reader)->Read(kShortWait, kBytesMax);
  ASSERT_TRUE(rest.ok()) << rest.status();
  ASSERT_FALSE(rest->empty());
  EXPECT_EQ(rest->front().stored, read[10].stored);
}

TEST_P(EventLogContract, AReaderBeginsAtAnyAddress) {
  const std::string ledger = NewLedger();
  const std::vector<std::string> sent = Numbered("record", 30);
  Append(ledger, sent);
  const std::vector<LogRecord> all = ReadCount(ledger, 0, sent.size());
  ASSERT_THAT(all, SizeIs(sent.size()));
  for (const size_t i : {0U, 1U, 15U, 29U}) {
    const auto rest = ReadCount(ledger, all[i].address, sent.size() - i);
    EXPECT_EQ(StoredOf(rest), std::vector<std::string>(sent.begin() + static_cast<long>(i), sent.end()));
  }
  EXPECT_EQ(StoredOf(ReadCount(ledger, all[9].address + 1, 20)),
            std::vector<std::string>(sent.begin() + 10, sent.end()));
}

TEST_P(EventLogContract, ASmallReadGivesAtLeastOneRecord) {
  const std::string ledger = NewLedger();
  const std::vector<std::string> sent = Numbered(std::string(1000, 'x'), 10);
  Append(ledger, sent);
  EXPECT_EQ(StoredOf(ReadCount(ledger, 0, sent.size(), /*bytes_max=*/1)), sent);
}

TEST_P(EventLogContract, ReadsOneRecordAgain) {
  const std::string ledger = NewLedger();
  Append(ledger, Numbered("record", 5));
  const std::vector<LogRecord> all = ReadCount(ledger, 0, 5);
  ASSERT_THAT(all, SizeIs(5));
  for (const LogRecord& record : all) {
    const auto again = log().ReadAt(ledger, record.address);
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_EQ(again->stored, record.stored);
    EXPECT_EQ(again->address, record.address);
    EXPECT_EQ(again->appended_at, record.appended_at);
  }
  EXPECT_TRUE(absl::IsNotFound(log().ReadAt(ledger, all.back().address + 1).status()));
  EXPECT_TRUE(absl::IsNotFound(log().ReadAt(ledger, all.back().address + 1'000'000).status()));
}

TEST_P(EventLogContract, ReadsSeveralRecordsAgainThatStandCloseOrFarApart) {
  const std::string ledger = NewLedger();
  Append(ledger, Numbered(std::string(5000, 'x'), 40));
  const std::vector<LogRecord> all = ReadCount(ledger, 0, 40);
  ASSERT_THAT(all, SizeIs(40));
  const Address gone = all.back().address + 1;
  const std::vector<Address> addresses = {all[0].address,  all[1].address, all[3].address, all[20].address,
                                          all[39].address, gone,           gone + 1};
  const auto again = log().ReadEachAt(ledger, addresses);
  ASSERT_THAT(again, SizeIs(addresses.size()));
  for (size_t i = 0; i < addresses.size(); ++i) {
    const auto alone = log().ReadAt(ledger, addresses[i]);
    ASSERT_EQ(again[i].status().code(), alone.status().code()) << addresses[i] << ": " << again[i].status();
    if (addresses[i] >= gone) {
      EXPECT_TRUE(absl::IsNotFound(again[i].status()));
      continue;
    }
    ASSERT_TRUE(again[i].ok()) << again[i].status();
    EXPECT_EQ(again[i]->address, addresses[i]);
    EXPECT_EQ(again[i]->stored, alone->stored);
  }
  EXPECT_THAT(log().ReadEachAt(ledger, {}), SizeIs(0));
}

TEST_P(EventLogContract, TheLargestCommitIsTakenAndMuchLongerIsRefused) {
  const std::string ledger = NewLedger();
  auto appender = log().OpenAppender(ledger);
  ASSERT_TRUE(appender.ok());
  const std::string largest(kCommitHeaderBytes + kCommitBodyBytesMax, 'c');
  ASSERT_TRUE((*appender)->Append(largest).ok());
  EXPECT_TRUE(absl::IsInvalidArgument((*appender)->Append(std::string(8 << 20, 'x'))));
  ASSERT_TRUE((*appender)->Append("behind it").ok());
  EXPECT_EQ(StoredOf(ReadCount(ledger, 0, 2)), (std::vector<std::string>{largest, "behind it"}));
}

TEST_P(EventLogContract, LedgersDoNotMix) {
  const std::string one = NewLedger();
  const std::string other = NewLedger();
  auto to_one = log().OpenAppender(one);
  auto to_other = log().OpenAppender(other);
  ASSERT_TRUE(to_one.ok() && to_other.ok());
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE((*to_one)->Append(fmt::format("one-{}", i)).ok());
    ASSERT_TRUE((*to_other)->Append(fmt::format("other-{}", i)).ok());
  }
  EXPECT_EQ(StoredOf(ReadCount(one, 0, 20)), Numbered("one", 20));
  EXPECT_EQ(StoredOf(ReadCount(other, 0, 20)), Numbered("other", 20));
}

TEST_P(EventLogContract, TwoAppendersLoseAndDoubleNothing) {
  const std::string ledger = NewLedger();
  constexpr int kEach = 300;
  std::thread other([&] { Append(ledger, Numbered("b", kEach)); });
  Append(ledger, Numbered("a", kEach));
  other.join();
  const std::vector<LogRecord> read = ReadCount(ledger, 0, 2 * kEach);
  std::vector<std::string> of_a;
  std::vector<std::string> of_b;
  for (const LogRecord& record : read) (record.stored[0] == 'a' ? of_a : of_b).push_back(record.stored);
  EXPECT_EQ(of_a, Numbered("a", kEach));
  EXPECT_EQ(of_b, Numbered("b", kEach));
}

TEST_P(EventLogContract, OfTwoWritersThatRaceOneWinsEachLinkAndAllReadersAgreeWhich) {
  const std::string ledger = NewLedger();
  CommitHeader first;
  first.ledger_id = RandomLedgerId();
  first.writer = RandomWriterId();
  first.recorded_at = Instant(std::chrono::seconds(1));
  Append(ledger, {EncodeCommit(first, "")});
  ASSERT_THAT(ReadCount(ledger, 0, 1), SizeIs(1));
  constexpr int kEach = 40;
  std::thread other([&] { RaceUntilValid(log(), ledger, "b", kEach); });
  RaceUntilValid(log(), ledger, "a", kEach);
  other.join();

  const std::vector<ReadCommit> judged = ReadToEnd(log(), ledger, kBytesMax);
  std::vector<std::string> bodies;
  for (const ReadCommit& commit : judged) {
    if (commit.verdict == Verdict::kValid) bodies.emplace_back(commit.body());
  }
  EXPECT_THAT(bodies, SizeIs(1 + 2 * kEach));
  EXPECT_EQ(std::set<std::string>(bodies.begin(), bodies.end()).size(), bodies.size());
  for (const size_t bytes_max : {1U, 300U}) {
    const std::vector<ReadCommit> again = ReadToEnd(log(), ledger, bytes_max);
    ASSERT_EQ(again.size(), judged.size());
    for (size_t i = 0; i < judged.size(); ++i) {
      EXPECT_EQ(again[i].digest, judged[i].digest);
      EXPECT_EQ(again[i].verdict, judged[i].verdict);
    }
  }
}

TEST_P(EventLogContract, ReopeningKeepsEverything) {
  const std::string ledger = NewLedger();
  const std::string empty = NewLedger();
  Append(ledger, Numbered("before", 40));
  const std::vector<LogRecord> before = ReadCount(ledger, 0, 40);
  ASSERT_THAT(before, SizeIs(40));

  world_->Reopen();

  EXPECT_TRUE(log().CheckLedger(empty).ok());
  const std::vector<LogRecord> after = ReadCount(ledger, 0, 40);
  ASSERT_THAT(after, SizeIs(40));
  for (size_t i = 0; i < before.size(); ++i) {
    EXPECT_EQ(after[i].address, before[i].address);
    EXPECT_EQ(after[i].stored, before[i].stored);
  }
  Append(ledger, {"after"});
  EXPECT_THAT(StoredOf(ReadCount(ledger, before.back().address + 1, 1)), ElementsAre("after"));
}

TEST_P(EventLogContract, AnAppenderWithoutAFailureHasNone) {
  const std::string ledger = NewLedger();
  auto appender = log().OpenAppender(ledger);
  ASSERT_TRUE(appender.ok());
  EXPECT_TRUE((*appender)->TakeFailure().ok());
  ASSERT_TRUE((*appender)->Append("record").ok());
  ASSERT_THAT(ReadCount(ledger, 0, 1), SizeIs(1));
  EXPECT_TRUE((*appender)->TakeFailure().ok());
}

}  // namespace realise
