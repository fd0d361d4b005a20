// What is read around a position for the next questions changes no answer: against a fold in memory, in
// whatever order positions are asked for, while the ledger grows.
#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "libs/domain/testing/event_builders.h"
#include "libs/projection/ledger_fold.h"
#include "libs/projection/memory_fold.h"
#include "libs/projection/testing/recorded_ledger.h"
#include "libs/projection/view_figure_source.h"
#include "rocksdb/env.h"

namespace realise {
namespace {

constexpr int kClaims = 2400;

// Claims on one board, which gets nine checkpoints from them, and a few on another, which gets none.
std::vector<v1::Event> Claims() {
  std::vector<v1::Event> events;
  for (const std::string board : {"b-1", "b-2"}) {
    events.push_back(testing::BoardEstablished(board));
    events.push_back(testing::ProjectProposed("of-" + board));
    events.push_back(testing::ProjectAssigned("of-" + board, board));
    events.push_back(testing::BenefitRegistered("for-" + board, "of-" + board));
  }
  for (int i = 0; i < kClaims; ++i) {
    const std::string month = "2023/24-M0" + std::to_string(1 + i * 9 / kClaims);
    events.push_back(testing::ClaimSubmitted("c-" + std::to_string(i), i % 50 == 7 ? "for-b-2" : "for-b-1",
                                             month, "2023/24-M12", 7 + i));
  }
  return testing::Numbered(std::move(events));
}

class ReadingAroundTest : public ::testing::Test {
 protected:
  ReadingAroundTest() : random_(seed_) {
    const std::vector<v1::Event> events = Claims();
    for (size_t done = 0; done < events.size();) {
      // Long commits at both ends and short ones in the middle, with commits without events among them.
      const bool is_long = done < 500 || done > 2000;
      const size_t count = std::min<size_t>(events.size() - done, is_long ? 1 + random_() % 60 : 1);
      const auto begin = events.begin() + static_cast<std::ptrdiff_t>(done);
      ledger_.Commit({begin, begin + static_cast<std::ptrdiff_t>(count)});
      done += count;
      for (uint64_t i = random_() % 60 == 0 ? random_() % 4 : 0; i > 0; --i) ledger_.Commit({});
    }
    for (int i = 0; i < 100; ++i) ledger_.Commit({});
    ledger_.Commit(testing::Numbered({testing::BoardEstablished("last")}));
    for (const std::string& stored : ledger_.commits()) EXPECT_TRUE(expected_.Add(stored).ok());
    auto store = ViewStore::Open({.path = "/views", .env = env_.get()});
    EXPECT_TRUE(store.ok()) << store.status();
    store_ = std::move(*store);
  }

  void FoldAll() {
    LedgerFold fold(memory_.log(), *store_, Options());
    auto step = fold.Step({});
    for (; step.ok() && step->read; step = fold.Step({})) continue;
    ASSERT_TRUE(step.ok()) << step.status();
    ASSERT_TRUE(fold.AwaitWritten().ok());
  }

  static LedgerFoldOptions Options() {
    return {.ledger = "AA1", .keys = {1, 1}, .catch_up_bytes = 0, .chunk_bytes = 20'000, .read_bytes = 8'000};
  }

  void ExpectSameAt(FigureCaches& caches, Sequence sequence) {
    const auto source = ViewFigureSource::Open(*store_, caches, "AA1", 1);
    ASSERT_TRUE(source.ok()) << source.status();
    for (const char* account : {"savings/b-1", "savings/b-2", "savings/none"}) {
      const auto cells = (*source)->BalancesAt(account, sequence);
      ASSERT_TRUE(cells.ok()) << cells.status();
      ASSERT_EQ(*cells, *expected_.BalancesAt(account, sequence)) << account << " behind " << sequence;
    }
    // Behind the latest, the fold in memory has commits that are not there yet.
    if (sequence >= (*source)->Latest().sequence) return;
    const auto ends = (*source)->CommitsEndingAt(sequence);
    const auto expected = expected_.CommitsEndingAt(sequence);
    ASSERT_EQ(ends.status().code(), expected.status().code()) << sequence;
    if (!ends.ok()) return;
    ASSERT_TRUE(std::ranges::equal(*ends, *expected, {}, &CommitEnd::digest, &CommitEnd::digest)) << sequence;
  }

