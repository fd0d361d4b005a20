// Which rows a ledger folds into: the same, byte for byte, however it is read, written and interrupted; and
// what they answer is what a fold in memory answers.
#include <algorithm>
#include <limits>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "libs/domain/testing/event_builders.h"
#include "libs/projection/ledger_fold.h"
#include "libs/projection/memory_fold.h"
#include "libs/projection/projection.h"
#include "libs/projection/testing/limited_log.h"
#include "libs/projection/testing/recorded_ledger.h"
#include "libs/projection/view_figure_source.h"
#include "rocksdb/env.h"

namespace realise {
namespace {

using testing::MemoryLog;
using testing::Numbered;
using testing::RandomHistory;
using testing::RecordedLedger;

constexpr size_t kNever = std::numeric_limits<size_t>::max();

struct Chunks {
  size_t catch_up_bytes = kNever;
  size_t chunk_bytes = 64 * 1024 * 1024;
  size_t read_bytes = 1024 * 1024;
};

// Live, commit by commit and in larger batches; as sorted files; mixed; and read ahead.
const std::vector<Chunks> kAllChunks = {{kNever, 1},   {kNever, 1500}, {0, 1},         {0, 4000},
                                        {0, 64 << 20}, {700, 2000},    {0, 9000, 300}, {kNever, 64 << 20, 1}};

class Store {
 public:
  std::unique_ptr<Projection> Open(EventLog& log, const Chunks& chunks = {},
                                   uint32_t version = kFoldVersion) {
    ProjectionOptions options{.path = "/views", .env = env_.get(), .fold_version = version};
    options.catch_up_bytes = chunks.catch_up_bytes;
    options.chunk_bytes = chunks.chunk_bytes;
    options.read_bytes = chunks.read_bytes;
    auto projection = Projection::Open(log, options);
    EXPECT_TRUE(projection.ok()) << projection.status();
    return std::move(*projection);
  }
  rocksdb::Env* env() { return env_.get(); }

