#include "libs/ledger/decider_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "libs/domain/ledger_state.h"
#include "libs/domain/testing/event_builders.h"
#include "libs/ledger/testing/ledger_fixture.h"

namespace realise::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::Optional;
using ::testing::SizeIs;

// The same rows, taken out.
StateRows Deleting(const StateRows& rows) {
  StateRows deleting;
  for (size_t i = 0; i < rows.size(); ++i) {
    deleting.Add(rows[i].first.front(), rows[i].first.substr(1), [](std::string&) {});
  }
  return deleting;
}

class DeciderStoreTest : public LedgerTest {
 protected:
  // The answers to an event known, one in conflict, and one that rests on state, as text.
  std::string Decisions(const std::vector<v1::Event>& history) {
    std::string answers;
    const auto note = [&](const AppendOutcome& outcome) {
      answers += outcome.status.ToString() + " " + outcome.receipt.ToString();
      for (const v1::Appended& event : outcome.events) answers += " " + event.ShortDebugString();
      answers += "\n";
    };
    for (size_t i = 0; i < history.size(); i += 17) {
      note(Append(history[i]));
      note(Append(ByRole(history[i], "another-role")));
      note(Append(DryRun(Request({WithId(history[i], "fresh")}))));
    }
    return answers;
  }
};

TEST_F(DeciderStoreTest, KeepsRowsIdsAndCommits) {
  DeciderStore::Chunk chunk;
  chunk.place.set_next_sequence(4);
  LedgerState state = StateAfter({BoardEstablished("b-1")});
  chunk.state_rows = state.TakeChangedRows();
  chunk.state_rows.Sort();
  const EventKey key = EventKeyOf("/ods/RH5/finance", "e-1");
  chunk.ids = {{key, 3}};
  Digest first;
  first.bytes[0] = 1;
  Digest second;
  second.bytes[0] = 2;
  chunk.commits = {{2, 10, first}, {3, 11, first}, {3, 300, second}};
  ASSERT_TRUE(store_->Save(kLedger, chunk).ok());
  EXPECT_THAT(*store_->FindIds(kLedger, {EventKeyOf("/ods/RH5/finance", "e-2"), key}),
              ElementsAre(std::nullopt, Optional(3u)));
  EXPECT_THAT(*store_->FindIds("RA4", {key}), ElementsAre(std::nullopt));
  EXPECT_EQ((**store_->FindCommit(kLedger, 1)).address, 10);
  EXPECT_EQ((**store_->FindCommit(kLedger, 3)).address, 11);
  EXPECT_EQ(*store_->FindCommit(kLedger, 4), std::nullopt);
  EXPECT_TRUE(*store_->HasCommit(kLedger, 3, second));
  EXPECT_FALSE(*store_->HasCommit(kLedger, 2, second));

  LedgerState loaded;
  const auto place = store_->Load(kLedger, loaded);
  ASSERT_TRUE(place.ok()) << place.status();
  EXPECT_EQ((*place)->next_sequence(), 4u);
  EXPECT_NE(loaded.boards.Find("b-1"), nullptr);
  EXPECT_EQ(*store_->Load("RA4", loaded), std::nullopt);

  chunk.state_rows = Deleting(chunk.state_rows);
  ASSERT_TRUE(store_->Save(kLedger, chunk).ok());
  LedgerState emptied;
  ASSERT_TRUE(store_->Load(kLedger, emptied).ok());
  EXPECT_EQ(emptied.boards.size(), 0u);
}

// Many rows go another way into the store than few.
TEST_F(DeciderStoreTest, ALargeChunkIsKeptAsASmallOneIs) {
  constexpr int kMany = 5000;
  DeciderStore::Chunk chunk;
  chunk.place.set_next_sequence(kMany + 1);
  LedgerState state = StateAfter({BoardEstablished("b-1")});
  chunk.state_rows = state.TakeChangedRows();
  chunk.state_rows.Sort();
  for (uint64_t i = 1; i <= kMany; ++i) {
    EventKey key;
    key.bytes[0] = static_cast<uint8_t>(i >> 8);
    key.bytes[1] = static_cast<uint8_t>(i);
    chunk.ids.emplace_back(key, i);
    chunk.commits.push_back({i, static_cast<Address>(i), Digest()});
  }
  ASSERT_TRUE(store_->Save(kLedger, chunk).ok());
  chunk.state_rows = Deleting(chunk.state_rows);
  chunk.place.set_next_sequence(kMany + 2);
  ASSERT_TRUE(store_->Save(kLedger, chunk).ok());
  EXPECT_THAT(*store_->FindIds(kLedger, {chunk.ids[1234].first}), ElementsAre(Optional(1235u)));
  EXPECT_EQ((**store_->FindCommit(kLedger, kMany)).address, kMany);
  LedgerState emptied;
  EXPECT_EQ((**store_->Load(kLedger, emptied)).next_sequence(), kMany + 2u);
  EXPECT_EQ(emptied.boards.size(), 0u);
}

