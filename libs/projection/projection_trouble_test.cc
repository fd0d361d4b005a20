// Logs that cannot be reached, disks that are full or fail, many ledgers that are behind: what a projection
// does meanwhile, what it says, and how it goes on.
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/domain/testing/event_builders.h"
#include "libs/projection/chunk_permits.h"
#include "libs/projection/ledger_fold.h"
#include "libs/projection/projection.h"
#include "libs/projection/testing/projection_fixture.h"
#include "libs/projection/testing/recorded_ledger.h"
#include "tests/support/faulty_event_log.h"
#include "tests/support/unsynced_loss_fs.h"

namespace realise {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::Boards;
using ::testing::HasSubstr;

class ProjectionTrouble : public testing::ProjectionFixture {
 protected:
  std::unique_ptr<ViewStore> OpenStore() {
    auto store = ViewStore::Open({.path = "/views", .env = disk_.get()});
    EXPECT_TRUE(store.ok()) << store.status();
    return std::move(*store);
  }
  static LedgerFoldOptions FoldOptions(size_t chunk_bytes = 1 << 26, ChunkPermits* permits = nullptr) {
    return {.ledger = "RH5",
            .keys = {1, 1},
            .catch_up_bytes = 1 << 20,
            .chunk_bytes = chunk_bytes,
            .permits = permits};
  }

  testing::RecordedLedger ledger_{memory_.log(), "RH5"};
};

TEST_F(ProjectionTrouble, AFoldThatRestsKeepsNothingThatTheStoreHas) {
  ledger_.CommitHistory(testing::Numbered(testing::RandomHistory(20240604, 300)), 1);
  const auto store = OpenStore();
  LedgerFold fold(memory_.log(), *store, FoldOptions());
  EXPECT_EQ(fold.kept(), 0u);
  ASSERT_TRUE(fold.Step(milliseconds(0)).ok());
  EXPECT_GT(fold.kept(), 50u);
  fold.Rest();
  EXPECT_EQ(fold.kept(), 0u);
}

// Loading a fold takes seconds.  What it would load is damaged here, so that loading again would stop it.
TEST_F(ProjectionTrouble, ALogThatCannotBeReachedCostsNothingOfWhatIsInMemory) {
  const auto boards = Boards(6);
  for (size_t i = 0; i < 3; ++i) ledger_.Commit({boards[i]});
  FaultyEventLog faulty(memory_.log());
  const auto store = OpenStore();
  LedgerFold fold(faulty, *store, FoldOptions());
  ASSERT_TRUE(fold.Step(milliseconds(0)).ok());
  ViewRows damage;
  damage.Put(FoldOptions().keys.AccountName("damaged"), "?");
  ASSERT_TRUE(store->Write(damage).ok());
  // At the first read, at the second with commits in hand, and at the anchors behind them.
  for (size_t i = 3; i < 6; ++i) {
    ledger_.Commit({boards[i]});
    faulty.FailReads(3, static_cast<int>(i) - 3);
    absl::StatusOr<FoldStep> step = fold.Step(milliseconds(0));
    int failed = 0;
    for (; !step.ok(); step = fold.Step(milliseconds(0))) {
      ASSERT_TRUE(absl::IsUnavailable(step.status())) << step.status();
      EXPECT_EQ(fold.trouble(), FoldTrouble::kLog);
      ++failed;
    }
    EXPECT_GE(failed, 1) << i;
    EXPECT_EQ(fold.folded()->sequence, i + 1);
    EXPECT_EQ(fold.trouble(), FoldTrouble::kNone);
  }
}

TEST_F(ProjectionTrouble, ALogThatCannotBeReachedAtTheStartIsAskedAgain) {
  ledger_.Commit(Boards(3));
  ASSERT_TRUE(Open(memory_.log())->RunOnce().ok());
  FaultyEventLog faulty(memory_.log());
  const auto projection = Open(faulty);
  faulty.FailReads(2);
  EXPECT_TRUE(absl::IsUnavailable(projection->RunOnce()));
  EXPECT_EQ(StatusOf(*projection, "RH5").fold_state(), v1::FOLD_STATE_LOG_UNREACHABLE);
  EXPECT_TRUE(absl::IsUnavailable(projection->RunOnce()));
  EXPECT_FALSE(projection->Ready());
  EXPECT_TRUE(projection->RunOnce().ok());
  EXPECT_TRUE(projection->Ready());
}

TEST_F(ProjectionTrouble, StatesAreToldApart) {
  ledger_.Commit(Boards(3));
  FaultyEventLog faulty(memory_.log());
  const auto projection = Open(faulty);
  EXPECT_FALSE(projection->Ready());
  ASSERT_TRUE(projection->RunOnce().ok());
  EXPECT_EQ(StatusOf(*projection, "RH5").fold_state(), v1::FOLD_STATE_CAUGHT_UP);
  EXPECT_EQ(StatusOf(*projection, "RH5").advice(), "");
  faulty.FailReads(1);
  EXPECT_TRUE(absl::IsUnavailable(projection->RunOnce()));
  EXPECT_EQ(StatusOf(*projection, "RH5").fold_state(), v1::FOLD_STATE_LOG_UNREACHABLE);
  EXPECT_THAT(StatusOf(*projection, "RH5").advice(), HasSubstr("brokers"));
  EXPECT_TRUE(projection->Ready());  // it answers what it has
  EXPECT_EQ(LatestOf(*projection, "RH5"), 3u);
  ASSERT_TRUE(projection->RunOnce().ok());
  EXPECT_EQ(StatusOf(*projection, "RH5").fold_state(), v1::FOLD_STATE_CAUGHT_UP);
  EXPECT_EQ(StatusOf(*projection, "RH5").stopped_before(), 0u);
  ledger_.CommitBytes("\x0a\xff", 1);
  EXPECT_TRUE(absl::IsDataLoss(projection->RunOnce()));
  EXPECT_EQ(StatusOf(*projection, "RH5").fold_state(), v1::FOLD_STATE_STOPPED);
  EXPECT_EQ(StatusOf(*projection, "RH5").stopped_before(), 4u);
}

// A ledger that stops at its first look does not keep a replica from serving the others.
TEST_F(ProjectionTrouble, AStoppedLedgerDoesNotKeepAReplicaFromBeingReady) {
  ledger_.CommitBytes("\x0a\xff", 1);
  testing::RecordedLedger other(memory_.log(), "RH6");
  const auto projection = Open(memory_.log());
  EXPECT_TRUE(absl::IsDataLoss(projection->RunOnce()));
  EXPECT_TRUE(projection->Ready());
}

class ProjectionDisk : public ProjectionTrouble, public ::testing::WithParamInterface<bool> {
 protected:
  ProjectionDisk() { ledger_.Commit(Boards(3)); }

