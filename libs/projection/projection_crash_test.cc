// The power goes, or the process is killed, at any write of a fold, live and while it catches up: the store
// opens again, answers for a prefix of the log, and folds on to the rows that it would have had.
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "libs/domain/testing/event_builders.h"
#include "libs/projection/projection.h"
#include "libs/projection/testing/limited_log.h"
#include "libs/projection/testing/recorded_ledger.h"
#include "tests/support/unsynced_loss_fs.h"

namespace realise {
namespace {

constexpr size_t kCatchUpBytes = 3000;

class ProjectionCrash : public ::testing::TestWithParam<UnsyncedTail> {
 protected:
  ProjectionCrash() {
    seed_ = static_cast<uint64_t>(::testing::UnitTest::GetInstance()->random_seed()) + 11;
    random_.seed(seed_);
    ledger_.CommitHistory(testing::Numbered(testing::RandomHistory(seed_, 120)), seed_);
  }

  absl::StatusOr<std::unique_ptr<Projection>> Open(UnsyncedLossEnv& disk) {
    ProjectionOptions options{.path = "/views", .env = disk.env()};
    options.catch_up_bytes = kCatchUpBytes;
    options.chunk_bytes = 3 * kCatchUpBytes;
    return Projection::Open(limited_, options);
  }

  // A few commits at a time, live; then many, which are ingested; then a few again.
  absl::Status FoldAll(UnsyncedLossEnv& disk) {
    const auto projection = Open(disk);
    if (!projection.ok()) return projection.status();
    const size_t live = ledger_.records() / 4;
    for (size_t shown = 0; shown < live; shown += 2) {
      if (absl::Status folded = FoldUpTo(**projection, shown); !folded.ok()) return folded;
    }
    for (size_t shown = ledger_.records() - live; shown < ledger_.records(); shown += 3) {
      if (absl::Status folded = FoldUpTo(**projection, shown); !folded.ok()) return folded;
    }
    return FoldUpTo(**projection, ledger_.records());
  }

  absl::Status FoldUpTo(Projection& projection, size_t shown) {
    limited_.Show(static_cast<Address>(shown));
    return projection.RunOnce();
  }

  // The rows of a fold that nothing happened to.
  std::vector<std::string> Undisturbed() {
    UnsyncedLossEnv disk;
    EXPECT_TRUE(FoldAll(disk).ok());
    return *(*Open(disk))->DumpRows();
  }

  // A MANIFEST with zeros before its end is what RocksDB refuses, and rightly: the store is to be deleted, as
  // the error says, and made again.
  static bool IsTornManifest(const absl::Status& status) {
    return GetParam() == UnsyncedTail::kTorn && absl::IsDataLoss(status) &&
           status.message().find("in file /views/MANIFEST") != absl::string_view::npos;
  }

  void ExpectPrefix(const Projection& projection) {
    const auto found = projection.Snapshot("AA1");
    if (absl::IsNotFound(found.status())) return;
    ASSERT_TRUE(found.ok()) << found.status();
    const CommitEnd latest = (*found)->Latest();
    const auto at = (*found)->CommitEndingAt(latest.sequence);
    ASSERT_TRUE(at.ok()) << at.status();
    EXPECT_EQ(at->digest, latest.digest);
  }

  uint64_t seed_ = 0;
  std::mt19937_64 random_;
  testing::MemoryLog memory_;
  testing::RecordedLedger ledger_{memory_.log(), "AA1"};
  testing::LimitedLog limited_{memory_.log()};
};

TEST_P(ProjectionCrash, AtAnyWriteLosesNothing) {
  SCOPED_TRACE(::testing::Message() << "seed " << seed_);
  const std::vector<std::string> expected = Undisturbed();
  int cuts = 0;
  // The first are those of opening; then come the first live batches, cut at each write; then it is left to
  // chance.
  for (uint64_t changes = random_() % 4;; changes += changes < 28   ? 4
                                                     : changes < 60 ? 1
                                                                    : 2 + random_() % 12) {
    SCOPED_TRACE(::testing::Message() << "the power goes after " << changes << " writes");
    auto disk = std::make_unique<UnsyncedLossEnv>(seed_ + changes);
    disk->fs().PowerOffAfter(changes);
    if (FoldAll(*disk).ok()) break;
    disk->fs().PowerOff();
    disk->fs().PowerOn(GetParam());
    ++cuts;
    limited_.Show(static_cast<Address>(ledger_.records()));
    auto again = Open(*disk);
    if (IsTornManifest(again.status())) {
      disk = std::make_unique<UnsyncedLossEnv>(seed_);
      again = Open(*disk);
    }
    ASSERT_TRUE(again.ok()) << again.status();
    ExpectPrefix(**again);
    const absl::Status folded = (*again)->RunOnce();
    ASSERT_TRUE(folded.ok()) << folded;
    ASSERT_EQ(*(*again)->DumpRows(), expected);
  }
  EXPECT_GT(cuts, 20);
}

INSTANTIATE_TEST_SUITE_P(Tails, ProjectionCrash,
                         ::testing::Values(UnsyncedTail::kKept, UnsyncedTail::kDropped, UnsyncedTail::kTorn),
                         [](const auto& tail) {
                           if (tail.param == UnsyncedTail::kKept) return "Killed";
                           return tail.param == UnsyncedTail::kDropped ? "PowerLost" : "PowerLostTorn";
                         });

}  // namespace
}  // namespace realise
