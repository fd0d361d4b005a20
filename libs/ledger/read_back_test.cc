// Answers wait for the log; what turns out void is decided again; nothing is lost or doubled.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "libs/domain/testing/event_builders.h"
#include "libs/ledger/testing/ledger_fixture.h"

namespace realise::testing {
namespace {

using ::testing::SizeIs;

class ReadBackTest : public LedgerTest {};

TEST_F(ReadBackTest, HoldsEveryAnswerUntilWhatItRestsOnIsReadBack) {
  Create();
  ASSERT_TRUE(Append(BoardEstablished("b-0")).status.ok());
  log_->HoldReads();
  std::atomic<int> answered = 0;
  std::vector<AppendOutcome> outcomes(8);
  const auto submit = [&](size_t index, v1::AppendRequest request) {
    writer_->Submit(std::move(request), [&outcomes, &answered, index](AppendOutcome outcome) {
      outcomes[index] = std::move(outcome);
      ++answered;
    });
  };
  const v1::Event first = BoardEstablished("b-1");
  v1::Event other = first;
  other.set_occurred_on("2023-04-04");
  submit(0, Request({first}));
  log_->AwaitAppends(2);
  submit(1, Request({first}));
  submit(2, Request({other}));
  submit(3, Request({WithId(first, "again")}));
  submit(4, Expecting(Request({BoardEstablished("b-2")}), "board/b-1", 0));
  submit(5, DryRun(Request({BoardRenamed("b-1", "Beds", "2023-04-01")})));
  submit(6, Request({BoardEstablished("b-0")}));
  submit(7, Request({BoardEstablished("b-3")}));
  log_->AwaitAppends(3);
  EXPECT_EQ(answered, 0) << "all are decided, and nothing was read back";
  log_->ReleaseReads();
  ASSERT_TRUE(Append(BoardEstablished("b-4")).status.ok());
  ASSERT_EQ(answered, 8);
  EXPECT_TRUE(outcomes[0].status.ok());
  EXPECT_TRUE(outcomes[1].events[0].already_recorded());
  EXPECT_EQ(outcomes[1].receipt, outcomes[0].receipt);
  EXPECT_EQ(outcomes[2].refusals[0].reason(), "CONFLICTING_DUPLICATE");
  EXPECT_EQ(outcomes[3].refusals[0].reason(), "ALREADY_EXISTS");
  EXPECT_EQ(outcomes[4].refusals[0].reason(), "WRONG_EXPECTED_VERSION");
  EXPECT_TRUE(outcomes[5].status.ok());
  EXPECT_EQ(outcomes[5].events[0].stream_version(), 2u);
  EXPECT_EQ(outcomes[6].events[0].sequence(), 1u);
  ExpectRecorded(ReadLedger(), outcomes[7]);
}

// A refusal because of an event that never came to be must not be told.
TEST_F(ReadBackTest, DecidesARefusalAgainWhenItsGroundTurnsOutVoid) {
  Create();
  ASSERT_TRUE(Append(BoardEstablished("b-0")).status.ok());
  const std::unique_ptr<DeciderStore> other_store = OpenStore("/other");
  const auto other = LedgerWriter::Open(*log_below_, *other_store, clock_, options_);
  ASSERT_TRUE(other.ok()) << other.status();

  log_->HoldReads();
  log_->HoldAppends();
  const v1::Event close = BoardClosed("b-0", "2023-04-01");
  std::future<AppendOutcome> closed = Submit(*writer_, Expecting(Request({close}), "board/b-0", 1));
  log_->AwaitAppends(2);
  std::future<AppendOutcome> renamed = Submit(*writer_, Request({BoardRenamed("b-0", "Beds", "2023-05-01")}));
  std::future<AppendOutcome> behind = Submit(*writer_, Request({BoardEstablished("b-1")}));
  log_->AwaitAppends(3);
  const AppendOutcome won = Get(Submit(**other, Request({BoardRenamed("b-0", "Flow", "2023-03-01")})));
  ASSERT_TRUE(won.status.ok()) << won.status;
  log_->ReleaseAppends();
  log_->ReleaseReads();

  const AppendOutcome beaten = Get(std::move(closed));
  EXPECT_EQ(beaten.refusals.at(0).reason(), "WRONG_EXPECTED_VERSION");
  const AppendOutcome accepted = Get(std::move(renamed));
  EXPECT_TRUE(accepted.status.ok()) << "the board was never closed: " << accepted.status;
  EXPECT_TRUE(Get(std::move(behind)).status.ok());
  EXPECT_GE(writer_->Counts().decided_again, 3u);
  const WriterTestLedger recorded = ReadLedger();
  EXPECT_THAT(recorded.events, SizeIs(4));
  ExpectRecorded(recorded, accepted);
}

TEST_F(ReadBackTest, FindsACommitThatItHadGivenUp) {
  options_.give_up_after = std::chrono::milliseconds(20);
  Create();
  log_->HoldAppends();
  std::future<AppendOutcome> answer = Submit(*writer_, Request({BoardEstablished("b-1")}));
  log_->AwaitAppends(3);  // the first was given up twice
  log_->ReleaseAppends();
  const AppendOutcome outcome = Get(std::move(answer));
  ASSERT_TRUE(outcome.status.ok()) << outcome.status;
  const WriterTestLedger recorded = ReadLedger();
  EXPECT_THAT(recorded.events, SizeIs(1));
  ExpectRecorded(recorded, outcome);
}

// What one publisher sends: boards that are established, and renamed twice, in this order.
std::vector<v1::Event> PublishersEvents(const std::string& publisher, int boards) {
  std::vector<v1::Event> events;
  for (int i = 0; i < boards; ++i) {
    const std::string board = publisher + "-" + std::to_string(i);
    events.push_back(BoardEstablished(board));
    events.push_back(WithId(BoardRenamed(board, "First", "2023-04-01"), board + "-1"));
    events.push_back(WithId(BoardRenamed(board, "Second", "2023-05-01"), board + "-2"));
  }
  return events;
}

// Publishes with at most `window` commands under way, and sends again what is answered with outcome unknown.
std::vector<AppendOutcome> Publish(LedgerWriter& writer, const std::vector<v1::Event>& events,
                                   size_t window) {
  std::vector<AppendOutcome> outcomes;
  std::vector<std::future<AppendOutcome>> under_way;
  size_t next = 0;
  while (outcomes.size() < events.size()) {
    while (next < events.size() && under_way.size() < window) {
      auto promise = std::make_shared<std::promise<AppendOutcome>>();  // std::function has to be copyable
      under_way.push_back(promise->get_future());
      writer.Submit(Request({events[next++]}),
                    [promise](AppendOutcome outcome) { promise->set_value(std::move(outcome)); });
    }
    outcomes.push_back(under_way.front().get());
    under_way.erase(under_way.begin());
  }
  return outcomes;
}

TEST_F(ReadBackTest, TwoWritersThatRaceLoseAndDoubleNothing) {
  constexpr int kBoards = 20;
  constexpr int kRoundsMax = 500;
  constexpr size_t kWindow = 40;
  Create();
  const std::unique_ptr<DeciderStore> other_store = OpenStore("/other");
  const auto other = LedgerWriter::Open(*log_, *other_store, clock_, options_);
  ASSERT_TRUE(other.ok()) << other.status();
  // Each goes on publishing until the other has published some too: a writer that starved would never end it.
  std::atomic<bool> done_a = false;
  std::atomic<bool> done_b = false;
  const auto race = [&](LedgerWriter& writer, const std::string& name, std::atomic<bool>& own,
                        std::atomic<bool>& others, std::vector<AppendOutcome>& outcomes) {
    for (int round = 0; round < kRoundsMax && !(own && others); ++round) {
      for (AppendOutcome& outcome :
           Publish(writer, PublishersEvents(name + std::to_string(round), kBoards), kWindow)) {
        outcomes.push_back(std::move(outcome));
      }
      if (round >= 2) own = true;
    }
  };
  std::vector<AppendOutcome> of_a;
  std::vector<AppendOutcome> of_b;
  std::thread a([&] { race(*writer_, "a", done_a, done_b, of_a); });
  std::thread b([&] { race(**other, "b", done_b, done_a, of_b); });
  a.join();
  b.join();
  EXPECT_LT(std::max(of_a.size(), of_b.size()), static_cast<size_t>(kRoundsMax * kBoards * 3))
      << "one starved";
  const WriterTestLedger recorded = ReadLedger();
  EXPECT_THAT(recorded.events, SizeIs(of_a.size() + of_b.size()));
  for (const AppendOutcome& outcome : of_a) ExpectRecorded(recorded, outcome);
  for (const AppendOutcome& outcome : of_b) ExpectRecorded(recorded, outcome);
}

class LossTest : public ReadBackTest, public ::testing::WithParamInterface<uint64_t> {};

TEST_P(LossTest, WhatIsLostDoubledOrLateIsRecordedOnce) {
  constexpr int kBoards = 30;
  SCOPED_TRACE("seed " + std::to_string(GetParam()));
  options_.give_up_after = std::chrono::milliseconds(5);
  options_.save_every_events = 25;
  Create();
  const std::unique_ptr<DeciderStore> other_store = OpenStore("/other");
  const auto other = LedgerWriter::Open(*log_, *other_store, clock_, options_);
  ASSERT_TRUE(other.ok()) << other.status();
  log_->Misbehave(GetParam(), {10, 10, 10});
  std::vector<AppendOutcome> of_a;
  std::vector<AppendOutcome> of_b;
  std::thread a([&] { of_a = Publish(*writer_, PublishersEvents("a", kBoards), 12); });
  std::thread b([&] { of_b = Publish(**other, PublishersEvents("b", kBoards), 3); });
  a.join();
  b.join();
  log_->Behave();
  ASSERT_TRUE(Append(BoardEstablished("last")).status.ok());
  const WriterTestLedger recorded = ReadLedger();
  EXPECT_THAT(recorded.events, SizeIs(2 * 3 * kBoards + 1));
  for (const AppendOutcome& outcome : of_a) ExpectRecorded(recorded, outcome);
  for (const AppendOutcome& outcome : of_b) ExpectRecorded(recorded, outcome);
  EXPECT_GT(recorded.void_records, 0) << "or nothing was tried";
}

INSTANTIATE_TEST_SUITE_P(Seeds, LossTest, ::testing::Range<uint64_t>(1, 7));

}  // namespace
}  // namespace realise::testing
