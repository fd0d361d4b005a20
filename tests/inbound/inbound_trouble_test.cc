// Trouble: a ledger that does not answer, a copy that does not fit, topics that are missing or unsafe.  Needs
// a real broker: tools/kafka up, REALISE_KAFKA_BROKERS.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <mutex>

#include "libs/base/clock.h"
#include "libs/domain/testing/event_builders.h"
#include "libs/inbound/inbound_reason.h"
#include "libs/inbound/kafka/inbound_consumer.h"
#include "libs/inbound/kafka/kept_messages.h"
#include "libs/inbound/testing/event_messages.h"
#include "libs/kafka/kafka_admin.h"
#include "tests/end_to_end/served_ledger.h"
#include "tests/end_to_end/told.h"
#include "tests/inbound/inbound_door.h"

namespace realise::testing {
namespace {

using ::testing::HasSubstr;

// Ledgers of which one answers only when it is told to.
class Ledgers {
 public:
  AppendFunction Function() {
    return [this](const v1::AppendRequest& request, const std::function<void(AppendOutcome)>& done) {
      AppendOutcome outcome;
      if (request.ledger() == "BAD" && !bad_answers_) {
        outcome.status = absl::UnavailableError("no answer");
        return done(std::move(outcome));
      }
      for (const v1::Event& event : request.events()) outcome.events.Add()->set_event_id(event.id());
      outcome.receipt = {request.ledger(), 1, Digest()};
      done(std::move(outcome));
    };
  }
  void Mend() { bad_answers_ = true; }

 private:
  std::atomic<bool> bad_answers_ = false;
};

MessageContent For(const std::string& ledger, int number) {
  const v1::Event event = WithId(PeriodOpened("2024/25-M01"), fmt::format("{}-{}", ledger, number));
  return EventMessage(FromSource(event, SourceOf(ledger)));
}

class InboundTrouble : public ::testing::Test {
 protected:
  InboundTrouble() : door_(1) {
    options_.cluster = door_.cluster();
    options_.topics = door_.topics();
    options_.say = [this](const std::string& line) {
      const std::lock_guard lock(mutex_);
      said_ += line + "\n";
      changed_.notify_all();
    };
  }

  std::unique_ptr<InboundConsumer> Start() {
    auto started = InboundConsumer::Start(options_, ledgers_.Function(), clock_);
    EXPECT_TRUE(started.ok()) << started.status();
    return started.ok() ? *std::move(started) : nullptr;
  }
  // Waits until an operator was told of something.
  void AwaitSaid(const std::string& what) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, std::chrono::seconds(60),
                                  [&] { return said_.find(what) != std::string::npos; }))
        << what << " was not said, but\n"
        << said_;
  }

  InboundDoor door_;
  SystemClock clock_;
  Ledgers ledgers_;
  InboundOptions options_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string said_;  // under mutex_
};

TEST_F(InboundTrouble, ALedgerThatIsSilentForLongHoldsUpNobodyForEver) {
  options_.lane.give_up_after = std::chrono::seconds(4);
  options_.lane.retry_max = std::chrono::milliseconds(500);
  options_.limits.partition_messages_max = 30;
  const auto consumer = Start();
  ASSERT_NE(consumer, nullptr);
  door_.Publish(0, For("BAD", 0));
  for (int i = 1; i < 100; ++i) door_.Publish(0, For("GOOD", i));
  door_.Flush();
  // As much is taken behind it as the limit allows; then the partition waits, loudly, and then it goes on.
  door_.Await(29);
  AwaitSaid("ledger BAD has taken no events");
  EXPECT_TRUE(absl::IsUnavailable(consumer->Health()));
  door_.Await(100);
  EXPECT_EQ(door_.Last(0).reason(), kLedgerUnavailable);
  for (int i = 1; i < 100; ++i) EXPECT_EQ(door_.Last(i).outcome(), kAccepted);

  ledgers_.Mend();
  const auto replay =
      PlanReplay(door_.cluster(), door_.topics(), {.reasons = {std::string(kLedgerUnavailable)}});
  ASSERT_TRUE(replay.ok()) << replay.status();
  ASSERT_EQ(replay->messages.size(), 1u);
  for (int64_t offset = 100; door_.told().size() < 200; ++offset) {
    // The first may come before the next try is due.
    ASSERT_TRUE(SendReplay(door_.cluster(), door_.topics(), *replay).ok());
    door_.Await(static_cast<size_t>(offset) + 1);
    if (door_.Last(offset).outcome() == kAccepted) break;
  }
  AwaitSaid("all is well again");
}

TEST_F(InboundTrouble, ACopyThatDoesNotFitGoesWithoutItsData) {
  const auto consumer = Start();
  ASSERT_NE(consumer, nullptr);
  // Packed it fits into a topic that it is too large for.
  door_.PublishPacked(WithData(For("GOOD", 0), std::string(3'000'000, 'x')));
  door_.Publish(0, WithData(For("GOOD", 1), "{"));
  door_.Flush();
  door_.Await(2);
  EXPECT_EQ(door_.Last(0).reason(), "TOO_LARGE");
  EXPECT_EQ(door_.Last(1).reason(), "MALFORMED");
  // Packed, headers and key can be too large as well.
  door_.PublishPacked(WithHeader(For("GOOD", 2), "anything", std::string(3'000'000, 'x').c_str()));
  MessageContent keyed = For("GOOD", 3);
  keyed.key = std::string(3'000'000, 'x');
  keyed.value = "{";
  door_.PublishPacked(keyed);
  door_.Publish(0, For("GOOD", 4));
  door_.Flush();
  door_.Await(5);
  EXPECT_EQ(door_.Last(2).reason(), "TOO_LARGE");
  EXPECT_EQ(door_.Last(3).reason(), "MALFORMED");
  EXPECT_EQ(door_.Last(4).outcome(), kAccepted);
  const auto replay = PlanReplay(door_.cluster(), door_.topics(), {});
  ASSERT_TRUE(replay.ok()) << replay.status();
  EXPECT_EQ(replay->without_value, 3u);
  EXPECT_EQ(replay->messages.size(), 1u);
}

