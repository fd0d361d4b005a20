// How a projection fares: ledgers that stop, logs that cannot be reached, threads.
#include "libs/projection/projection.h"

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/base/sha256.h"
#include "libs/domain/testing/event_builders.h"
#include "libs/projection/testing/projection_fixture.h"
#include "libs/projection/testing/recorded_ledger.h"
#include "realise/v1/commit.pb.h"
#include "tests/support/faulty_event_log.h"

namespace realise {
namespace {

using std::chrono::milliseconds;
using testing::Boards;
using ::testing::HasSubstr;
using ::testing::Not;

class ProjectionTest : public testing::ProjectionFixture {};

TEST_F(ProjectionTest, SaysWhatIsNotThere) {
  const auto projection = Open(memory_.log());
  EXPECT_TRUE(absl::IsNotFound(projection->Snapshot("RH5").status()));
  EXPECT_TRUE(absl::IsNotFound(projection->WaitFor({"RH5", 0}, milliseconds(0))));
  EXPECT_TRUE(projection->Status({}).empty());
}

TEST_F(ProjectionTest, WaitsForALedgerThatWasOnlyJustCreated) {
  const auto projection = Open(memory_.log());
  projection->Start();
  testing::RecordedLedger ledger(memory_.log(), "RH5");
  ledger.Commit(Boards(2));
  const absl::Status folded = projection->WaitFor({"RH5", 2}, std::chrono::seconds(30));
  EXPECT_TRUE(folded.ok()) << folded;
}

TEST_F(ProjectionTest, FoldsWhatComesLittleByLittleThoughNobodyWaits) {
  const auto boards = Boards(5);
  testing::RecordedLedger ledger(memory_.log(), "RH5");
  ledger.Commit({boards[0]});
  const auto projection = Open(memory_.log());
  ASSERT_TRUE(projection->RunOnce().ok());
  projection->Start();
  for (size_t i = 1; i < boards.size(); ++i) {
    ledger.Commit({boards[i]});
    const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (LatestOf(*projection, "RH5") <= i && std::chrono::steady_clock::now() < patience) {
      std::this_thread::yield();
    }
    EXPECT_EQ(LatestOf(*projection, "RH5"), i + 1);
  }
}

TEST_F(ProjectionTest, AnswersBeforeItFoldsAnythingAgain) {
  testing::RecordedLedger ledger(memory_.log(), "RH5");
  ledger.Commit(Boards(3));
  ASSERT_TRUE(Open(memory_.log())->RunOnce().ok());
  const auto projection = Open(memory_.log());
  EXPECT_EQ(LatestOf(*projection, "RH5"), 3u);
  EXPECT_TRUE(projection->WaitFor({"RH5", 3}, milliseconds(0)).ok());
  const absl::Status behind = projection->WaitFor({"RH5", 4}, milliseconds(1));
  EXPECT_TRUE(absl::IsDeadlineExceeded(behind));
  EXPECT_THAT(std::string(behind.message()), HasSubstr("RH5@3"));
  EXPECT_THAT(StatusOf(*projection, "RH5").folded(), HasSubstr("RH5@3#"));
}

// What a receipt names: the newest commit of a ledger.
Receipt LastReceipt(const testing::RecordedLedger& ledger) {
  return {ledger.code(), ledger.last(), Sha256(ledger.commits().back())};
}

// Such a commit ends where the one before it does.
TEST_F(ProjectionTest, AnEmptyCommitIsWaitedForByItsReceipt) {
  testing::RecordedLedger ledger(memory_.log(), "RH5");
  ledger.Commit(Boards(3));
  ASSERT_TRUE(Open(memory_.log())->RunOnce().ok());
  ledger.CorrectClock(milliseconds(1));
  FaultyEventLog faulty(memory_.log());
  faulty.HoldReads();
  const auto projection = Open(faulty);
  projection->Start();
  const absl::Status behind = projection->WaitFor(LastReceipt(ledger), milliseconds(50));
  EXPECT_TRUE(absl::IsDeadlineExceeded(behind)) << behind;
  EXPECT_THAT(std::string(behind.message()), HasSubstr("RH5@3"));
  absl::Status waited;
  std::thread waits([&] { waited = projection->WaitFor(LastReceipt(ledger), std::chrono::seconds(60)); });
  faulty.ReleaseReads();
  waits.join();
  EXPECT_TRUE(waited.ok()) << waited;
}

TEST_F(ProjectionTest, AReceiptOfAnotherHistoryIsAMismatchWhereverItPoints) {
  testing::RecordedLedger ledger(memory_.log(), "RH5");
  ledger.Commit(Boards(3));
  auto renamed = testing::BoardRenamed("b-1", "Board", "2024-01-01");
  renamed.set_stream_version(2);
  ledger.Commit({renamed});
  const auto projection = Open(memory_.log());
  projection->Start();
  for (const Sequence sequence : {0, 2, 3, 4}) {  // at an end, inside a commit, at an end, at the last
    const absl::Status wrong =
        projection->WaitFor({"RH5", sequence, Sha256("another history")}, std::chrono::seconds(60));
    EXPECT_TRUE(absl::IsFailedPrecondition(wrong)) << sequence << ": " << wrong;
    EXPECT_THAT(std::string(wrong.message()), HasSubstr("RECEIPT_MISMATCH"));
  }
  EXPECT_TRUE(projection->WaitFor(LastReceipt(ledger), std::chrono::seconds(60)).ok());
}

TEST_F(ProjectionTest, AReceiptWhereTheFoldStoppedIsNotJudged) {
  testing::RecordedLedger ledger(memory_.log(), "RH5");
  ledger.Commit(Boards(3));
  ledger.CommitBytes("", 1);
  const auto projection = Open(memory_.log());
  EXPECT_TRUE(absl::IsDataLoss(projection->RunOnce()));
  const absl::Status unknown =
      projection->WaitFor({"RH5", 3, Sha256("another history")}, std::chrono::seconds(60));
  EXPECT_TRUE(absl::IsDataLoss(unknown)) << unknown;
}

// Commits of which the last cannot be applied, one for each way.
using Spoil = void (*)(testing::RecordedLedger&);
struct Defect {
  const char* name;
  const char* said;
  Spoil spoil;
};

class ProjectionDefect : public ProjectionTest, public ::testing::WithParamInterface<Defect> {};

TEST_P(ProjectionDefect, StopsItsLedgerLoudlyAndNoOther) {
  testing::RecordedLedger bad(memory_.log(), "AA1"), good(memory_.log(), "BB2");
  const auto boards = Boards(5);
  for (const v1::Event& board : boards) bad.Commit({board});
  GetParam().spoil(bad);
  bad.CorrectClock(milliseconds(-1000));
  good.Commit(boards);

  std::vector<std::string> rows;
  for (const size_t chunk_bytes : {1, 400, 1 << 26}) {
    NewDisk();
    for (int start = 0; start < 2; ++start) {  // started again, it tries again, and gets no further
      const auto projection = Open(memory_.log(), 1, chunk_bytes);
      EXPECT_TRUE(absl::IsDataLoss(projection->RunOnce()));
      const v1::LedgerStatus stopped = StatusOf(*projection, "AA1");
      EXPECT_EQ(stopped.fold_state(), v1::FOLD_STATE_STOPPED);
      EXPECT_THAT(stopped.message(), HasSubstr(GetParam().said));
      EXPECT_THAT(stopped.message(), Not(HasSubstr("free text")));
      EXPECT_THAT(stopped.advice(), HasSubstr("defect"));
      EXPECT_EQ(LatestOf(*projection, "AA1"), 5u);
      EXPECT_TRUE(projection->WaitFor({"AA1", 5}, milliseconds(0)).ok());
      EXPECT_TRUE(absl::IsDataLoss(projection->WaitFor({"AA1", 6}, milliseconds(1000))));
      EXPECT_EQ(StatusOf(*projection, "BB2").fold_state(), v1::FOLD_STATE_CAUGHT_UP);
      EXPECT_EQ(LatestOf(*projection, "BB2"), 5u);
      const auto dumped = projection->DumpRows();
      ASSERT_TRUE(dumped.ok());
      if (rows.empty()) rows = *dumped;
      EXPECT_EQ(*dumped, rows) << chunk_bytes;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, ProjectionDefect,
    ::testing::Values(Defect{"StreamVersion", "AA1@6 (board_renamed): its stream version",
                             [](testing::RecordedLedger& ledger) {
                               auto event = testing::BoardRenamed("b-1", "free text", "2024-01-01");
                               event.set_stream_version(3);
                               ledger.Commit({event});
                             }},
                      Defect{"Unfitting", "AA1@7 (claim_validated)",
                             [](testing::RecordedLedger& ledger) {
                               auto fits = testing::BoardRenamed("b-1", "free text", "2024-01-01");
                               fits.set_stream_version(2);
                               auto event = testing::ClaimValidated("c-none", "2024/25-M01", 5);
                               event.set_stream_version(1);
                               ledger.Commit({fits, event});
                             }},
                      Defect{"UnknownType", "AA1@6: this release does not know its type",
                             [](testing::RecordedLedger& ledger) {
                               auto event = testing::BoardRenamed("b-1", "free text", "2024-01-01");
                               event.set_stream_version(2);
                               event.clear_body();
                               ledger.Commit({event});
                             }},
                      Defect{"Body", "AA1@6: the body of its commit does not decode",
                             [](testing::RecordedLedger& ledger) { ledger.CommitBytes("\x0a\xff", 1); }},
                      Defect{"Count", "AA1@6: its commit has another number of events",
                             [](testing::RecordedLedger& ledger) { ledger.CommitBytes("", 1); }}),
    [](const auto& defect) { return defect.param.name; });

TEST_F(ProjectionTest, ALogThatCannotBeReachedIsTriedAgain) {
  testing::RecordedLedger ledger(memory_.log(), "RH5");
  ledger.Commit(Boards(3));
  FaultyEventLog faulty(memory_.log());
  const auto projection = Open(faulty);
  faulty.FailReads(1);
  EXPECT_TRUE(absl::IsUnavailable(projection->RunOnce()));
  EXPECT_FALSE(StatusOf(*projection, "RH5").message().empty());
  EXPECT_FALSE(StatusOf(*projection, "RH5").advice().empty());
  EXPECT_TRUE(projection->RunOnce().ok());
  EXPECT_EQ(StatusOf(*projection, "RH5").message(), "");
  EXPECT_EQ(LatestOf(*projection, "RH5"), 3u);
}

TEST_F(ProjectionTest, ALogThatWasCutStopsItsLedger) {
  testing::RecordedLedger ledger(memory_.log(), "RH5"), other(memory_.log(), "RH6");
  for (const v1::Event& board : Boards(3)) ledger.Commit({board});
  FaultyEventLog faulty(memory_.log());
  const auto projection = Open(faulty);
  ASSERT_TRUE(projection->RunOnce().ok());
  faulty.Change("RH5", [](std::vector<std::string>& records) { records.pop_back(); });
  EXPECT_TRUE(absl::IsDataLoss(projection->RunOnce()));
  EXPECT_EQ(StatusOf(*projection, "RH5").fold_state(), v1::FOLD_STATE_STOPPED);
  EXPECT_THAT(StatusOf(*projection, "RH5").advice(), HasSubstr("Append nothing"));
  EXPECT_EQ(StatusOf(*projection, "RH6").fold_state(), v1::FOLD_STATE_CAUGHT_UP);
  EXPECT_EQ(LatestOf(*projection, "RH5"), 3u);
}

TEST_F(ProjectionTest, FollowsLedgersThatAreThereAndThoseThatCome) {
  const auto boards = Boards(20);
  testing::RecordedLedger first(memory_.log(), "RH5");
  const auto projection = Open(memory_.log());
  projection->Start();
  std::unique_ptr<testing::RecordedLedger> second;
  for (size_t i = 0; i < boards.size(); ++i) {
    first.Commit({boards[i]});
    if (i == 5) second = std::make_unique<testing::RecordedLedger>(memory_.log(), "AA1");
    if (i >= 5) second->Commit({boards[i - 5]});
  }
  // The first look around may not have come yet: until then there is no such ledger.
  absl::Status there;
  do {
    there = projection->WaitFor({"AA1", second->last()}, milliseconds(10'000));
  } while (absl::IsNotFound(there));
  EXPECT_TRUE(there.ok()) << there;
  EXPECT_TRUE(projection->WaitFor({"RH5", 20}, milliseconds(10'000)).ok());
  EXPECT_EQ(LatestOf(*projection, "RH5"), 20u);
  EXPECT_TRUE(absl::IsDeadlineExceeded(projection->WaitFor({"RH5", 21}, milliseconds(1))));
}

}  // namespace
}  // namespace realise
