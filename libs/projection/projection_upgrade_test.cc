// A new fold version: it builds beside the old one, which answers for where it stands, and takes over once it
// has caught up.
#include <algorithm>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/domain/testing/event_builders.h"
#include "libs/projection/answers.h"
#include "libs/projection/ledger_fold.h"
#include "libs/projection/projection.h"
#include "libs/projection/testing/projection_fixture.h"
#include "libs/projection/testing/recorded_ledger.h"
#include "libs/projection/view_figure_source.h"
#include "tests/support/faulty_event_log.h"
#include "tests/support/unsynced_loss_fs.h"

namespace realise {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::Boards;
using ::testing::HasSubstr;

class ProjectionVersions : public testing::ProjectionFixture {
 protected:
  ProjectionVersions() {
    for (const v1::Event& board : Boards(6)) ledger_.Commit({board});
  }
  // Folds one commit of another version beside what is there.
  void BuildALittle(uint16_t version) {
    auto store = ViewStore::Open({.path = "/views", .env = disk_.get()});
    ASSERT_TRUE(store.ok()) << store.status();
    LedgerFold fold(memory_.log(), **store,
                    {.ledger = "RH5", .keys = {version, 1}, .catch_up_bytes = 0, .chunk_bytes = 1});
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(fold.Step(milliseconds(0)).ok());
    FigureCaches caches;
    const auto source = ViewFigureSource::Open(**store, caches, "RH5", 1);
    ASSERT_TRUE(source.ok());
    EXPECT_EQ((*source)->fold_version(), 1u);
    EXPECT_EQ((*source)->Latest().sequence, 6u);
  }
  static size_t RowsOf(const Projection& projection, uint16_t version) {
    const auto rows = projection.DumpRows();
    EXPECT_TRUE(rows.ok());
    const std::string prefix = ToHex(ViewKeyspace{version, 1}.Prefix());
    return static_cast<size_t>(std::count_if(
        rows->begin(), rows->end(), [&](const std::string& row) { return row.starts_with(prefix); }));
  }

  testing::RecordedLedger ledger_{memory_.log(), "RH5"};
};

TEST_F(ProjectionVersions, ANewOneBuildsBesideTheOldWhichAnswersUntilThen) {
  ASSERT_TRUE(Open(memory_.log(), 1)->RunOnce().ok());
  BuildALittle(2);
  auto projection = Open(memory_.log(), 2);
  EXPECT_GT(RowsOf(*projection, 1), 0u);
  EXPECT_EQ(StatusOf(*projection, "RH5").fold_version(), 1u);
  EXPECT_EQ(StatusOf(*projection, "RH5").building_fold_version(), 2u);
  EXPECT_EQ(LatestOf(*projection, "RH5"), 6u);
  ASSERT_TRUE(projection->RunOnce().ok());
  EXPECT_EQ(StatusOf(*projection, "RH5").fold_version(), 2u);
  EXPECT_EQ(StatusOf(*projection, "RH5").building_fold_version(), 0u);
  EXPECT_EQ(RowsOf(*projection, 1), 0u);
  const auto upgraded = projection->DumpRows();
  projection.reset();
  NewDisk();
  const auto fresh = Open(memory_.log(), 2);
  ASSERT_TRUE(fresh->RunOnce().ok());
  EXPECT_EQ(*upgraded, *fresh->DumpRows());
}

TEST_F(ProjectionVersions, OneThatWasGivenUpLeavesNothing) {
  ASSERT_TRUE(Open(memory_.log(), 1)->RunOnce().ok());
  BuildALittle(2);
  EXPECT_EQ(RowsOf(*Open(memory_.log(), 1), 2), 0u);
  BuildALittle(2);
  const auto third = Open(memory_.log(), 3);
  EXPECT_EQ(RowsOf(*third, 2), 0u);
  EXPECT_GT(RowsOf(*third, 1), 0u);
}

TEST_F(ProjectionVersions, ANewerStoreIsRefused) {
  ASSERT_TRUE(Open(memory_.log(), 2)->RunOnce().ok());
  const absl::Status refused = TryOpen(memory_.log(), 1).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(refused)) << refused;
  EXPECT_THAT(std::string(refused.message()), HasSubstr("newer"));
}

// The old version's program is gone, so its rows stay where they stand, and say so.
TEST_F(ProjectionVersions, UntilTheNewOneTakesOverTheOldAnswersForWhereItStands) {
  ASSERT_TRUE(Open(memory_.log(), 1)->RunOnce().ok());
  const auto boards = Boards(9);
  for (size_t i = 6; i < 9; ++i) ledger_.Commit({boards[i]});
  FaultyEventLog faulty(memory_.log());
  const auto projection = Open(faulty, 2, 1);
  faulty.FailReads(1, 8);  // in the middle of building
  ASSERT_TRUE(absl::IsUnavailable(projection->RunOnce()));
  const v1::LedgerStatus status = StatusOf(*projection, "RH5");
  EXPECT_EQ(status.fold_version(), 1u);
  EXPECT_THAT(status.folded(), HasSubstr("RH5@6#"));
  EXPECT_EQ(status.building_fold_version(), 2u);
  EXPECT_GT(status.building_sequence(), 0u);
  EXPECT_LT(status.building_sequence(), 6u);

  v1::ListBoardsRequest request;
  request.set_ledger("RH5");
  const auto before = projection->Snapshot("RH5");
  ASSERT_TRUE(before.ok());
  const auto old_answer = AnswerBoards(**before, request);
  ASSERT_TRUE(old_answer.ok()) << old_answer.status();
  EXPECT_EQ(old_answer->basis().fold_version(), 1u);
  EXPECT_THAT(old_answer->basis().receipt(), HasSubstr("RH5@6#"));
  EXPECT_EQ(old_answer->boards_size(), 6);
  EXPECT_TRUE(projection->WaitFor({"RH5", 6}, milliseconds(0)).ok());
  EXPECT_TRUE(absl::IsDeadlineExceeded(projection->WaitFor({"RH5", 7}, milliseconds(1))));

  // A snapshot of before goes on to answer as it did; one of now is the new version's.
  ASSERT_TRUE(projection->RunOnce().ok());
  EXPECT_EQ(AnswerBoards(**before, request)->SerializeAsString(), old_answer->SerializeAsString());
  const auto after = projection->Snapshot("RH5");
  ASSERT_TRUE(after.ok());
  EXPECT_EQ(AnswerBoards(**after, request)->basis().fold_version(), 2u);
  EXPECT_EQ(AnswerBoards(**after, request)->boards_size(), 9);
  EXPECT_TRUE(projection->WaitFor({"RH5", 9}, milliseconds(0)).ok());
}

