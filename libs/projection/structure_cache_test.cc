// An answer is the same, byte for byte, whether its structure is folded for it or was kept.
#include "libs/projection/structure_cache.h"

#include <map>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "libs/domain/testing/event_builders.h"
#include "libs/projection/answers.h"
#include "libs/projection/memory_fold.h"
#include "libs/projection/projection.h"
#include "libs/projection/testing/recorded_ledger.h"
#include "libs/projection/view_figure_source.h"
#include "rocksdb/env.h"

namespace realise {
namespace {

template <typename Request, typename Response>
std::string Answered(const FigureSource& source, const v1::Basis& basis,
                     absl::StatusOr<Response> (*answer)(const FigureSource&, const Request&)) {
  Request request;
  request.set_ledger(source.ledger());
  *request.mutable_basis() = basis;
  const auto response = answer(source, request);
  return response.ok() ? response->SerializeAsString() : response.status().ToString();
}

// All that can be asked of all boards.
std::string AllAnswers(const FigureSource& source, const v1::Basis& basis) {
  return Answered(source, basis, &AnswerBoards) + "|" + Answered(source, basis, &AnswerSavings) + "|" +
         Answered(source, basis, &AnswerBedDays) + "|" + Answered(source, basis, &AnswerWaits);
}

class StructureCacheTest : public ::testing::Test {
 protected:
  StructureCacheTest() {
    seed_ = static_cast<uint64_t>(::testing::UnitTest::GetInstance()->random_seed()) + 31;
    random_.seed(seed_);
    ledger_.CommitHistory(testing::Numbered(testing::RandomHistory(seed_, 300)), seed_);
    for (const std::string& stored : ledger_.commits()) EXPECT_TRUE(expected_.Add(stored).ok());
    auto projection = Projection::Open(memory_.log(), {.path = "/views", .env = env_.get()});
    EXPECT_TRUE(projection.ok() && (*projection)->RunOnce().ok());
    projection->reset();
    auto store = ViewStore::Open({.path = "/views", .env = env_.get()});
    EXPECT_TRUE(store.ok());
    store_ = std::move(*store);
  }

  std::vector<v1::Basis> RandomBases(int count) {
    std::vector<v1::Basis> bases;
    while (static_cast<int>(bases.size()) < count) {
      v1::Basis basis;
      const auto end = expected_.CommitHolding(random_() % (ledger_.last() + 1));
      basis.set_position("AA1@" + std::to_string(end->sequence));
      if (random_() % 8 == 0) basis.set_closed_period("2024/25-M0" + std::to_string(1 + random_() % 9));
      if (random_() % 2 == 0) basis.set_view(v1::VIEW_RESTATED);
      if (random_() % 2 == 0) basis.set_boards(v1::BOARD_MAPPING_AS_WAS);
      bases.push_back(basis);
    }
    return bases;
  }

  void ExpectSame(FigureCaches& caches, const std::vector<v1::Basis>& bases) {
    for (const v1::Basis& basis : bases) {
      const auto source = ViewFigureSource::Open(*store_, caches, "AA1", 1);
      ASSERT_TRUE(source.ok()) << source.status();
      ASSERT_EQ(AllAnswers(**source, basis), AllAnswers(expected_, basis)) << basis.ShortDebugString();
    }
  }