  std::unique_ptr<Projection> OpenOnDisk() {
    ProjectionOptions options{.path = "/views", .env = lossy_.env(), .fold_version = 1};
    if (GetParam()) options.catch_up_bytes = 0;  // everything is ingested
    auto projection = Projection::Open(memory_.log(), options);
    EXPECT_TRUE(projection.ok()) << projection.status();
    return std::move(*projection);
  }
  void CommitMore() {
    for (size_t i = 3; i < 6; ++i) ledger_.Commit({boards_[i]});
  }
  std::vector<std::string> Undisturbed() {
    const auto projection = Open(memory_.log());
    EXPECT_TRUE(projection->RunOnce().ok());
    return *projection->DumpRows();
  }

  const std::vector<v1::Event> boards_ = Boards(6);
  UnsyncedLossEnv lossy_;
};

TEST_P(ProjectionDisk, WhenItIsFullTheFoldWaitsAndGoesOnByItself) {
  const auto projection = OpenOnDisk();
  ASSERT_TRUE(projection->RunOnce().ok());
  CommitMore();
  lossy_.fs().Fill();
  for (int i = 0; i < 3; ++i) {
    const absl::Status failed = projection->RunOnce();
    ASSERT_TRUE(absl::IsUnavailable(failed)) << failed;
  }
  const v1::LedgerStatus status = StatusOf(*projection, "RH5");
  EXPECT_EQ(status.fold_state(), v1::FOLD_STATE_STORE_FAILING);
  EXPECT_THAT(status.advice(), HasSubstr("Free space"));
  EXPECT_EQ(LatestOf(*projection, "RH5"), 3u);
  lossy_.fs().Free();
  const absl::Status folded = projection->RunOnce();
  ASSERT_TRUE(folded.ok()) << folded;
  EXPECT_EQ(StatusOf(*projection, "RH5").fold_state(), v1::FOLD_STATE_CAUGHT_UP);
  EXPECT_TRUE(*projection->DumpRows() == Undisturbed());
}

TEST_P(ProjectionDisk, WhenItFailsTheFoldSaysThatARestartIsNeededAndLosesNothing) {
  auto projection = OpenOnDisk();
  ASSERT_TRUE(projection->RunOnce().ok());
  CommitMore();
  lossy_.fs().PowerOff();
  absl::Status failed = projection->RunOnce();
  for (int i = 0; i < 3 && absl::IsUnavailable(failed); ++i) failed = projection->RunOnce();
  const v1::LedgerStatus status = StatusOf(*projection, "RH5");
  EXPECT_FALSE(failed.ok());
  EXPECT_NE(status.fold_state(), v1::FOLD_STATE_CAUGHT_UP);
  EXPECT_THAT(status.advice(), HasSubstr("restart the program"));
  EXPECT_EQ(LatestOf(*projection, "RH5"), 3u);
  projection.reset();
  lossy_.fs().PowerOn(UnsyncedTail::kDropped);
  projection = OpenOnDisk();
  ASSERT_TRUE(projection->RunOnce().ok());
  EXPECT_TRUE(*projection->DumpRows() == Undisturbed());
}

INSTANTIATE_TEST_SUITE_P(WrittenBy, ProjectionDisk, ::testing::Values(false, true),
                         [](const auto& ingests) { return ingests.param ? "Ingestion" : "Batches"; });

// Some 30 bytes in each of so many commits that they are more than needs no permit.
class ProjectionPermits : public ProjectionTrouble {
 protected:
  static void CommitMuch(testing::RecordedLedger& ledger) {
    const auto boards = Boards(12'000);
    for (size_t i = 0; i < boards.size(); i += 1000) {
      ledger.Commit(
          {boards.begin() + static_cast<ptrdiff_t>(i), boards.begin() + static_cast<ptrdiff_t>(i) + 1000});
    }
  }
};

TEST_F(ProjectionPermits, ALargeChunkWaitsForOneAndASmallDoesNot) {
  FaultyEventLog counted(memory_.log());
  const auto store = OpenStore();
  ChunkPermits permits(1);
  LedgerFold fold(counted, *store, FoldOptions(1 << 26, &permits));
  ledger_.Commit({});
  auto held = permits.Take();
  ASSERT_TRUE(fold.Step(milliseconds(0)).ok());  // a small one
  CommitMuch(ledger_);
  absl::StatusOr<FoldStep> step;
  std::thread steps([&] { step = fold.Step(milliseconds(0)); });
  while (permits.waiting() == 0) std::this_thread::yield();
  EXPECT_LT(counted.records_read(), ledger_.records());
  held = ChunkPermits::Permit();
  steps.join();
  ASSERT_TRUE(step.ok()) << step.status();
  EXPECT_TRUE(step->ingested);
  EXPECT_EQ(fold.folded()->sequence, 12'000u);
}

TEST_F(ProjectionPermits, ManyLedgersThatAreBehindAllArrive) {
  CommitMuch(ledger_);
  std::vector<std::string> codes = {"RH5"};
  for (int i = 0; i < 6; ++i) {
    codes.push_back("AA" + std::to_string(i));
    testing::RecordedLedger more(memory_.log(), codes.back());
    CommitMuch(more);
  }
  ProjectionOptions options{.path = "/views", .env = disk_.get(), .large_chunks_max = 1};
  options.chunk_bytes = 700'000;
  const auto projection = Projection::Open(memory_.log(), options);
  ASSERT_TRUE(projection.ok()) << projection.status();
  (*projection)->Start();
  for (const std::string& code : codes) {
    absl::Status there;
    do {
      there = (*projection)->WaitFor({code, 12'000}, seconds(60));
    } while (absl::IsNotFound(there));
    EXPECT_TRUE(there.ok()) << there;
  }
}

}  // namespace
}  // namespace realise