TEST_F(ProjectionVersions, AtLeastBeyondTheOldWaitsForTheNewToTakeOver) {
  ASSERT_TRUE(Open(memory_.log(), 1)->RunOnce().ok());
  ledger_.Commit({Boards(7).back()});
  FaultyEventLog faulty(memory_.log());
  faulty.HoldReads();
  const auto projection = Open(faulty, 2, 1);
  projection->Start();
  EXPECT_FALSE(projection->Ready());
  EXPECT_EQ(LatestOf(*projection, "RH5"), 6u);
  absl::Status waited;
  std::thread waits([&] { waited = projection->WaitFor({"RH5", 7}, seconds(60)); });
  faulty.ReleaseReads();
  waits.join();
  EXPECT_TRUE(waited.ok()) << waited;
  EXPECT_EQ((*projection->Snapshot("RH5"))->fold_version(), 2u);
  EXPECT_TRUE(projection->Ready());
}

// Readers that come while it takes over see all of the one version or all of the other.
TEST_F(ProjectionVersions, TakingOverIsOneMoment) {
  ASSERT_TRUE(Open(memory_.log(), 1)->RunOnce().ok());
  ledger_.Commit({Boards(7).back()});
  const auto projection = Open(memory_.log(), 2, 1);
  projection->Start();
  v1::ListBoardsRequest request;
  request.set_ledger("RH5");
  uint32_t version = 0;
  do {
    const auto source = projection->Snapshot("RH5");
    ASSERT_TRUE(source.ok()) << source.status();
    const auto answer = AnswerBoards(**source, request);
    ASSERT_TRUE(answer.ok()) << answer.status();
    version = answer->basis().fold_version();
    ASSERT_EQ(answer->boards_size(), version == 1 ? 6 : 7);
  } while (version == 1);
}

// However often the program is killed on the way, it goes on from where it was.
TEST_F(ProjectionVersions, BuildingGoesOnAfterACrash) {
  UnsyncedLossEnv disk;
  const auto open = [&](EventLog& log, uint32_t version) {
    ProjectionOptions options{.path = "/views", .env = disk.env(), .fold_version = version};
    options.chunk_bytes = 1;
    options.catch_up_bytes = 0;  // ingested, and so durable
    return Projection::Open(log, options);
  };
  ASSERT_TRUE((*open(memory_.log(), 1))->RunOnce().ok());
  uint64_t built = 0;
  for (int kills = 0; kills < 3; ++kills) {
    FaultyEventLog faulty(memory_.log());
    {
      const auto projection = open(faulty, 2);
      ASSERT_TRUE(projection.ok()) << projection.status();
      faulty.FailReads(100, 9);
      ASSERT_TRUE(absl::IsUnavailable((*projection)->RunOnce()));
      const v1::LedgerStatus status = StatusOf(**projection, "RH5");
      EXPECT_EQ(status.fold_version(), 1u);
      EXPECT_GE(status.building_sequence(), built);
      built = status.building_sequence();
      disk.fs().PowerOff();
    }
    disk.fs().PowerOn(UnsyncedTail::kDropped);
  }
  EXPECT_GE(built, 3u);
  FaultyEventLog counted(memory_.log());
  const auto projection = open(counted, 2);
  ASSERT_TRUE(projection.ok()) << projection.status();
  ASSERT_TRUE((*projection)->RunOnce().ok());
  EXPECT_EQ(counted.records_read(), ledger_.records() - 1 - built);
  EXPECT_EQ(StatusOf(**projection, "RH5").fold_version(), 2u);
  EXPECT_EQ(RowsOf(**projection, 1), 0u);
}

// The new version reads from the beginning, and has no anchor of its own: the old one's last commit is its
// anchor.
TEST_F(ProjectionVersions, ALogThatWasCutMeanwhileStopsTheNewOne) {
  ASSERT_TRUE(Open(memory_.log(), 1)->RunOnce().ok());
  FaultyEventLog faulty(memory_.log());
  faulty.Change("RH5", [](std::vector<std::string>& records) { records.pop_back(); });
  const auto projection = Open(faulty, 2);
  EXPECT_TRUE(absl::IsDataLoss(projection->RunOnce()));
  const v1::LedgerStatus status = StatusOf(*projection, "RH5");
  EXPECT_EQ(status.fold_state(), v1::FOLD_STATE_STOPPED);
  EXPECT_THAT(status.message(), HasSubstr("RH5@6"));
  EXPECT_THAT(status.advice(), HasSubstr("Append nothing"));
  EXPECT_EQ(status.fold_version(), 1u);
  EXPECT_EQ(LatestOf(*projection, "RH5"), 6u);
}

}  // namespace
}  // namespace realise