TEST_F(InboundTrouble, CopiesThatTheirTopicDoesNotTakeHoldNoMoreThanTheLimit) {
  options_.limits.partition_bytes_max = 1'000'000;
  const auto consumer = Start();
  ASSERT_NE(consumer, nullptr);
  constexpr int kPoison = 60;
  door_.LimitRejectedTopic(100);
  for (int i = 0; i < kPoison; ++i) door_.Publish(0, WithData(For("GOOD", i), std::string(100'000, '{')));
  door_.Flush();
  AwaitSaid("partition 0 waits");
  EXPECT_LT(consumer->Counts().taken, 20u);
  EXPECT_TRUE(absl::IsUnavailable(consumer->Health()));
  door_.LimitRejectedTopic(1'114'112);
  door_.Await(kPoison);
  AwaitSaid("all is well again");
}

TEST_F(InboundTrouble, TwoProcessesShareThePartitionsAndOneTakesOverWhatTheOtherLeaves) {
  auto first = Start();
  auto second = Start();
  ASSERT_TRUE(first != nullptr && second != nullptr);
  for (int i = 0; i < 50; ++i) door_.Publish(0, For("GOOD", i));
  door_.Flush();
  door_.Await(50);
  first.reset();
  for (int i = 50; i < 100; ++i) door_.Publish(0, For("GOOD", i));
  door_.Flush();
  door_.Await(100);
  second.reset();
  EXPECT_EQ(door_.Committed(), std::vector<int64_t>{100});
  for (const auto& [place, outcomes] : door_.told()) EXPECT_EQ(outcomes.size(), 1u) << place.offset;
}

TEST_F(InboundTrouble, WhatKafkaDeletedBeforeItWasTakenIsReported) {
  auto consumer = Start();
  ASSERT_NE(consumer, nullptr);
  for (int i = 0; i < 10; ++i) door_.Publish(0, For("GOOD", i));
  door_.Flush();
  door_.Await(10);
  consumer.reset();
  for (int i = 10; i < 20; ++i) door_.Publish(0, For("GOOD", i));
  door_.Flush();
  door_.DeleteBelow(15);
  consumer = Start();
  door_.Await(15);
  AwaitSaid("5 messages of partition 0 were deleted before they were taken");
}

TEST_F(InboundTrouble, AStoppedLedgerIsRejectedAndTheOthersGoOn) {
  const std::string bad = FreshLedger();
  const std::string good = FreshLedger();
  const TemporaryFolder data;
  ServedLedger server(data.path(),
                      {"--log", "kafka", "--brokers", door_.brokers(), "--inbound", door_.topics().inbound});
  for (const std::string& ledger : {bad, good}) {
    server.Create(ledger);
    server.Append(ledger, "2024-01-01",
                  {PublisherRegistered("programme-office", SourceOf(ledger), {"period_opened"})});
  }
  door_.DeleteTopic("realise.ledger." + bad);
  int64_t offset = 0;
  std::string outcome;
  while (outcome != kLedgerStopped && offset < 200) {
    door_.Publish(0, For(bad, static_cast<int>(offset)));
    door_.Flush();
    door_.Await(static_cast<size_t>(++offset));
    outcome = door_.Last(offset - 1).reason();
  }
  EXPECT_EQ(outcome, kLedgerStopped);
  EXPECT_EQ(AwaitHealth(server.address(), "inbound", "NOT_SERVING"), "NOT_SERVING");
  door_.Publish(0, For(good, 0));
  door_.Flush();
  door_.Await(static_cast<size_t>(offset) + 1);
  EXPECT_EQ(door_.Last(offset).outcome(), kAccepted) << door_.Last(offset).DebugString();
}

TEST_F(InboundTrouble, TopicsAreCheckedAtTheStart) {
  InboundOptions missing = options_;
  missing.topics = InboundTopicsOf("test.no-such.inbound");
  const auto none = InboundConsumer::Start(missing, ledgers_.Function(), clock_);
  EXPECT_TRUE(absl::IsNotFound(none.status()));
  EXPECT_THAT(std::string(none.status().message()),
              HasSubstr("realise inbound create --topic test.no-such.inbound"));

  door_.LimitRejectedTopic(100'000);
  const auto unsafe = InboundConsumer::Start(options_, ledgers_.Function(), clock_);
  EXPECT_TRUE(absl::IsFailedPrecondition(unsafe.status()));
  EXPECT_THAT(std::string(unsafe.status().message()),
              HasSubstr("max.message.bytes is 100000, and must be 1114112"));
}

}  // namespace
}  // namespace realise::testing