  void ExpectSame(FigureCaches& caches, const std::vector<Sequence>& positions) {
    for (const Sequence sequence : positions) ASSERT_NO_FATAL_FAILURE(ExpectSameAt(caches, sequence));
  }

  std::vector<Sequence> Rising(Sequence step) const {
    std::vector<Sequence> positions;
    for (Sequence at = 0; at <= ledger_.last(); at += step) positions.push_back(at);
    return positions;
  }

  std::vector<Sequence> Shuffled(std::vector<Sequence> positions) {
    std::ranges::shuffle(positions, random_);
    return positions;
  }

  static std::vector<Sequence> Reversed(std::vector<Sequence> positions) {
    std::ranges::reverse(positions);
    return positions;
  }

  const uint64_t seed_ = static_cast<uint64_t>(::testing::UnitTest::GetInstance()->random_seed()) + 77;
  std::mt19937_64 random_;
  testing::MemoryLog memory_;
  testing::RecordedLedger ledger_{memory_.log(), "AA1"};
  MemoryFold expected_{"AA1", 1};
  const std::unique_ptr<rocksdb::Env> env_{rocksdb::NewMemEnv(rocksdb::Env::Default())};
  std::unique_ptr<ViewStore> store_;
};

TEST_F(ReadingAroundTest, AnswersAreTheSameInWhateverOrderPositionsAreAskedFor) {
  SCOPED_TRACE(::testing::Message() << "seed " << seed_);
  ASSERT_NO_FATAL_FAILURE(FoldAll());
  for (const size_t bytes_max : {size_t{0}, size_t{60'000}, size_t{16} << 20}) {
    for (const auto& positions : {Rising(1), Reversed(Rising(1)), Shuffled(Rising(1)), Rising(190),
                                  Reversed(Rising(190)), Shuffled(Rising(190))}) {
      FigureCaches caches{.structures = StructureCache(),
                          .balances = BalanceCache(bytes_max),
                          .commits = RecentValues<SharedCommits>(bytes_max)};
      ASSERT_NO_FATAL_FAILURE(ExpectSame(caches, positions)) << bytes_max;
      // And once more, somewhere else: from what is kept by now.
      ASSERT_NO_FATAL_FAILURE(ExpectSame(caches, Shuffled(Rising(61)))) << bytes_max;
      EXPECT_LE(caches.balances.bytes(), bytes_max);
      EXPECT_LE(caches.commits.bytes(), bytes_max);
    }
  }
}

TEST_F(ReadingAroundTest, AnswersAreTheSameWhileTheLedgerGrows) {
  SCOPED_TRACE(::testing::Message() << "seed " << seed_);
  FigureCaches roomy;
  FigureCaches tight{.structures = StructureCache(),
                     .balances = BalanceCache(60'000),
                     .commits = RecentValues<SharedCommits>(10'000)};
  LedgerFold fold(memory_.log(), *store_, Options());
  ASSERT_TRUE(fold.Step({}).ok());
  ASSERT_TRUE(fold.AwaitWritten().ok());
  ASSERT_TRUE(fold.TakeOver().ok());
  for (auto step = fold.Step({}); step.ok() && step->read; step = fold.Step({})) {
    ASSERT_TRUE(fold.AwaitWritten().ok());
    FigureCaches none;
    const Sequence latest = (*ViewFigureSource::Open(*store_, none, "AA1", 1))->Latest().sequence;
    for (FigureCaches* caches : {&roomy, &tight}) {
      ASSERT_NO_FATAL_FAILURE(ExpectSame(*caches, {latest, latest - 1, random_() % latest, random_() % latest,
                                                   latest - latest / 10, latest - latest / 9, latest}));
    }
  }
  EXPECT_EQ((*ViewFigureSource::Open(*store_, roomy, "AA1", 1))->Latest().sequence, ledger_.last());
}

}  // namespace
}  // namespace realise
