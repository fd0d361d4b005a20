// Who writes a ledger may change at any moment; nothing of an earlier writer is accepted behind that, and
// nothing is lost or doubled whoever believes to write it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "libs/domain/testing/event_builders.h"
#include "libs/ledger/ledger_writers.h"
#include "libs/ledger/testing/ledger_fixture.h"

namespace realise::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class TakingOverTest : public LedgerTest {
 protected:
  TakingOverTest() { options_.take_over = true; }

  // As another process would, whose records do not pass the faulty log.
  std::unique_ptr<LedgerWriter> OpenOther() {
    if (other_store_ == nullptr) other_store_ = OpenStore("/other");
    auto other = LedgerWriter::Open(*log_below_, *other_store_, clock_, options_);
    EXPECT_TRUE(other.ok()) << other.status();
    return *std::move(other);
  }

  std::unique_ptr<DeciderStore> other_store_;
};

TEST_F(TakingOverTest, NothingOfAWriterThatWasReplacedIsAcceptedEver) {
  std::atomic<bool> mine = true;
  options_.still_mine = [&mine] { return mine.load(); };
  Create();
  ASSERT_TRUE(Append(BoardEstablished("b-0")).status.ok());
  log_->HoldAppends();
  std::vector<std::future<AppendOutcome>> under_way;
  for (int i = 1; i <= 3; ++i) {
    under_way.push_back(Submit(*writer_, Request({BoardEstablished("b-" + std::to_string(i))})));
    log_->AwaitAppends(2 + i);
  }
  mine = false;
  options_.still_mine = nullptr;
  const std::unique_ptr<LedgerWriter> other = OpenOther();
  ASSERT_TRUE(Get(Submit(*other, Request({BoardEstablished("b-1")}))).status.ok());
  log_->ReleaseAppends();
  for (std::future<AppendOutcome>& answer : under_way) {
    const AppendOutcome outcome = Get(std::move(answer));
    EXPECT_TRUE(absl::IsUnavailable(outcome.status)) << outcome.status;
    EXPECT_TRUE(outcome.moved);
  }
  EXPECT_TRUE(writer_->Resigned());
  EXPECT_TRUE(Append(BoardEstablished("b-9")).moved);
  EXPECT_EQ(writer_->Counts().taken_over, 1u);
  ASSERT_TRUE(Get(Submit(*other, Request({BoardEstablished("b-2")}))).status.ok());
  const WriterTestLedger recorded = ReadLedger();
  ASSERT_THAT(recorded.events, SizeIs(3));
  EXPECT_EQ(recorded.events[1].stream(), "board/b-1");
  EXPECT_EQ(recorded.void_records, 3) << "it came, and was void";
  EXPECT_EQ(other->Counts().foreign_commits, 3u);
}

TEST_F(TakingOverTest, TwoThatBelieveToWriteItLoseAndDoubleNothing) {
  options_.still_mine = [] { return true; };
  Create();
  std::vector<AppendOutcome> outcomes;
  for (int round = 0; round < 5; ++round) {
    std::unique_ptr<LedgerWriter> other = OpenOther();
    std::vector<std::future<AppendOutcome>> answers;
    for (int i = 0; i < 20; ++i) {
      const std::string board = "b-" + std::to_string(round) + "-" + std::to_string(i);
      LedgerWriter& writer = i % 2 == 0 ? *writer_ : *other;
      answers.push_back(Submit(writer, Request({BoardEstablished(board)})));
    }
    for (std::future<AppendOutcome>& answer : answers) outcomes.push_back(Get(std::move(answer)));
  }
  EXPECT_FALSE(writer_->Resigned());
  EXPECT_GE(writer_->Counts().taken_over, 1u);
  const WriterTestLedger recorded = ReadLedger();
  EXPECT_THAT(recorded.events, SizeIs(100));
  for (const AppendOutcome& outcome : outcomes) ExpectRecorded(recorded, outcome);
}

TEST_F(TakingOverTest, IsSentAgainWhenItIsLost) {
  Create();
  ASSERT_TRUE(Append(BoardEstablished("b-0")).status.ok());
  writer_.reset();
  options_.give_up_after = std::chrono::milliseconds(20);
  log_->LoseAppends(2);
  writer_ = OpenWriter();
  ASSERT_TRUE(Append(BoardEstablished("b-1")).status.ok());
  const WriterTestLedger recorded = ReadLedger();
  ASSERT_THAT(recorded.headers, SizeIs(5)) << "the first, and of each writer one that took over and an event";
  EXPECT_EQ(recorded.headers[3].event_count, 0u);
  EXPECT_EQ(recorded.headers[3].writer, recorded.headers[4].writer);
}