 private:
  const std::unique_ptr<rocksdb::Env> env_{rocksdb::NewMemEnv(rocksdb::Env::Default())};
};

std::vector<std::string> Rows(const Projection& projection) {
  auto rows = projection.DumpRows();
  EXPECT_TRUE(rows.ok()) << rows.status();
  return *rows;
}

std::vector<std::string> Fold(EventLog& log, const Chunks& chunks = {}) {
  Store store;
  const auto projection = store.Open(log, chunks);
  const absl::Status folded = projection->RunOnce();
  EXPECT_TRUE(folded.ok()) << folded;
  return Rows(*projection);
}

uint64_t Seed(int n) {
  return static_cast<uint64_t>(::testing::UnitTest::GetInstance()->random_seed()) * 1000 +
         static_cast<uint64_t>(n);
}

TEST(ProjectionRows, AreTheSameWhateverTheChunks) {
  for (int n = 0; n < 3; ++n) {
    SCOPED_TRACE(::testing::Message() << "seed " << Seed(n));
    MemoryLog memory;
    RecordedLedger(memory.log(), "AA1").CommitHistory(Numbered(RandomHistory(Seed(n), 250)), Seed(n));
    const auto expected = Fold(memory.log());
    EXPECT_GT(expected.size(), 300u);
    for (const Chunks& chunks : kAllChunks)
      ASSERT_EQ(Fold(memory.log(), chunks), expected) << chunks.chunk_bytes << ' ' << chunks.read_bytes;
  }
}

TEST(ProjectionRows, AreTheSameHoweverItIsRestarted) {
  SCOPED_TRACE(::testing::Message() << "seed " << Seed(7));
  MemoryLog memory;
  RecordedLedger ledger(memory.log(), "AA1");
  ledger.CommitHistory(Numbered(RandomHistory(Seed(7), 150)), Seed(7));
  testing::LimitedLog limited(memory.log());
  Store store;
  for (size_t shown = 0; shown <= ledger.records(); ++shown) {
    limited.Show(static_cast<Address>(shown));
    const auto projection = store.Open(limited, kAllChunks[shown % kAllChunks.size()]);
    const absl::Status folded = projection->RunOnce();
    ASSERT_TRUE(folded.ok()) << folded;
  }
  EXPECT_EQ(Rows(*store.Open(limited)), Fold(memory.log()));
}

// Whenever nothing new is there it lets go of memory.
TEST(ProjectionRows, AreTheSameHoweverItRests) {
  SCOPED_TRACE(::testing::Message() << "seed " << Seed(8));
  MemoryLog memory;
  RecordedLedger ledger(memory.log(), "AA1");
  ledger.CommitHistory(Numbered(RandomHistory(Seed(8), 150)), Seed(8));
  testing::LimitedLog limited(memory.log());
  Store store;
  const auto projection = store.Open(limited);
  for (size_t shown = 1; shown <= ledger.records(); ++shown) {
    limited.Show(static_cast<Address>(shown));
    for (int look = 0; look < 3; ++look) {
      const absl::Status folded = projection->RunOnce();
      ASSERT_TRUE(folded.ok()) << folded;
    }
  }
  EXPECT_EQ(Rows(*projection), Fold(memory.log()));
}

// Where in the log commits stand is part of their rows, and of the place.
void DropAddresses(std::vector<std::string>& rows) {
  const ViewKeyspace keys{kFoldVersion, 1};
  const std::string place = ToHex(keys.Place()), commits = ToHex(keys.Table(ViewTable::kCommits));
  EXPECT_EQ(std::erase_if(rows, [&](const std::string& row) { return row.starts_with(place); }), 1u);
  for (std::string& row : rows) {
    if (row.starts_with(commits)) row.resize(row.size() - 2 * sizeof(Address));
  }
}

TEST(ProjectionRows, ACommitThatIsRecordedTwiceChangesNothing) {
  SCOPED_TRACE(::testing::Message() << "seed " << Seed(8));
  const auto events = Numbered(RandomHistory(Seed(8), 60));
  MemoryLog once, twice;
  RecordedLedger first(once.log(), "AA1"), second(twice.log(), "AA1");
  for (const v1::Event& event : events) {
    first.Commit({event});
    second.Commit({event});
    second.Void(second.commits().back());
    second.Void(second.commits()[second.commits().size() / 2]);
  }
  auto expected = Fold(once.log()), rows = Fold(twice.log());
  DropAddresses(expected);
  DropAddresses(rows);
  EXPECT_EQ(rows, expected);
}

// 700 claims on one board: more cell deltas than an account may have between checkpoints.
std::vector<v1::Event> ManyClaims() {
  std::vector<v1::Event> events = {testing::BoardEstablished("b-1"), testing::ProjectProposed("p-1"),
                                   testing::ProjectAssigned("p-1", "b-1"),
                                   testing::BenefitRegistered("n-1", "p-1")};
  for (int i = 0; i < 700; ++i) {
    const std::string id = "c-" + std::to_string(i);
    events.push_back(
        testing::ClaimSubmitted(id, "n-1", "2023/24-M0" + std::to_string(1 + i % 9), "2023/24-M12", 7 + i));
  }
  return Numbered(std::move(events));
}

TEST(ProjectionRows, AnAccountGetsItsCheckpointsAtTheSameEventsHoweverItIsFolded) {
  MemoryLog memory;
  RecordedLedger(memory.log(), "AA1").CommitHistory(ManyClaims(), 1);
  const auto expected = Fold(memory.log());
  for (const Chunks& chunks : {Chunks{kNever, 3000}, Chunks{0, 9000}})
    ASSERT_EQ(Fold(memory.log(), chunks), expected);
  const ViewKeyspace keys{kFoldVersion, 1};
  std::vector<std::string> checkpoints;
  for (const std::string& row : expected) {
    if (row.starts_with(ToHex(keys.Table(ViewTable::kCheckpoints))))
      checkpoints.push_back(row.substr(0, row.find(' ')));
  }
  // Four events before the claims, one delta for each claim.
  const std::vector<std::string> every_256 = {ToHex(keys.Checkpoint(1, 260)), ToHex(keys.Checkpoint(1, 516))};
  EXPECT_EQ(checkpoints, every_256);
}

// All rows after a fold in many chunks that keeps no more than this in memory between them.
std::vector<std::string> RowsKeeping(MemoryLog& memory, size_t cells_max, size_t claims_max) {
  Store disk;
  {
    auto store = ViewStore::Open({.path = "/views", .env = disk.env()});
    EXPECT_TRUE(store.ok());
    LedgerFold fold(memory.log(), **store,
                    {.ledger = "AA1",
                     .keys = {kFoldVersion, 1},
                     .catch_up_bytes = 2000,
                     .chunk_bytes = 4000,
                     .cells_max = cells_max,
                     .claims_max = claims_max});
    auto step = fold.Step({});
    while (step.ok() && step->read) step = fold.Step({});
    EXPECT_TRUE(step.ok()) << step.status();
  }
  return Rows(*disk.Open(memory.log()));
}

TEST(ProjectionRows, AreTheSameWhateverIsDroppedFromMemory) {
  for (const auto& events : {ManyClaims(), Numbered(RandomHistory(20260403, 2000))}) {
    MemoryLog memory;
    RecordedLedger(memory.log(), "AA1").CommitHistory(events, 2);
    const std::vector<std::string> rows = RowsKeeping(memory, 100'000, 100'000);
    EXPECT_GT(rows.size(), 700u);
    EXPECT_EQ(RowsKeeping(memory, 0, 0), rows);
    EXPECT_EQ(RowsKeeping(memory, 100, 100'000), rows);
    EXPECT_EQ(RowsKeeping(memory, 1000, 100'000), rows);
    EXPECT_EQ(RowsKeeping(memory, 100'000, 10), rows);
  }
}

// Every account that a fold of the store has.
std::set<std::string> Accounts(const std::vector<std::string>& rows) {
  std::set<std::string> accounts;
  const std::string table = ToHex(ViewKeyspace{kFoldVersion, 1}.Table(ViewTable::kAccounts));
  for (const std::string& row : rows) {
    if (!row.starts_with(table)) continue;
    const std::string hex = row.substr(table.size(), row.find(' ') - table.size());
    accounts.insert(*FromHex(hex, hex.size() / 2));
  }
  return accounts;
}

void ExpectSame(const absl::StatusOr<CommitEnd>& found, const absl::StatusOr<CommitEnd>& expected) {
  ASSERT_EQ(found.ok(), expected.ok()) << found.status() << expected.status();
  if (!found.ok()) {
    EXPECT_EQ(found.status().code(), expected.status().code());
    return;
  }
  EXPECT_EQ(found->sequence, expected->sequence);
  EXPECT_EQ(found->recorded_at, expected->recorded_at);
  EXPECT_EQ(found->digest, expected->digest);
}

void ExpectSameAt(const FigureSource& found, const FigureSource& expected, const std::string& account,
                  Sequence sequence) {
  const auto cells = found.BalancesAt(account, sequence),
             expected_cells = expected.BalancesAt(account, sequence);
  ASSERT_TRUE(cells.ok() && expected_cells.ok()) << cells.status() << expected_cells.status();
  ASSERT_EQ(*cells, *expected_cells) << account << " at " << sequence;
}

void ExpectSamePostings(const FigureSource& found, const FigureSource& expected, const std::string& account,
                        Sequence sequence) {
  const auto postings = found.PostingsUpTo(account, sequence),
             wanted = expected.PostingsUpTo(account, sequence);
  ASSERT_TRUE(postings.ok() && wanted.ok()) << postings.status() << wanted.status();
  ASSERT_EQ(postings->size(), wanted->size());
  for (size_t i = 0; i < wanted->size(); ++i) {
    EXPECT_EQ((*postings)[i].sequence, (*wanted)[i].sequence);
    EXPECT_EQ((*postings)[i].cell, (*wanted)[i].cell);
    EXPECT_EQ((*postings)[i].delta, (*wanted)[i].delta);
  }
}

void ExpectSameCommits(const FigureSource& found, const FigureSource& expected) {
  ExpectSame(found.Latest(), expected.Latest());
  EXPECT_EQ(found.demonstration(), expected.demonstration());
  for (Sequence at = 0; at <= expected.Latest().sequence + 1; ++at) {
    ExpectSame(found.CommitEndingAt(at), expected.CommitEndingAt(at));
    ExpectSame(found.CommitHolding(at), expected.CommitHolding(at));
    const auto all = found.CommitsEndingAt(at), wanted = expected.CommitsEndingAt(at);
    ASSERT_EQ(all.ok(), wanted.ok());
    ASSERT_EQ(all.ok() ? all->size() : 0, wanted.ok() ? wanted->size() : 0);
  }
  const Instant begin = std::chrono::sys_days(std::chrono::year(2024) / 4 / 1);
  for (int second = -40; second < 200; ++second) {
    const Instant time = begin + std::chrono::seconds(second) + std::chrono::milliseconds(second % 3 * 300);
    ExpectSame(found.CommitAtTime(time), expected.CommitAtTime(time));
  }
}

void ExpectSameAnswers(const std::vector<v1::Event>& events, uint64_t seed) {
  MemoryLog memory;
  RecordedLedger ledger(memory.log(), "AA1");
  ledger.CommitHistory(events, seed);
  Store store;
  const auto projection = store.Open(memory.log(), {.catch_up_bytes = 2000, .chunk_bytes = 8000});
  ASSERT_TRUE(projection->RunOnce().ok());
  MemoryFold expected("AA1", kFoldVersion);
  for (const std::string& stored : ledger.commits()) ASSERT_TRUE(expected.Add(stored).ok());

  const auto found = projection->Snapshot("AA1");
  ASSERT_TRUE(found.ok()) << found.status();
  ExpectSameCommits(**found, expected);
  const auto accounts = Accounts(Rows(*projection));
  EXPECT_GE(accounts.size(), 1u);
  for (const std::string& account : accounts) {
    for (Sequence at = 0; at <= ledger.last(); ++at) ExpectSameAt(**found, expected, account, at);
    for (const Sequence at : {Sequence{0}, ledger.last() / 2, ledger.last()}) {
      ExpectSamePostings(**found, expected, account, at);
    }
  }
  ExpectSameAt(**found, expected, "savings/none", ledger.last());
  const auto facts = (*found)->FactsUpTo(ledger.last() / 2), wanted = expected.FactsUpTo(ledger.last() / 2);
  ASSERT_TRUE(facts.ok() && wanted.ok());
  ASSERT_EQ(facts->size(), wanted->size());
  for (size_t i = 0; i < facts->size(); ++i) {
    EXPECT_EQ((*facts)[i].sequence, (*wanted)[i].sequence);
    EXPECT_EQ((*facts)[i].event.SerializeAsString(), (*wanted)[i].event.SerializeAsString());
  }
}

TEST(ProjectionFigures, AreThoseOfAFoldInMemoryAtEveryPosition) {
  for (int n = 20; n < 22; ++n) {
    SCOPED_TRACE(::testing::Message() << "seed " << Seed(n));
    ExpectSameAnswers(Numbered(RandomHistory(Seed(n), 200)), Seed(n));
  }
}

TEST(ProjectionFigures, AreThoseOfAFoldInMemoryAcrossCheckpoints) { ExpectSameAnswers(ManyClaims(), 3); }

TEST(ProjectionFigures, ASnapshotStaysAsItWas) {
  MemoryLog memory;
  RecordedLedger ledger(memory.log(), "AA1");
  const auto events = ManyClaims();
  for (size_t i = 0; i < 10; ++i) ledger.Commit({events[i]});
  Store store;
  const auto projection = store.Open(memory.log(), {.catch_up_bytes = 0});
  ASSERT_TRUE(projection->RunOnce().ok());
  const auto before = projection->Snapshot("AA1");
  ASSERT_TRUE(before.ok());
  for (size_t i = 10; i < 400; ++i) ledger.Commit({events[i]});
  ASSERT_TRUE(projection->RunOnce().ok());
  EXPECT_EQ((*before)->Latest().sequence, 10u);
  // Claims 0 to 5: pence 7 + i.
  const auto cells = (*before)->BalancesAt("savings/b-1", 1000);
  ASSERT_TRUE(cells.ok());
  int64_t sum = 0;
  for (const auto& [cell, pence] : *cells) sum += pence;
  EXPECT_EQ(sum, 7 + 8 + 9 + 10 + 11 + 12);
}

}  // namespace
}  // namespace realise