  uint64_t seed_ = 0;
  std::mt19937_64 random_;
  testing::MemoryLog memory_;
  testing::RecordedLedger ledger_{memory_.log(), "AA1"};
  MemoryFold expected_{"AA1", kFoldVersion};
  const std::unique_ptr<rocksdb::Env> env_{rocksdb::NewMemEnv(rocksdb::Env::Default())};
  std::unique_ptr<ViewStore> store_;
};

TEST_F(StructureCacheTest, AnswersAreTheSameAtRandomPositions) {
  SCOPED_TRACE(::testing::Message() << "seed " << seed_);
  const std::vector<v1::Basis> bases = RandomBases(120);
  // Two that keep balances too, two that keep none.
  FigureCaches roomy;
  FigureCaches tight{.structures = StructureCache(), .balances = BalanceCache(4096)};
  FigureCaches for_one{.structures = StructureCache({.structures_max = 1}), .balances = BalanceCache(0)};
  FigureCaches for_few{.structures = StructureCache({.structures_max = 9, .entries_max = 200}),
                       .balances = BalanceCache(0)};
  ExpectSame(roomy, bases);
  ExpectSame(roomy, bases);
  ExpectSame(tight, bases);
  ExpectSame(for_one, bases);
  ExpectSame(for_few, bases);
  EXPECT_GT(roomy.structures.structures(), 9u);
  EXPECT_EQ(for_one.structures.structures(), 1u);
  EXPECT_LE(for_few.structures.structures(), 9u);
  EXPECT_LE(for_few.structures.entries(), 200u);
}

TEST_F(StructureCacheTest, ThreadsThatAskAtOnceGetTheSame) {
  SCOPED_TRACE(::testing::Message() << "seed " << seed_);
  const std::vector<v1::Basis> bases = RandomBases(40);
  FigureCaches caches{.structures = StructureCache({.structures_max = 5}), .balances = BalanceCache(100'000)};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back([&] { ExpectSame(caches, bases); });
  for (std::thread& thread : threads) thread.join();
}

SharedHistory HistoryOf(Sequence from, Sequence up_to, std::vector<CellBalance> balances) {
  AccountHistory history;
  history.from = from;
  history.up_to = up_to;
  history.balances = std::move(balances);
  return std::make_shared<const AccountHistory>(std::move(history));
}

TEST(BalanceCache, KeepsApartWhatIsNotTheSameAndNoMoreThanItMay) {
  BalanceCache cache(1 << 20);
  const SharedHistory five = HistoryOf(5, 8, {{7, 70}});
  const SharedHistory nine = HistoryOf(9, 12, {{7, 90}});
  cache.Keep({1, 1}, "savings/b", nine);
  cache.Keep({1, 1}, "savings/b", five);
  cache.Keep({1, 1}, "savings/b-1", HistoryOf(0, 20, {}));
  EXPECT_EQ(cache.FindUpTo({1, 1}, "savings/b", 4), nullptr);
  EXPECT_EQ(cache.FindUpTo({1, 1}, "savings/b", 5), five);
  EXPECT_EQ(cache.FindUpTo({1, 1}, "savings/b", 8), five);
  EXPECT_EQ(cache.FindUpTo({1, 1}, "savings/b", 9), nine);
  EXPECT_EQ(cache.FindUpTo({1, 1}, "savings/b", 12), nine);
  EXPECT_EQ(cache.FindUpTo({1, 1}, "savings/b", 13), nine);
  EXPECT_EQ(cache.FindUpTo({1, 1}, "savings/c", 5), nullptr);
  EXPECT_EQ(cache.FindUpTo({1, 1}, "savings/", 5), nullptr);
  EXPECT_EQ(cache.FindUpTo({2, 1}, "savings/b", 5), nullptr);
  EXPECT_EQ(cache.FindUpTo({1, 2}, "savings/b", 5), nullptr);
  // One that goes further takes its place.
  const SharedHistory longer = HistoryOf(9, 15, {{7, 90}});
  cache.Keep({1, 1}, "savings/b", longer);
  EXPECT_EQ(cache.FindUpTo({1, 1}, "savings/b", 13), longer);
  EXPECT_EQ(cache.FindBehind({1, 1}, "savings/b", 4), five);
  EXPECT_EQ(cache.FindBehind({1, 1}, "savings/b", 5), longer);
  EXPECT_EQ(cache.FindBehind({1, 1}, "savings/b", 9), nullptr);
  EXPECT_EQ(cache.FindBehind({1, 2}, "savings/b", 4), nullptr);
  const std::vector<CellBalance> cells(240);
  for (Sequence at = 100; at < 10'000; ++at) cache.Keep({1, 1}, "savings/b", HistoryOf(at, at, cells));
  EXPECT_LE(cache.bytes(), size_t{1} << 20);
  EXPECT_GT(cache.bytes(), size_t{1} << 18);
}

TEST_F(StructureCacheTest, VersionsAndLedgersAreKeptApart) {
  StructureCache cache;
  const auto none = [](Sequence, Sequence sequence) { return FactsRead{.facts = {}, .up_to = sequence}; };
  const auto one = [](Sequence, Sequence sequence) {
    return FactsRead{.facts = {{.sequence = 5, .event = testing::BoardEstablished("b")}}, .up_to = sequence};
  };
  EXPECT_EQ((*cache.Get({1, 1}, 5, one))->boards().size(), 1u);
  EXPECT_EQ((*cache.Get({2, 1}, 5, none))->boards().size(), 0u);
  EXPECT_EQ((*cache.Get({1, 2}, 5, none))->boards().size(), 0u);
  EXPECT_EQ((*cache.Get({1, 1}, 5, none))->boards().size(), 1u);
  EXPECT_EQ((*cache.Get({1, 1}, 4, none))->boards().size(), 0u);
  EXPECT_EQ(cache.structures(), 4u);
}

TEST_F(StructureCacheTest, ReadsOnlyWhereNextFactsAreNotKnown) {
  StructureCache cache;
  int reads = 0;
  std::map<Sequence, v1::Event> facts = {{5, testing::BoardEstablished("b")}};
  Sequence folded = 20;
  const auto read = [&](Sequence after, Sequence sequence) {
    ++reads;
    FactsRead read;
    auto next = facts.upper_bound(after);
    for (; next != facts.end() && next->first <= sequence; ++next) {
      read.facts.push_back({.sequence = next->first, .event = next->second});
    }
    read.up_to = next == facts.end() ? folded : next->first - 1;
    return read;
  };
  const auto boards = [&](Sequence sequence) {
    return (*cache.Get({1, 1}, sequence, read))->boards().size();
  };
  EXPECT_EQ(boards(7), 1u);
  EXPECT_EQ(reads, 1);
  EXPECT_EQ(boards(5), 1u);
  EXPECT_EQ(boards(20), 1u);
  EXPECT_EQ(reads, 1);
  EXPECT_EQ(boards(3), 0u);
  EXPECT_EQ(boards(4), 0u);
  EXPECT_EQ(reads, 2);
  // More was folded.
  facts.emplace(25, testing::BoardEstablished("c"));
  folded = 40;
  EXPECT_EQ(boards(21), 1u);
  EXPECT_EQ(boards(24), 1u);
  EXPECT_EQ(reads, 3);
  EXPECT_EQ(boards(30), 2u);
  EXPECT_EQ(reads, 4);
  EXPECT_EQ(boards(25), 2u);
  EXPECT_EQ(boards(40), 2u);
  EXPECT_EQ(boards(24), 1u);
  EXPECT_EQ(reads, 4);
  EXPECT_EQ(cache.structures(), 3u);
}

// What facts do not change is there once, however many structures have it.
TEST_F(StructureCacheTest, StructuresShareWhatDoesNotChange) {
  StructureCache cache({.structures_max = 3});
  const auto read = [](Sequence after, Sequence sequence) {
    FactsRead read{.facts = {}, .up_to = sequence};
    for (Sequence at = after + 1; at <= sequence; ++at) {
      const std::string id = std::to_string(at);
      const std::string month = "2024/25-M0" + id.substr(id.size() - 1);
      read.facts.push_back(
          {.sequence = at, .event = at <= 50 ? testing::BoardEstablished(id) : testing::PeriodClosed(month)});
    }
    return read;
  };
  const auto boards = *cache.Get({1, 1}, 50, read);
  EXPECT_EQ(cache.entries(), 50u);
  const auto closed = *cache.Get({1, 1}, 51, read);
  const auto closed_twice = *cache.Get({1, 1}, 52, read);
  EXPECT_EQ(&boards->boards(), &closed_twice->boards());
  EXPECT_EQ(boards->ClosedAt(*Period::Parse("2024/25-M01")), std::nullopt);
  EXPECT_EQ(closed->ClosedAt(*Period::Parse("2024/25-M01")), 51u);
  EXPECT_EQ(closed->ClosedAt(*Period::Parse("2024/25-M02")), std::nullopt);
  EXPECT_EQ(closed_twice->ClosedAt(*Period::Parse("2024/25-M02")), 52u);
  EXPECT_EQ(cache.entries(), 53u);
  // The first one is let go of, its boards stay.
  ASSERT_TRUE(cache.Get({1, 1}, 53, read).ok());
  EXPECT_EQ(cache.structures(), 3u);
  EXPECT_EQ(cache.entries(), 56u);
  ASSERT_TRUE(cache.Get({1, 2}, 1, read).ok());
  ASSERT_TRUE(cache.Get({1, 2}, 2, read).ok());
  ASSERT_TRUE(cache.Get({1, 2}, 3, read).ok());
  EXPECT_EQ(cache.entries(), 6u);
}

TEST_F(StructureCacheTest, ABoardsMeasuresAreAmongThoseItEverHad) {
  SCOPED_TRACE(::testing::Message() << "seed " << seed_);
  const auto structure = expected_.StructureAt(ledger_.last());
  ASSERT_TRUE(structure.ok());
  size_t found = 0;
  for (const auto& [id, measure] : (*structure)->measures()) {
    for (Period month = *Period::Parse("2022/23-M01"); month <= *Period::Parse("2026/27-M12");
         month = month.Next()) {
      for (const std::string_view board : (*structure)->BoardsOf(measure, month)) {
        ++found;
        const auto& ever = (*structure)->MeasuresEverOf(std::string(board), measure.definition.unit());
        ASSERT_TRUE(ever.contains(id)) << board << ' ' << id;
      }
      for (const auto& [board, facts] : (*structure)->boards()) {
        ASSERT_EQ((*structure)->IsOf(board, measure, month),
                  (*structure)->BoardsOf(measure, month).contains(board))
            << board << ' ' << id;
      }
    }
  }
  EXPECT_GT(found, 0u);
}

// A fact that cannot be read is an error each time, and nothing of it is kept.
TEST_F(StructureCacheTest, WhatFailsIsNotKept) {
  StructureCache cache;
  const auto bad = [](Sequence, Sequence) {
    return FactsRead{.facts = {{.sequence = 5, .event = testing::BoardRenamed("none", "b", "2024-01-01")}},
                     .up_to = 5};
  };
  EXPECT_TRUE(absl::IsDataLoss(cache.Get({1, 1}, 5, bad).status()));
  EXPECT_TRUE(absl::IsDataLoss(cache.Get({1, 1}, 5, bad).status()));
  const auto none = [](Sequence, Sequence) { return absl::UnavailableError(""); };
  EXPECT_TRUE(absl::IsUnavailable(cache.Get({1, 1}, 5, none).status()));
  EXPECT_EQ(cache.structures(), 0u);
}

}  // namespace
}  // namespace realise