class WritersTest : public LedgerTest {
 protected:
  WritersTest() {
    Create();
    writer_.reset();
  }
  // Submits boards until one is answered at once, which happens when the writer leaves.
  AppendOutcome SubmitUntilRefused(LedgerWriter& writer) {
    const auto refused = std::make_shared<std::promise<AppendOutcome>>();
    const auto done = std::make_shared<std::atomic<bool>>(false);
    for (int i = 0; !*done; ++i) {
      writer.Submit(Request({BoardEstablished("u-" + std::to_string(i))}), [=](AppendOutcome outcome) {
        if (!outcome.status.ok() && !done->exchange(true)) refused->set_value(std::move(outcome));
      });
      std::this_thread::yield();
    }
    return refused->get_future().get();
  }
};

TEST_F(WritersTest, ReleasingDrainsAndTellsWhereToGo) {
  LedgerWriters writers(*log_, *store_, clock_);
  const std::shared_ptr<LedgerWriter> writer = *writers.Of(kLedger);
  log_->HoldReads();
  std::future<AppendOutcome> under_way = Submit(*writer, Request({BoardEstablished("b-1")}));
  log_->AwaitAppends(1);
  std::thread releasing([&] { writers.Release(kLedger); });
  const AppendOutcome refused = SubmitUntilRefused(*writer);
  EXPECT_TRUE(refused.moved) << refused.status;
  log_->ReleaseReads();
  releasing.join();
  EXPECT_TRUE(Get(std::move(under_way)).status.ok());
  EXPECT_TRUE(Get(Submit(*writer, Request({BoardEstablished("b-2")}))).moved);
  const std::shared_ptr<LedgerWriter> again = *writers.Of(kLedger);
  EXPECT_NE(again, writer);
  EXPECT_TRUE(Get(Submit(*again, Request({BoardEstablished("b-2")}))).status.ok());
  writers.Release("RA4");
}

TEST_F(WritersTest, IfOpenOpensNoneAndGivesNoneThatLeaves) {
  std::atomic<bool> mine = true;
  LedgerWriters writers(*log_, *store_, clock_,
                        {.still_mine = [&mine](const std::string&) { return mine.load(); }});
  EXPECT_EQ(writers.IfOpen(kLedger), nullptr);
  EXPECT_EQ(writers.IfOpen("no code"), nullptr);
  const std::shared_ptr<LedgerWriter> writer = *writers.Of(kLedger);
  EXPECT_EQ(writers.IfOpen(kLedger), writer);
  mine = false;
  EXPECT_EQ(writers.IfOpen(kLedger), nullptr);
  mine = true;
  log_->HoldReads();
  std::future<AppendOutcome> under_way = Submit(*writer, Request({BoardEstablished("b-1")}));
  log_->AwaitAppends(1);
  std::thread releasing([&] { writers.Release(kLedger); });
  EXPECT_TRUE(SubmitUntilRefused(*writer).moved);
  EXPECT_EQ(writers.IfOpen(kLedger), nullptr) << "without waiting for the end";
  log_->ReleaseReads();
  releasing.join();
  EXPECT_TRUE(Get(std::move(under_way)).status.ok());
  EXPECT_EQ(writers.IfOpen(kLedger), nullptr);
}

TEST_F(WritersTest, AWriterThatResignedIsReplacedWhenTheLedgerIsOursAgain) {
  std::atomic<bool> mine = true;
  LedgerWriters writers(
      *log_, *store_, clock_,
      {.take_over = true, .still_mine = [&mine](const std::string&) { return mine.load(); }});
  const std::shared_ptr<LedgerWriter> writer = *writers.Of(kLedger);
  ASSERT_TRUE(Get(Submit(*writer, Request({BoardEstablished("b-1")}))).status.ok());
  mine = false;
  EXPECT_TRUE(absl::IsAborted(writers.Of(kLedger).status()));
  options_.take_over = true;
  const std::unique_ptr<DeciderStore> other_store = OpenStore("/other");
  const auto other = LedgerWriter::Open(*log_, *other_store, clock_, options_);
  ASSERT_TRUE(Get(Submit(**other, Request({BoardEstablished("b-2")}))).status.ok());
  while (!writer->Resigned()) std::this_thread::yield();
  mine = true;
  const std::shared_ptr<LedgerWriter> again = *writers.Of(kLedger);
  EXPECT_NE(again, writer);
  EXPECT_TRUE(Get(Submit(*again, Request({BoardEstablished("b-2")}))).events.at(0).already_recorded());
}

