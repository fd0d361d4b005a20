// What is asked through caches that saw every chunk come is what is asked without.
#include <array>
#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "libs/domain/testing/event_builders.h"
#include "libs/projection/answers.h"
#include "libs/projection/ledger_fold.h"
#include "libs/projection/testing/recorded_ledger.h"
#include "libs/projection/view_figure_source.h"
#include "rocksdb/env.h"

namespace realise {
namespace {

constexpr std::array<const char*, 3> kCodes = {"AA1", "AB1", "AC1"};

LedgerNumber NumberOf(size_t ledger) { return static_cast<LedgerNumber>(ledger + 1); }

std::string Described(const CommitEnd& end) {
  return std::to_string(end.sequence) + " " + FormatInstant(end.recorded_at) + " " +
         ToHex({reinterpret_cast<const char*>(end.digest.bytes.data()), end.digest.bytes.size()}) + " " +
         std::to_string(end.address);
}

std::string SavingsAt(const FigureSource& source, Sequence sequence) {
  v1::QuerySavingsRequest request;
  request.set_ledger(source.ledger());
  request.mutable_basis()->set_position(source.ledger() + "@" + std::to_string(sequence));
  const auto response = AnswerSavings(source, request);
  return response.ok() ? response->SerializeAsString() : response.status().ToString();
}

// All that caches may answer.
std::vector<std::string> Described(const absl::StatusOr<std::unique_ptr<ViewFigureSource>>& source) {
  if (!source.ok()) return {source.status().ToString()};
  const ViewFigureSource& figures = **source;
  const Sequence latest = figures.Latest().sequence;
  std::vector<std::string> described = {Described(figures.Latest()), std::to_string(figures.fold_version()),
                                        std::to_string(figures.demonstration()),
                                        std::to_string(figures.void_commits())};
  for (Sequence at = 0; at <= latest + 1; ++at) {
    const auto ends = figures.CommitsEndingAt(at);
    if (!ends.ok()) described.push_back(ends.status().ToString());
    if (!ends.ok()) continue;
    for (const CommitEnd& end : *ends) described.push_back(Described(end));
  }
  for (const Sequence at : {latest / 2, latest, latest + 1}) described.push_back(SavingsAt(figures, at));
  return described;
}

// As sorted files, or as write batches.
class FigureCachesTest : public ::testing::TestWithParam<bool> {
 protected:
  FigureCachesTest() {
    for (const char* code : kCodes) {
      const uint64_t seed = seed_ + ledgers_.size();
      ledgers_.push_back(std::make_unique<testing::RecordedLedger>(memory_.log(), code));
      ledgers_.back()->CommitHistory(testing::Numbered(testing::RandomHistory(seed, 60)), seed);
    }
    auto store = ViewStore::Open({.path = "/views", .env = env_.get()});
    EXPECT_TRUE(store.ok()) << store.status();
    store_ = std::move(*store);
  }

  std::unique_ptr<LedgerFold> NewFold(size_t ledger, uint16_t version) {
    return std::make_unique<LedgerFold>(memory_.log(), *store_,
                                        LedgerFoldOptions{.ledger = kCodes[ledger],
                                                          .keys = {version, NumberOf(ledger)},
                                                          .catch_up_bytes = GetParam() ? 0 : size_t{1} << 30,
                                                          .chunk_bytes = 900,
                                                          .read_bytes = 400});
  }

  auto Open(FigureCaches& caches, size_t ledger) {
    return ViewFigureSource::Open(*store_, caches, kCodes[ledger], NumberOf(ledger));
  }

  void ExpectSame() {
    for (size_t ledger = 0; ledger < kCodes.size(); ++ledger) {
      FigureCaches none;
      const auto expected = Described(Open(none, ledger));
      // What was kept before, and what was kept just now.
      ASSERT_EQ(Described(Open(caches_, ledger)), expected) << kCodes[ledger];
      ASSERT_EQ(Described(Open(caches_, ledger)), expected) << kCodes[ledger];
    }
  }

  // A chunk of a ledger, then of the next, those in the middle lying between rows of the others.
  void FoldAll(std::vector<std::unique_ptr<LedgerFold>>& folds) {
    for (bool read = true; read;) {
      read = false;
      for (const auto& fold : folds) {
        const auto step = fold->Step({});
        ASSERT_TRUE(step.ok()) << step.status();
        EXPECT_EQ(step->ingested, step->read && GetParam());
        ASSERT_TRUE(fold->AwaitWritten().ok());
        read = read || step->read;
        ExpectSame();
      }
    }
  }

  const uint64_t seed_ = static_cast<uint64_t>(::testing::UnitTest::GetInstance()->random_seed()) + 51;
  testing::MemoryLog memory_;
  std::vector<std::unique_ptr<testing::RecordedLedger>> ledgers_;
  const std::unique_ptr<rocksdb::Env> env_{rocksdb::NewMemEnv(rocksdb::Env::Default())};
  std::unique_ptr<ViewStore> store_;
  FigureCaches caches_;
};

INSTANTIATE_TEST_SUITE_P(Written, FigureCachesTest, ::testing::Bool(),
                         [](const auto& ingested) { return ingested.param ? "Ingested" : "InBatches"; });

TEST_P(FigureCachesTest, EveryChunkIsSeenAndEveryFoldVersionThatTakesOver) {
  SCOPED_TRACE(::testing::Message() << "seed " << seed_);
  for (const uint16_t version : {uint16_t{1}, uint16_t{2}}) {
    std::vector<std::unique_ptr<LedgerFold>> folds;
    for (const size_t ledger : {0, 2, 1}) folds.push_back(NewFold(ledger, version));
    ASSERT_NO_FATAL_FAILURE(FoldAll(folds));
    for (const auto& fold : folds) {
      ASSERT_TRUE(fold->TakeOver().ok());
      ASSERT_NO_FATAL_FAILURE(ExpectSame());
    }
  }
  EXPECT_EQ((*Open(caches_, 1))->fold_version(), 2u);
  EXPECT_EQ((*Open(caches_, 1))->Latest().sequence, ledgers_[1]->last());
}

TEST_P(FigureCachesTest, WhatWasOpenedBeforeStaysAsItWas) {
  const auto fold = NewFold(0, 1);
  auto step = fold->Step({});
  for (; step.ok() && step->read; step = fold->Step({})) continue;
  ASSERT_TRUE(step.ok()) << step.status();
  const auto before = Open(caches_, 0);
  const auto described = Described(before);
  ledgers_[0]->CorrectClock(std::chrono::milliseconds(1));  // ends where the latest one does
  v1::Event board = testing::BoardEstablished("after");
  board.set_stream_version(1);
  ledgers_[0]->Commit({board});
  ASSERT_TRUE(fold->Step({}).ok());
  Described(Open(caches_, 0));
  EXPECT_EQ(Described(before), described);
}

FoldedPlace Of(uint16_t version) {
  FoldedPlace place;
  place.version = version;
  return place;
}

TEST(PlaceCache, KeepsApartWhatIsNotTheSame) {
  PlaceCache cache;
  cache.Keep(1, 8, Of(4));
  EXPECT_EQ(cache.Find(1, 8)->version, 4);
  EXPECT_FALSE(cache.Find(1, 6));
  EXPECT_FALSE(cache.Find(1, 10));
  EXPECT_FALSE(cache.Find(2, 8));
  cache.Keep(1, 10, Of(5));
  EXPECT_EQ(cache.Find(1, 10)->version, 5);
  EXPECT_FALSE(cache.Find(1, 8));
}

}  // namespace
}  // namespace realise
