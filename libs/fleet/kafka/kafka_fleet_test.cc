// Processes that know each other through a real broker.
#include "libs/fleet/kafka/kafka_fleet.h"

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include "fmt/format.h"
#include "gmock/gmock.h"
#include "libs/event_log/kafka/kafka_event_log.h"
#include "libs/event_log/kafka/kafka_test_cluster.h"
#include "libs/kafka/kafka_handles.h"

namespace realise {
namespace {

using ::testing::HasSubstr;

constexpr std::chrono::seconds kPatience{30};
constexpr std::chrono::seconds kLeaveWithin{5};
constexpr const char* kTopic = "INGEST";

class Fleet : public ::testing::Test {
 protected:
  std::unique_ptr<KafkaFleet> Open() {
    auto opened = KafkaFleet::Open({.brokers = TestBrokers(), .topic = topics_.prefix() + kTopic});
    EXPECT_TRUE(opened.ok()) << opened.status();
    return opened.ok() ? *std::move(opened) : nullptr;
  }
  std::unique_ptr<KafkaFleet> Joined(const std::string& address) {
    auto process = Open();
    if (process != nullptr) process->Join(address);
    return process;
  }
  // Waits until the process sees so many that write.
  static bool Sees(const Placement& process, size_t count) {
    return Sees(process, [&] { return process.Members().size() == count; });
  }
  static bool Sees(const Placement& process, std::string_view ledger, Where where) {
    return Sees(process, [&] { return process.Of(ledger).where == where; });
  }
  static bool Sees(const Placement& process, const std::function<bool()>& there) {
    const auto until = std::chrono::steady_clock::now() + kPatience;
    while (true) {
      const uint64_t version = process.Version();
      if (there()) return true;
      if (std::chrono::steady_clock::now() >= until) return false;
      process.AwaitChange(version, until);
    }
  }

  TestTopics topics_;
};

TEST_F(Fleet, AgreesWhoseEachLedgerIs) {
  const auto one = Joined("127.0.0.1:7001");
  const auto two = Joined("127.0.0.1:7002");
  ASSERT_TRUE(Sees(*one, 2) && Sees(*two, 2));
  EXPECT_EQ(one->Members(), two->Members());
  int of_one = 0;
  for (int i = 0; i < 100; ++i) {
    const std::string ledger = fmt::format("R{:03}", i);
    const bool here = one->Of(ledger).where == Where::kHere;
    const Place seen_by_two = two->Of(ledger);
    EXPECT_EQ(seen_by_two.where, here ? Where::kElsewhere : Where::kHere) << ledger;
    if (here) {
      EXPECT_EQ(seen_by_two.owner, (Member{one->self(), "127.0.0.1:7001"}));
    }
    of_one += here ? 1 : 0;
  }
  EXPECT_GT(of_one, 0);
  EXPECT_LT(of_one, 100);
}

TEST_F(Fleet, WhoHasNotJoinedKnowsTheOthersAndOwnsNothing) {
  const auto one = Joined("127.0.0.1:7001");
  const auto guest = Open();
  ASSERT_TRUE(Sees(*guest, 1));
  EXPECT_EQ(guest->Of("RH5").where, Where::kElsewhere);
  EXPECT_FALSE(guest->Serving());
}

TEST_F(Fleet, WhoLeavesHandsOverAtOnce) {
  const auto one = Joined("127.0.0.1:7001");
  const auto two = Joined("127.0.0.1:7002");
  ASSERT_TRUE(Sees(*one, 2) && Sees(*two, 2));
  one->Leave(kLeaveWithin);
  ASSERT_TRUE(Sees(*two, 1));
  EXPECT_EQ(two->Of("RH5").where, Where::kHere);
  EXPECT_TRUE(two->IsAlive(one->self())) << "it still answers what is under way";
  EXPECT_EQ(one->Of("RH5").owner.id, two->self());
  EXPECT_TRUE(one->Leaving());
  EXPECT_FALSE(one->Serving());
}

TEST_F(Fleet, WhoDiesIsReplaced) {
  const auto one = Joined("127.0.0.1:7001");
  auto two = Joined("127.0.0.1:7002");
  ASSERT_TRUE(Sees(*one, 2) && Sees(*two, 2));
  const ProcessId dead = two->self();
  two.reset();
  ASSERT_TRUE(Sees(*one, 1));
  EXPECT_EQ(one->Of("RH5").where, Where::kHere);
  EXPECT_FALSE(one->IsAlive(dead));
}

TEST_F(Fleet, WhatOneCallsDamagedNobodyWritesWhileThatOneLives) {
  auto one = Joined("127.0.0.1:7001");
  const auto two = Joined("127.0.0.1:7002");
  ASSERT_TRUE(Sees(*one, 2) && Sees(*two, 2));
  const Place damaged{.where = Where::kDamaged, .owner = {one->self(), "127.0.0.1:7001"}};
  one->TellDamaged("RH5");
  EXPECT_EQ(one->Of("RH5"), damaged) << "at once";
  EXPECT_TRUE(Sees(*two, "RH5", Where::kDamaged));
  EXPECT_EQ(two->Of("RH5"), damaged);
  EXPECT_NE(two->Of("RJ1").where, Where::kDamaged);
  const auto three = Joined("127.0.0.1:7003");
  ASSERT_TRUE(Sees(*three, 3)) << "it hears of it before it writes";
  EXPECT_EQ(three->Of("RH5"), damaged);
  one.reset();
  EXPECT_TRUE(Sees(*two, 2) && Sees(*three, 2));
  EXPECT_NE(two->Of("RH5").where, Where::kDamaged);
  EXPECT_NE(three->Of("RH5").where, Where::kDamaged);
}

TEST_F(Fleet, PassesOverWhatIsNoHeartbeat) {
  const auto one = Joined("127.0.0.1:7001");
  ASSERT_TRUE(Sees(*one, 1));
  const auto log = *KafkaEventLog::Open({.brokers = TestBrokers(), .topic_prefix = topics_.prefix()});
  const auto appender = *log->OpenAppender(kTopic);
  ASSERT_TRUE(appender->Append("\xff no heartbeat").ok());
  const auto two = Joined("127.0.0.1:7002");
  ASSERT_TRUE(Sees(*one, 2)) << "what was published behind it is read";
  EXPECT_TRUE(one->Health().ok()) << one->Health();
}

TEST_F(Fleet, MakesATopicThatIsGoneAgain) {
  const auto one = Joined("127.0.0.1:7001");
  ASSERT_TRUE(Sees(*one, 1));
  topics_.Delete(kTopic);
  const auto log = *KafkaEventLog::Open(
      {.brokers = TestBrokers(), .topic_prefix = topics_.prefix(), .allow_unsafe_topic = true});
  const Deadline deadline(kPatience);
  while (absl::IsNotFound(log->CheckLedger(kTopic)) && deadline.Left().count() > 0) {
  }
  const auto guest = Open();
  EXPECT_TRUE(Sees(*guest, 1));
  EXPECT_TRUE(Sees(*one, 1));
}

TEST_F(Fleet, RefusesATopicOfMorePartitions) {
  topics_.Create(kTopic, 2, {});
  const auto opened = KafkaFleet::Open({.brokers = TestBrokers(), .topic = topics_.prefix() + kTopic});
  EXPECT_TRUE(absl::IsInvalidArgument(opened.status())) << opened.status();
  EXPECT_THAT(opened.status().message(), HasSubstr("must have 1"));
}

}  // namespace
}  // namespace realise