// What the writers of a process say of damage.
class DamageTest : public WritersTest {
 protected:
  std::unique_ptr<LedgerWriters> Open(DeciderStore& store) {
    LedgerWritersOptions options;
    options.log_damaged = [this](const std::string& ledger, const absl::Status& why) {
      EXPECT_TRUE(absl::IsDataLoss(why)) << why;
      const std::lock_guard lock(mutex_);
      told_.push_back(ledger);
    };
    return std::make_unique<LedgerWriters>(*log_, store, clock_, options);
  }
  std::vector<std::string> Told() {
    const std::lock_guard lock(mutex_);
    return told_;
  }
  void ChangeLastRecord() {
    log_->Change(kLedger, [](std::vector<std::string>& records) { records.back().back() ^= 1; });
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> told_;
};

TEST_F(DamageTest, IsToldAndStaysToBeSeenWhenItsLogIsNotWhatItWas) {
  const auto writers = Open(*store_);
  const std::shared_ptr<LedgerWriter> writer = *writers->Of(kLedger);
  ASSERT_TRUE(Get(Submit(*writer, Request({BoardEstablished("b-1")}))).status.ok());
  ChangeLastRecord();
  while (Told().empty()) std::this_thread::yield();
  EXPECT_THAT(Told(), ElementsAre(kLedger));
  EXPECT_TRUE(absl::IsDataLoss(writer->Health())) << writer->Health();
  writers->Release(kLedger);
  ASSERT_THAT(writers->Statuses(), SizeIs(1));
  EXPECT_TRUE(absl::IsDataLoss(writers->Statuses().front().health));
  EXPECT_TRUE(absl::IsDataLoss(Get(Submit(*writer, Request({BoardEstablished("b-2")}))).status));
}

TEST_F(DamageTest, IsToldByWhatWasKeptFromAnEarlierLife) {
  ASSERT_TRUE(Get(Submit(**Open(*store_)->Of(kLedger), Request({BoardEstablished("b-1")}))).status.ok());
  ChangeLastRecord();
  const auto writers = Open(*store_);
  EXPECT_TRUE(absl::IsDataLoss(writers->Of(kLedger).status()));
  EXPECT_THAT(Told(), ElementsAre(kLedger));
}

TEST_F(DamageTest, IsNotToldWhenTheStoreIsOfAnotherLedger) {
  ASSERT_TRUE(Open(*store_)->Of(kLedger).ok());
  log_->Change(kLedger, [](std::vector<std::string>& records) {
    const std::optional<CommitView> first = DecodeCommit(records.front());
    CommitHeader other = first->header;
    other.ledger_id = RandomLedgerId();
    records = {EncodeCommit(other, std::string(first->body))};
  });
  const auto writers = Open(*store_);
  const absl::Status status = writers->Of(kLedger).status();
  EXPECT_TRUE(absl::IsDataLoss(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("delete the store"));
  EXPECT_THAT(Told(), IsEmpty());
}

TEST_F(WritersTest, AllDrainAtTheSameTime) {
  ASSERT_TRUE(CreateLedger(*log_below_, clock_, "RA4", false).ok());
  auto writers = std::make_unique<LedgerWriters>(*log_, *store_, clock_);
  const std::shared_ptr<LedgerWriter> first = *writers->Of(kLedger);
  const std::shared_ptr<LedgerWriter> second = *writers->Of("RA4");
  log_->HoldReads();
  v1::AppendRequest request = Request({BoardEstablished("b-1")});
  std::future<AppendOutcome> of_first = Submit(*first, request);
  request.set_ledger("RA4");
  std::future<AppendOutcome> of_second = Submit(*second, request);
  log_->AwaitAppends(2);
  std::thread stopping([&] { writers.reset(); });
  // While nothing can be read back, so that none has ended.
  EXPECT_TRUE(absl::IsUnavailable(SubmitUntilRefused(*first).status));
  const auto refused = std::make_shared<std::atomic<bool>>(false);
  while (!*refused) {
    v1::AppendRequest more = DryRun(request);
    second->Submit(std::move(more), [refused](const AppendOutcome& outcome) {
      if (absl::IsUnavailable(outcome.status)) *refused = true;
    });
    std::this_thread::yield();
  }
  log_->ReleaseReads();
  stopping.join();
  EXPECT_TRUE(Get(std::move(of_first)).status.ok());
  EXPECT_TRUE(Get(std::move(of_second)).status.ok());
}

}  // namespace
}  // namespace realise::testing
