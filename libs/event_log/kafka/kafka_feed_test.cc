// Several readers of one topic of a real broker, which share what is fetched while they stand at its end.
#include "libs/event_log/kafka/kafka_feed.h"

#include <algorithm>
#include <random>
#include <thread>
#include <vector>

#include "fmt/format.h"
#include "gmock/gmock.h"
#include "libs/event_log/kafka/kafka_event_log.h"
#include "libs/event_log/kafka/kafka_reader.h"
#include "libs/event_log/kafka/kafka_test_cluster.h"

namespace realise {
namespace {

constexpr std::chrono::milliseconds kPatience{20'000};
constexpr std::chrono::milliseconds kWait{200};
constexpr size_t kAllAtOnce = 1 << 20;

class KafkaFeedTest : public ::testing::Test {
 protected:
  KafkaFeedTest() {
    log_ = *KafkaEventLog::Open({.brokers = TestBrokers(), .topic_prefix = topics_.prefix()});
    EXPECT_TRUE(log_->CreateLedger("RX1").ok());
    appender_ = *log_->OpenAppender("RX1");
    questions_ = *KafkaTopics::Open(connection_, std::chrono::milliseconds(10'000));
  }

  std::string topic() const { return topics_.prefix() + "RX1"; }
  std::unique_ptr<KafkaReader> Open(KafkaFeeds& feeds, Address from) {
    auto reader = KafkaReader::Open(feeds, *questions_, topic(), from);
    EXPECT_TRUE(reader.ok()) << reader.status();
    return *std::move(reader);
  }
  // Each says its own address: nothing but records stands in the topic.
  void Append(int count, size_t bytes = 10) {
    for (int i = 0; i < count; ++i) {
      std::string record = fmt::format("{}", appended_++);
      record.resize(std::max(record.size(), bytes), ' ');
      absl::Status appended;
      do {
        appended = appender_->Append(record);
      } while (absl::IsResourceExhausted(appended));
      ASSERT_TRUE(appended.ok()) << appended;
    }
  }
  // Reads up to `end`; false, and a failed test, unless each record is the next one.
  static bool ReadTo(KafkaReader& reader, Address end, size_t bytes_max = kAllAtOnce) {
    for (const Deadline deadline(kPatience); reader.next_address() < end && deadline.Left().count() > 0;) {
      if (!ReadSome(reader, kWait, bytes_max)) return false;
    }
    EXPECT_EQ(reader.next_address(), end);
    return reader.next_address() == end;
  }
  static bool ReadSome(KafkaReader& reader, std::chrono::milliseconds wait_max, size_t bytes_max) {
    Address next = reader.next_address();
    const auto records = reader.Read(wait_max, bytes_max);
    // It may have been opened at the end of what is still on its way.
    if (absl::IsUnavailable(records.status())) return true;
    EXPECT_TRUE(records.ok()) << records.status();
    if (!records.ok()) return false;
    for (const LogRecord& record : *records) {
      const bool is_next = record.address == next && std::stoll(record.stored) == next;
      EXPECT_TRUE(is_next) << record.address << " says " << record.stored << " in place of " << next;
      if (!is_next) return false;
      ++next;
    }
    return true;
  }
  // At the end, where a reader that has a feed of its own joins another.
  static void ReadAtEnd(KafkaReader& reader) {
    auto read = reader.Read(std::chrono::milliseconds(0), kAllAtOnce);
    for (const Deadline deadline(kPatience);
         absl::IsUnavailable(read.status()) && deadline.Left().count() > 0;) {
      read = reader.Read(std::chrono::milliseconds(0), kAllAtOnce);
    }
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_THAT(*read, ::testing::IsEmpty());
  }

  TestTopics topics_;
  const KafkaSettings connection_ = ConnectionSettings(TestBrokers(), {});
  std::unique_ptr<KafkaEventLog> log_;
  std::unique_ptr<LogAppender> appender_;
  std::unique_ptr<KafkaTopics> questions_;
  int appended_ = 0;
};

TEST_F(KafkaFeedTest, WhatComesAtTheEndIsFetchedOnce) {
  KafkaFeeds feeds(connection_);
  const auto first = Open(feeds, 0);
  const auto second = Open(feeds, 0);
  for (int round = 1; round <= 3; ++round) {
    Append(5);
    EXPECT_TRUE(ReadTo(*first, 5 * round));
    EXPECT_TRUE(ReadTo(*second, 5 * round));
    EXPECT_EQ(feeds.size(topic()), 1);
  }
}

TEST_F(KafkaFeedTest, WhoComesFromFarBackHasAFeedOfItsOwnUpToTheEnd) {
  KafkaFeeds feeds(connection_);
  Append(10);
  const auto first = Open(feeds, 0);
  EXPECT_TRUE(ReadTo(*first, 10));
  const auto second = Open(feeds, 3);
  EXPECT_EQ(feeds.size(topic()), 2);
  EXPECT_TRUE(ReadTo(*second, 10));
  ReadAtEnd(*second);
  EXPECT_EQ(feeds.size(topic()), 1);
  Append(5);
  EXPECT_TRUE(ReadTo(*second, 15));
  EXPECT_TRUE(ReadTo(*first, 15));
}

TEST_F(KafkaFeedTest, WhoLeavesTooMuchToBeKeptForItIsLeftBehindAndMissesNothing) {
  KafkaFeeds feeds(connection_, nullptr, /*kept_bytes_max=*/1000);
  const auto fast = Open(feeds, 0);
  const auto slow = Open(feeds, 0);
  EXPECT_EQ(feeds.size(topic()), 1);
  Append(100, 100);
  EXPECT_TRUE(ReadTo(*fast, 100));
  EXPECT_TRUE(ReadSome(*slow, kWait, 1));
  EXPECT_EQ(feeds.size(topic()), 2);
  EXPECT_TRUE(ReadTo(*slow, 100));
  ReadAtEnd(*slow);
  EXPECT_EQ(feeds.size(topic()), 1);
}

// Otherwise its topic would be stopped under whoever starts it again.
TEST_F(KafkaFeedTest, AFeedLastsUntilWhoWasLeftBehindHasLeftItToo) {
  KafkaFeeds feeds(connection_, nullptr, /*kept_bytes_max=*/1000);
  auto fast = Open(feeds, 0);
  const auto slow = Open(feeds, 0);
  Append(100, 100);
  EXPECT_TRUE(ReadTo(*fast, 100));
  fast.reset();
  fast = Open(feeds, 100);
  EXPECT_TRUE(ReadTo(*slow, 50, 1));
  Append(5);
  EXPECT_TRUE(ReadTo(*fast, 105));
  EXPECT_TRUE(ReadTo(*slow, 105));
}

TEST_F(KafkaFeedTest, AReadOfNoBytesGivesOneRecord) {
  KafkaFeeds feeds(connection_);
  Append(3);
  const auto reader = Open(feeds, 0);
  EXPECT_TRUE(ReadSome(*reader, kPatience, 0));
  EXPECT_EQ(reader->next_address(), 1);
}

TEST_F(KafkaFeedTest, AFeedGoesOnWithoutWhoStartedIt) {
  KafkaFeeds feeds(connection_);
  auto first = Open(feeds, 0);
  const auto second = Open(feeds, 0);
  Append(3);
  EXPECT_TRUE(ReadTo(*first, 3));
  first.reset();
  Append(3);
  EXPECT_TRUE(ReadTo(*second, 6));
  EXPECT_EQ(feeds.size(topic()), 1);
}

TEST_F(KafkaFeedTest, EverybodyIsToldOfALossAndNobodyPassesOverIt) {
  KafkaFeeds feeds(connection_, nullptr, /*kept_bytes_max=*/1000);
  Append(30);
  ASSERT_TRUE(ReadTo(*Open(feeds, 0), 30));
  topics_.DeleteRecordsBelow("RX1", 20);
  const auto first = Open(feeds, 5);
  const auto second = Open(feeds, 5);
  for (KafkaReader* reader : {first.get(), second.get()}) {
    absl::StatusOr<std::vector<LogRecord>> read;
    for (const Deadline deadline(kPatience); deadline.Left().count() > 0;) {
      read = reader->Read(kWait, kAllAtOnce);
      if (absl::IsDataLoss(read.status())) break;
      ASSERT_TRUE(!read.ok() || read->empty());
    }
    EXPECT_TRUE(absl::IsDataLoss(read.status())) << read.status();
    EXPECT_EQ(reader->next_address(), 5);
  }
}

TEST_F(KafkaFeedTest, WhateverReadersDoEachReadsEveryRecordOnce) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE(fmt::format("seed {}", seed));
  std::mt19937 random(seed);
  const auto below = [&](size_t end) { return std::uniform_int_distribution<size_t>(0, end - 1)(random); };
  KafkaFeeds feeds(connection_, nullptr, /*kept_bytes_max=*/500);
  std::vector<std::unique_ptr<KafkaReader>> readers;
  Append(20);
  for (int step = 0; step < 400 && !HasFailure(); ++step) {
    const size_t what = below(10);
    if (what == 0 && readers.size() < 5) {
      readers.push_back(Open(feeds, static_cast<Address>(below(static_cast<size_t>(appended_) + 1))));
    } else if (what == 1 && !readers.empty()) {
      readers.erase(readers.begin() + static_cast<ptrdiff_t>(below(readers.size())));
    } else if (what < 5) {
      Append(static_cast<int>(below(8)));
    } else if (!readers.empty()) {
      EXPECT_TRUE(ReadSome(*readers[below(readers.size())], std::chrono::milliseconds(below(3)), below(100)));
    }
  }
  for (const auto& reader : readers) EXPECT_TRUE(ReadTo(*reader, appended_));
  for (const auto& reader : readers) ReadAtEnd(*reader);
  EXPECT_LE(feeds.size(topic()), 1);
}

TEST_F(KafkaFeedTest, ReadersOnThreadsOfTheirOwnEachReadAll) {
  constexpr int kRecords = 20'000;
  KafkaFeeds feeds(connection_, nullptr, /*kept_bytes_max=*/10'000);
  std::vector<std::unique_ptr<KafkaReader>> readers;
  for (int i = 0; i < 3; ++i) readers.push_back(Open(feeds, 0));
  std::vector<std::thread> threads;
  for (size_t i = 0; i < readers.size(); ++i) {
    threads.emplace_back([&, i] { EXPECT_TRUE(ReadTo(*readers[i], kRecords, 100 * (i + 1))); });
  }
  Append(kRecords);
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace realise
