// What contributes to a figure, found through marks, against all postings of the account; of both sources.
#include "libs/projection/contributions.h"

#include <algorithm>
#include <memory>
#include <random>
#include <string>
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

using testing::RecordedLedger;

constexpr const char* kAccount = "savings/b-1";

TEST(ContributionMarks, AreLimitedAndStandWhereTheContributionsAre) {
  for (const size_t marks_max : {2, 6, 1000}) {
    ContributionMarks marks(marks_max);
    std::vector<Sequence> sequences;
    std::vector<Balance> sums = {0};
    for (uint64_t i = 0; i < 3000; ++i) {
      sequences.push_back(10 + i * 3);
      const Balance amount = Balance{i} * i;
      marks.Add(sequences.back(), amount);
      sums.push_back(sums.back() + amount);
    }
    marks.EndAt(20'000);
    EXPECT_EQ(marks.count(), 3000u);
    EXPECT_TRUE(marks.sum() == sums.back());
    EXPECT_EQ(marks.up_to(), 20'000u);
    EXPECT_LE(marks.bytes(), sizeof(marks) + 2 * marks_max * (sizeof(Sequence) + sizeof(Balance)));
    uint64_t furthest = 0;
    for (uint64_t number = 0; number < 3000; ++number) {
      const ContributionMarks::Place place = marks.UpToNumber(number);
      ASSERT_LE(place.number, number);
      ASSERT_EQ(place.sequence, sequences[place.number]);
      ASSERT_TRUE(place.sum == sums[place.number]);
      ASSERT_EQ(marks.UpToSequence(sequences[number] + number % 3).number, place.number);
      if (number > 0) {
        const Sequence behind = marks.Behind(sequences[number - 1], number);
        ASSERT_TRUE(behind == sequences[number - 1] + 1 || behind == sequences[number]) << number;
      }
      furthest = std::max(furthest, number - place.number);
    }
    // No two are further apart than half of the marks allow.
    EXPECT_LT(furthest, std::max<uint64_t>(2 * 2 * 3000 / marks_max, 1));
  }
}

// Claims on one board of two lines, of which one is rare; some are validated.
std::vector<v1::Event> ClaimsOfTwoLines() {
  testing::BenefitKind once;
  once.recurrence = v1::RECURRENCE_NON_RECURRENT;
  std::vector<v1::Event> events = {testing::BoardEstablished("b-1"), testing::ProjectProposed("p-1"),
                                   testing::ProjectAssigned("p-1", "b-1"),
                                   testing::BenefitRegistered("n-1", "p-1"),
                                   testing::BenefitRegistered("n-2", "p-1", once)};
  for (int i = 0; i < 700; ++i) {
    const std::string id = "c-" + std::to_string(i);
    const std::string month = "2023/24-M0" + std::to_string(1 + i % 9);
    events.push_back(testing::ClaimSubmitted(id, i % 41 == 5 ? "n-2" : "n-1", month, "2023/24-M12", 7 + i));
    if (i % 3 == 0) events.push_back(testing::ClaimValidated(id, "2023/24-M12", 5 + i));
  }
  return testing::Numbered(std::move(events));
}

AskedCells Rare() {
  return {.account = kAccount, .name = std::string("rare ") + kAccount, .has = [](Cell cell) {
            return SavingsCell::Unpack(cell).recurrence == v1::RECURRENCE_NON_RECURRENT;
          }};
}

// Both rungs of a line: one that is validated contributes with the sum of what it posted to them.
AskedCells Common() {
  return {.account = kAccount, .name = std::string("common ") + kAccount, .has = [](Cell cell) {
            return SavingsCell::Unpack(cell).recurrence == v1::RECURRENCE_RECURRENT;
          }};
}

std::vector<Contribution> AllContributions(const FigureSource& source, const AskedCells& asked,
                                           Sequence up_to) {
  const auto postings = source.PostingsUpTo(asked.account, up_to);
  EXPECT_TRUE(postings.ok()) << postings.status();
  std::vector<Contribution> all;
  for (const AccountPosting& posting : *postings) {
    if (!asked.has(posting.cell)) continue;
    if (all.empty() || all.back().sequence != posting.sequence) {
      all.push_back({.sequence = posting.sequence, .amount = 0, .cell = posting.cell});
    }
    all.back().amount += posting.delta;
  }
  return all;
}

void ExpectPage(const absl::StatusOr<Contributions>& found, const std::vector<Contribution>& all,
                const ContributionPage& page) {
  ASSERT_TRUE(found.ok()) << found.status();
  ASSERT_EQ(found->count, all.size());
  Balance sum = 0;
  for (const Contribution& contribution : all) sum += contribution.amount;
  ASSERT_TRUE(found->sum == sum);
  const uint64_t begin = std::min<uint64_t>(page.offset, all.size());
  ASSERT_EQ(found->page.size(), std::min(page.size, all.size() - begin)) << page.offset;
  for (uint64_t i = 0; i < found->page.size(); ++i) {
    const Contribution& wanted = all[begin + i];
    ASSERT_EQ(found->page[i].sequence, wanted.sequence);
    ASSERT_TRUE(found->page[i].amount == wanted.amount);
    ASSERT_EQ(found->page[i].cell, wanted.cell);
  }
}

class ContributionsTest : public ::testing::Test {
 protected:
  ContributionsTest() {
    ledger_.CommitHistory(ClaimsOfTwoLines(), seed_);
    for (const std::string& stored : ledger_.commits()) EXPECT_TRUE(memory_fold_.Add(stored).ok());
    auto projection = Projection::Open(memory_.log(), {.path = "/views", .env = env_.get()});
    EXPECT_TRUE(projection.ok() && (*projection)->RunOnce().ok());
    projection->reset();
    auto store = ViewStore::Open({.path = "/views", .env = env_.get()});
    EXPECT_TRUE(store.ok()) << store.status();
    store_ = std::move(*store);
  }

  std::unique_ptr<ViewFigureSource> Open(FigureCaches& caches) {
    auto source = ViewFigureSource::Open(*store_, caches, "AA1", 1);
    EXPECT_TRUE(source.ok()) << source.status();
    return std::move(*source);
  }
  Sequence RandomSequence() { return random_() % (ledger_.last() + 1); }
  ContributionPage RandomPage() { return {.offset = random_() % 800, .size = 1 + random_() % 60}; }

  const uint64_t seed_ = static_cast<uint64_t>(::testing::UnitTest::GetInstance()->random_seed()) + 61;
  std::mt19937_64 random_{seed_};
  testing::MemoryLog memory_;
  RecordedLedger ledger_{memory_.log(), "AA1"};
  MemoryFold memory_fold_{"AA1", kFoldVersion};
  const std::unique_ptr<rocksdb::Env> env_{rocksdb::NewMemEnv(rocksdb::Env::Default())};
  std::unique_ptr<ViewStore> store_;
};

TEST_F(ContributionsTest, AreThoseOfAllPostingsHoweverFewMarksThereAre) {
  SCOPED_TRACE(::testing::Message() << "seed " << seed_);
  FigureCaches caches;
  const auto view = Open(caches);
  for (const FigureSource* source :
       {static_cast<const FigureSource*>(view.get()), static_cast<const FigureSource*>(&memory_fold_)}) {
    for (const AskedCells& asked : {Rare(), Common()}) {
      for (const size_t marks_max : {2, 8, 10'000}) {
        const auto marks = ExtendMarks(*source, asked, ContributionMarks(marks_max), ledger_.last());
        ASSERT_TRUE(marks.ok()) << marks.status();
        for (int i = 0; i < 60; ++i) {
          const Sequence at = i == 0 ? ledger_.last() : RandomSequence();
          const ContributionPage page = RandomPage();
          ASSERT_NO_FATAL_FAILURE(ExpectPage(ContributionsIn(*source, asked, **marks, at, page),
                                             AllContributions(memory_fold_, asked, at), page))
              << asked.name << " as at " << at << ", " << marks_max << " marks";
        }
      }
    }
  }
}

// Positions in any order, each through what the ones before left in the caches; or through caches that are
// too small for anything.
TEST_F(ContributionsTest, AreTheSameThroughCaches) {
  SCOPED_TRACE(::testing::Message() << "seed " << seed_);
  FigureCaches roomy;
  FigureCaches tight{.structures = StructureCache(),
                     .balances = BalanceCache(),
                     .contributions = RecentValues<SharedMarks>(0)};
  for (int i = 0; i < 100; ++i) {
    const AskedCells asked = i % 2 == 0 ? Rare() : Common();
    const Sequence at = RandomSequence();
    const ContributionPage page = RandomPage();
    const auto all = AllContributions(memory_fold_, asked, at);
    for (FigureCaches* caches : {&roomy, &tight}) {
      ASSERT_NO_FATAL_FAILURE(ExpectPage(ContributionsTo(*Open(*caches), asked, at, page), all, page));
    }
  }
  EXPECT_GT(roomy.contributions.bytes(), 0u);
  EXPECT_EQ(tight.contributions.bytes(), 0u);
}

TEST_F(ContributionsTest, WhatIsKnownIsNotReadAgain) {
  FigureCaches caches;
  uint64_t looked_at = 0;
  AskedCells asked = Common();
  asked.has = [&, has = asked.has](Cell cell) { return ++looked_at > 0 && has(cell); };
  const auto middle = Open(caches)->MarksOf(asked, ledger_.last() / 2);
  ASSERT_TRUE(middle.ok());
  const uint64_t half = std::exchange(looked_at, 0);
  EXPECT_GT(half, 300u);
  const auto all = Open(caches)->MarksOf(asked, ledger_.last());
  ASSERT_TRUE(all.ok());
  EXPECT_GT((*all)->count(), (*middle)->count());
  EXPECT_LT(looked_at, half + half / 2);  // the other half
  // Every position up to there, and what comes to be asked behind the latest.
  for (const Sequence at : {Sequence{0}, ledger_.last() / 3, ledger_.last(), ledger_.last() + 5}) {
    EXPECT_EQ(*Open(caches)->MarksOf(asked, at), *all) << at;
  }
  looked_at = 0;
  const auto page = ContributionsTo(*Open(caches), asked, ledger_.last(), {.offset = 500, .size = 10});
  ASSERT_TRUE(page.ok());
  EXPECT_EQ(page->page.size(), 10u);
  EXPECT_LE(looked_at, 2 * 10u);
  looked_at = 0;
  // Counted behind the last mark.
  ASSERT_TRUE(ContributionsTo(*Open(caches), asked, ledger_.last() / 3, {.offset = 0, .size = 10}).ok());
  EXPECT_LE(looked_at, 2 * 10u + 4);
}

TEST_F(ContributionsTest, RareOnesAreReadWithoutThoseInBetween) {
  FigureCaches caches;
  uint64_t looked_at = 0;
  AskedCells asked = Rare();
  asked.has = [&, has = asked.has](Cell cell) { return ++looked_at > 0 && has(cell); };
  ASSERT_TRUE(Open(caches)->MarksOf(asked, ledger_.last()).ok());
  looked_at = 0;
  const auto found = ContributionsTo(*Open(caches), asked, ledger_.last(), {.offset = 3, .size = 9});
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(found->page.size(), 9u);
  EXPECT_LE(looked_at, 2 * 9u);
  // As at a position with nothing but others behind the last of them.
  looked_at = 0;
  ASSERT_TRUE(ContributionsTo(*Open(caches), asked, ledger_.last() - 1, {.offset = 3, .size = 9}).ok());
  EXPECT_LE(looked_at, 2 * 9u + 2);
}

TEST_F(ContributionsTest, LedgersAndFiguresAreKeptApart) {
  FigureCaches caches;
  const auto rare = Open(caches)->MarksOf(Rare(), ledger_.last());
  const auto common = Open(caches)->MarksOf(Common(), ledger_.last());
  ASSERT_TRUE(rare.ok() && common.ok());
  EXPECT_GT((*common)->count(), 10 * (*rare)->count());
  AskedCells nowhere = Common();
  nowhere.account = nowhere.name = "savings/nowhere";
  const auto none = ContributionsTo(*Open(caches), nowhere, ledger_.last(), {.offset = 0, .size = 10});
  ASSERT_TRUE(none.ok()) << none.status();
  EXPECT_EQ(none->count, 0u);
}

}  // namespace
}  // namespace realise