TEST_F(DeciderStoreTest, ClaimsStayInTheStoreUntilTheyAreAskedFor) {
  DeciderStore::Chunk chunk;
  LedgerState state = StateAfter(Numbered(RandomHistory(20240604, 300)));
  ASSERT_GT(state.claims.size(), 0u);
  chunk.state_rows = state.TakeChangedRows();
  chunk.state_rows.Sort();
  ASSERT_TRUE(store_->Save(kLedger, chunk).ok());
  LedgerState loaded;
  ASSERT_TRUE(store_->Load(kLedger, loaded).ok());
  EXPECT_EQ(loaded.claims.size(), 0u);
  EXPECT_EQ(loaded.periods.size(), state.periods.size());
  EXPECT_EQ(loaded.boards.size(), state.boards.size());
  for (const auto& [id, claim] : state.claims.rows()) {
    std::vector<std::string> missing;
    loaded.AddMissingClaim("claim/" + id, missing);
    ASSERT_EQ(missing.size(), 1u);
    const auto rows = store_->FindStateRows(kLedger, {"none", missing[0]});
    ASSERT_TRUE(rows.ok());
    EXPECT_EQ(rows->at(0), std::nullopt);
    ASSERT_TRUE(rows->at(1).has_value());
    ASSERT_TRUE(loaded.LoadRow(missing[0], *rows->at(1)).ok());
    EXPECT_EQ(loaded.claims.Find(id)->bytes(), claim.bytes());
    loaded.AddMissingClaim("claim/" + id, missing);
    EXPECT_EQ(missing.size(), 1u);
  }
}

TEST_F(DeciderStoreTest, AWriterDecidesTheSameFromAnyPlace) {
  clock_.Set(kAfterRandomHistory);
  const std::vector<v1::Event> history = RandomHistory(20240603, 400);
  Create();
  for (size_t i = 0; i < history.size(); ++i) {
    ASSERT_TRUE(Append(history[i]).status.ok()) << i;
    // Starts at many places, with a store that trails the log by nothing, by little, and by much.
    if (i % 37 == 36) {
      options_.save_every_events = i % 2 == 0 ? 10 : 10'000;
      Reopen(options_);
    }
  }
  const std::string answers = Decisions(history);
  Reopen(options_);
  EXPECT_EQ(Decisions(history), answers);
  DeleteStore();
  writer_ = OpenWriter();
  EXPECT_EQ(Decisions(history), answers) << "with the store deleted";
  EXPECT_THAT(ReadLedger().events, SizeIs(history.size()));
}

TEST_F(DeciderStoreTest, AStoreThatTrailsCatchesUp) {
  Create();
  ASSERT_TRUE(Append(BoardEstablished("b-1")).status.ok());
  writer_.reset();
  const std::unique_ptr<DeciderStore> other_store = OpenStore("/other");
  {
    const auto other = LedgerWriter::Open(*log_, *other_store, clock_, options_);
    ASSERT_TRUE(other.ok());
    ASSERT_TRUE(Get(Submit(**other, Request({BoardEstablished("b-2")}))).status.ok());
  }
  writer_ = OpenWriter();
  EXPECT_TRUE(Append(BoardEstablished("b-2")).events.at(0).already_recorded());
  EXPECT_EQ(Append(BoardEstablished("b-3")).events.at(0).sequence(), 3u);
}

TEST_F(DeciderStoreTest, AStoreOfAnotherLogStopsTheLedger) {
  Create();
  ASSERT_TRUE(Append(BoardEstablished("b-1")).status.ok());
  writer_.reset();
  RocksDbEventLogOptions options;
  options.path = "/another-log";
  options.env = env_.get();
  const auto another = RocksDbEventLog::Open(options);
  ASSERT_TRUE(another.ok());
  ASSERT_TRUE(CreateLedger(**another, clock_, kLedger, false).ok());
  EXPECT_TRUE(absl::IsDataLoss(LedgerWriter::Open(**another, *store_, clock_, options_).status()));
}

}  // namespace
}  // namespace realise::testing
