// What only Kafka can do to a log, done to a real broker.
#include "libs/event_log/kafka/kafka_event_log.h"

#include <atomic>
#include <thread>
#include <vector>

#include "fmt/format.h"
#include "gmock/gmock.h"
#include "libs/event_log/kafka/kafka_appender.h"
#include "libs/event_log/kafka/kafka_test_cluster.h"

namespace realise {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::chrono::milliseconds kPatience{20'000};
const std::map<std::string, std::string> kSafe = {{"cleanup.policy", "delete"},
                                                  {"retention.ms", "-1"},
                                                  {"retention.bytes", "-1"},
                                                  {"unclean.leader.election.enable", "false"},
                                                  {"max.message.bytes", "1048588"}};

class KafkaLog : public ::testing::Test {
 protected:
  KafkaLog() : log_(OpenLog(/*allow_unsafe_topic=*/false)) {}

  std::unique_ptr<KafkaEventLog> OpenLog(bool allow_unsafe_topic) {
    auto log = KafkaEventLog::Open({.brokers = TestBrokers(),
                                    .topic_prefix = topics_.prefix(),
                                    .allow_unsafe_topic = allow_unsafe_topic});
    EXPECT_TRUE(log.ok()) << log.status();
    return *std::move(log);
  }
  void Append(const std::string& ledger, const std::vector<std::string>& records) {
    auto appender = *log_->OpenAppender(ledger);
    for (const std::string& record : records) ASSERT_TRUE(appender->Append(record).ok());
  }
  // Reads until `count` records have come, or an error.
  absl::StatusOr<std::vector<std::string>> Read(LogReader& reader, size_t count) {
    std::vector<std::string> stored;
    for (const Deadline deadline(kPatience); stored.size() < count && deadline.Left().count() > 0;) {
      auto read = reader.Read(std::chrono::milliseconds(200), 1 << 20);
      if (absl::IsUnavailable(read.status())) continue;
      if (!read.ok()) return read.status();
      for (LogRecord& record : *read) stored.push_back(std::move(record.stored));
    }
    return stored;
  }

  TestTopics topics_;
  std::unique_ptr<KafkaEventLog> log_;
};

TEST_F(KafkaLog, RefusesEachUnsafeTopicAndNamesTheSetting) {
  const std::vector<std::pair<std::string, std::string>> unsafe = {
      {"cleanup.policy", "compact"},
      {"retention.ms", "604800000"},
      {"retention.bytes", "1073741824"},
      {"max.message.bytes", "65536"},
      {"unclean.leader.election.enable", "true"}};
  const auto lenient = OpenLog(/*allow_unsafe_topic=*/true);
  for (size_t i = 0; i < unsafe.size(); ++i) {
    const std::string ledger = fmt::format("RX{}", i);
    auto settings = kSafe;
    settings[unsafe[i].first] = unsafe[i].second;
    topics_.Create(ledger, 1, settings);
    const absl::Status checked = log_->CheckLedger(ledger);
    EXPECT_TRUE(absl::IsFailedPrecondition(checked)) << checked;
    EXPECT_THAT(std::string(checked.message()), HasSubstr(unsafe[i].first + " is " + unsafe[i].second));
    EXPECT_TRUE(lenient->CheckLedger(ledger).ok());
  }
  topics_.Create("TWO", 2, kSafe);
  EXPECT_THAT(std::string(log_->CheckLedger("TWO").message()), HasSubstr("2 partitions"));
  topics_.Create("SAFE", 1, kSafe);
  EXPECT_TRUE(log_->CheckLedger("SAFE").ok()) << log_->CheckLedger("SAFE");
}

TEST_F(KafkaLog, SaysWhenTheBrokerTookARecord) {
  ASSERT_TRUE(log_->CreateLedger("RX1").ok());
  Append("RX1", {"one", "two"});
  auto reader = *log_->OpenReader("RX1", 0);
  ASSERT_TRUE(Read(*reader, 2).ok());
  const auto one = log_->ReadAt("RX1", 0);
  const auto two = log_->ReadAt("RX1", 1);
  ASSERT_TRUE(one.ok() && two.ok());
  ASSERT_TRUE(one->appended_at.has_value());
  EXPECT_GT(*one->appended_at, *ParseInstant("2024-01-01"));
  EXPECT_LE(*one->appended_at, *two->appended_at);
}

TEST_F(KafkaLog, PassesOverTheMarkersOfTransactionsAndReachesTheEnd) {
  ASSERT_TRUE(log_->CreateLedger("RX1").ok());
  topics_.AppendTransaction("RX1", {"kept"}, /*commit=*/true);
  topics_.AppendTransaction("RX1", {"aborted"}, /*commit=*/false);
  auto reader = *log_->OpenReader("RX1", 0);
  // Every reader sees the records of an aborted transaction too, so that none sees another log.
  EXPECT_THAT(*Read(*reader, 2), ElementsAre("kept", "aborted"));
  // The broker writes the marker of an abort after it has answered, so the end may come late.
  Address end = 0;
  for (const Deadline deadline(kPatience); deadline.Left().count() > 0;) {
    end = *reader->End();
    if (end == 4 && reader->next_address() >= end) break;
    ASSERT_TRUE(reader->Read(std::chrono::milliseconds(100), 1024).ok());
  }
  EXPECT_EQ(end, 4);
  EXPECT_EQ(reader->next_address(), 4);
  EXPECT_TRUE(absl::IsNotFound(log_->ReadAt("RX1", 1).status()));
  // Read on over a marker, and to one.
  const auto each = log_->ReadEachAt("RX1", {0, 1, 2});
  EXPECT_TRUE(absl::IsNotFound(each[1].status())) << each[1].status();
  ASSERT_TRUE(each[0].ok() && each[2].ok()) << each[0].status() << each[2].status();
  EXPECT_EQ(each[0]->stored, "kept");
  EXPECT_EQ(each[2]->stored, "aborted");
}

TEST_F(KafkaLog, RecordsThatAreGoneAreDataLossAndNeverPassedOver) {
  ASSERT_TRUE(log_->CreateLedger("RX1").ok());
  Append("RX1", {"one", "two", "three", "four"});
  auto all = *log_->OpenReader("RX1", 0);
  ASSERT_TRUE(Read(*all, 4).ok());
  topics_.DeleteRecordsBelow("RX1", 2);
  auto reader = *log_->OpenReader("RX1", 0);
  EXPECT_TRUE(absl::IsDataLoss(Read(*reader, 1).status()));
  EXPECT_TRUE(absl::IsDataLoss(reader->Read(std::chrono::milliseconds(0), 1024).status()));
  EXPECT_TRUE(absl::IsNotFound(log_->ReadAt("RX1", 1).status()));
  EXPECT_EQ(log_->ReadAt("RX1", 2)->stored, "three");
  const auto each = log_->ReadEachAt("RX1", {-1, 1, 2, 3, 4});
  ASSERT_EQ(each.size(), 5u);
  for (const size_t gone : {0, 1, 4})
    EXPECT_TRUE(absl::IsNotFound(each[gone].status())) << each[gone].status();
  ASSERT_TRUE(each[2].ok() && each[3].ok()) << each[2].status() << each[3].status();
  EXPECT_EQ(each[2]->stored, "three");
  EXPECT_EQ(each[3]->stored, "four");
  EXPECT_THAT(*Read(**log_->OpenReader("RX1", 2), 2), ElementsAre("three", "four"));
}

TEST_F(KafkaLog, ALogThatEndsBeforeItsReaderIsDataLoss) {
  ASSERT_TRUE(log_->CreateLedger("RX1").ok());
  Append("RX1", {"one"});
  auto reader = *log_->OpenReader("RX1", 5);
  EXPECT_TRUE(absl::IsDataLoss(Read(*reader, 1).status()));
}

TEST_F(KafkaLog, AReaderOfATopicThatWasMadeAnewStops) {
  ASSERT_TRUE(log_->CreateLedger("RX1").ok());
  Append("RX1", {"one", "two"});
  auto reader = *log_->OpenReader("RX1", 0);
  ASSERT_TRUE(Read(*reader, 2).ok());
  topics_.Delete("RX1");
  topics_.Create("RX1", 1, kSafe);
  EXPECT_TRUE(absl::IsDataLoss(Read(*reader, 1).status()));
}

TEST_F(KafkaLog, TheLongestRecordItTakesFitsIntoATopicThatPassesTheCheck) {
  auto settings = kSafe;
  settings["max.message.bytes"] = "1048576";
  topics_.Create("RX1", 1, settings);
  ASSERT_TRUE(log_->CheckLedger("RX1").ok());
  const std::string longest(kKafkaRecordBytesMax, 'x');
  Append("RX1", {longest, longest});
  auto reader = *log_->OpenReader("RX1", 0);
  EXPECT_THAT(*Read(*reader, 2), ElementsAre(longest, longest));
}

TEST_F(KafkaLog, SeveralReadersOfOneLedgerDoNotDisturbEachOther) {
  ASSERT_TRUE(log_->CreateLedger("RX1").ok());
  Append("RX1", {"one", "two", "three"});
  auto first = *log_->OpenReader("RX1", 0);
  auto second = *log_->OpenReader("RX1", 0);
  EXPECT_THAT(*Read(*first, 3), ElementsAre("one", "two", "three"));
  first.reset();
  auto third = *log_->OpenReader("RX1", 1);
  EXPECT_THAT(*Read(*second, 3), ElementsAre("one", "two", "three"));
  EXPECT_THAT(*Read(*third, 2), ElementsAre("two", "three"));
}

TEST_F(KafkaLog, FallsBehindFurtherThanIsFetchedAheadAndCatchesUp) {
  ASSERT_TRUE(log_->CreateLedger("RX1").ok());
  auto appender = *log_->OpenAppender("RX1");
  auto reader = *log_->OpenReader("RX1", 0);
  constexpr size_t kRecords = 150'000;
  for (size_t i = 0; i < kRecords;) {
    const absl::Status appended = appender->Append("record");
    if (appended.ok()) {
      ++i;
    } else {
      ASSERT_TRUE(absl::IsResourceExhausted(appended)) << appended;
    }
  }
  EXPECT_EQ(Read(*reader, kRecords)->size(), kRecords);
  EXPECT_TRUE(appender->TakeFailure().ok());
}

TEST_F(KafkaLog, ReadsRecordsAgainOfManyLedgersAtOnce) {
  constexpr int kLedgers = 6;
  const std::vector<std::string> records = {"one", "two", "three"};
  for (int i = 0; i < kLedgers; ++i) {
    ASSERT_TRUE(log_->CreateLedger(fmt::format("RX{}", i)).ok());
    Append(fmt::format("RX{}", i), records);
    auto reader = *log_->OpenReader(fmt::format("RX{}", i), 0);
    ASSERT_THAT(*Read(*reader, 3), ElementsAre("one", "two", "three"));
  }
  std::vector<std::thread> threads;
  std::atomic<int> right = 0;
  for (int i = 0; i < 3 * kLedgers; ++i) {
    threads.emplace_back([&, i] {
      for (size_t at = 0; at < records.size(); ++at) {
        const auto record = log_->ReadAt(fmt::format("RX{}", i % kLedgers), static_cast<Address>(at));
        right += record.ok() && record->stored == records[at] ? 1 : 0;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, 3 * kLedgers * 3);
}

TEST(KafkaLogWithoutBroker, EveryCallIsUnavailableInTime) {
  // Nobody listens on port 1.
  auto log =
      *KafkaEventLog::Open({.brokers = "127.0.0.1:1", .request_timeout = std::chrono::milliseconds(300)});
  EXPECT_TRUE(absl::IsUnavailable(log->CheckLedger("RX1")));
  EXPECT_TRUE(absl::IsUnavailable(log->CreateLedger("RX1")));
  EXPECT_TRUE(absl::IsUnavailable(log->ListLedgers().status()));
  EXPECT_TRUE(absl::IsUnavailable(log->OpenReader("RX1", 0).status()));
  EXPECT_TRUE(absl::IsUnavailable(log->OpenAppender("RX1").status()));
  EXPECT_TRUE(absl::IsUnavailable(log->ReadAt("RX1", 0).status()));
  for (const auto& record : log->ReadEachAt("RX1", {0, 7})) EXPECT_TRUE(absl::IsUnavailable(record.status()));
}

TEST(KafkaLogWithoutBroker, NamesASettingThatIsWrong) {
  const auto log = KafkaEventLog::Open({.brokers = "127.0.0.1:1", .connection = {{"sasl.usrname", "x"}}});
  EXPECT_TRUE(absl::IsInvalidArgument(log.status()));
  EXPECT_THAT(std::string(log.status().message()), HasSubstr("sasl.usrname"));
}

}  // namespace
}  // namespace realise
