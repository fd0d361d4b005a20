// Random histories against the rules as a whole.
#include <map>
#include <set>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/domain/decide.h"
#include "libs/domain/evolve.h"
#include "libs/domain/testing/event_builders.h"
#include "realise/v1/commit.pb.h"

namespace realise {
namespace {

using testing::kAfterRandomHistory;
using testing::Numbered;
using testing::RandomHistory;

// All rows of a state, by key.
std::map<std::string, std::string> AllRows(const std::vector<v1::Event>& numbered) {
  LedgerState state;
  for (const v1::Event& event : numbered) EXPECT_TRUE(Evolve(event, state).ok()) << event.id();
  const StateRows rows = state.TakeChangedRows();
  std::map<std::string, std::string> all;
  for (size_t i = 0; i < rows.size(); ++i) all.emplace(rows[i]);
  return all;
}

// What a store holds after it wrote rows.
void Write(const StateRows& rows, std::map<std::string, std::string>& store) {
  for (size_t i = 0; i < rows.size(); ++i) {
    const auto [key, value] = rows[i];
    if (value.empty()) {
      store.erase(std::string(key));
    } else {
      store[std::string(key)] = value;
    }
  }
}

TEST(RandomHistory, IsTheSameForTheSameSeedAndHasEveryType) {
  const std::vector<v1::Event> history = RandomHistory(7, 6000);
  ASSERT_EQ(history.size(), 6000u);
  const std::vector<v1::Event> again = RandomHistory(7, 6000);
  std::set<std::string_view> types;
  for (size_t i = 0; i < history.size(); ++i) {
    types.insert(TypeOf(history[i]));
    ASSERT_EQ(history[i].SerializeAsString(), again[i].SerializeAsString());
  }
  const google::protobuf::OneofDescriptor& body = *v1::Event::descriptor()->FindOneofByName("body");
  for (int i = 0; i < body.field_count(); ++i) {
    EXPECT_TRUE(types.contains(body.field(i)->name())) << body.field(i)->name() << " never comes";
  }
}

TEST(RandomHistory, WhatDecideAcceptsEvolveApplies) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    const std::vector<v1::Event> proposed = RandomHistory(seed, 400);
    LedgerState state;
    for (const v1::Event& event : proposed) {
      ASSERT_FALSE(CheckForm(event)) << event.id();
      const auto rejected = Decide(state, event, kAfterRandomHistory);
      ASSERT_FALSE(rejected) << event.id() << " " << rejected->message;
      v1::Event numbered = event;
      numbered.set_stream_version(state.StreamVersion(event.stream()) + 1);
      const absl::Status applied = Evolve(numbered, state);
      ASSERT_TRUE(applied.ok()) << event.id() << " " << applied;
    }
  }
}

// These may be said twice: the writer tells a repeated event by its id.
bool MayBeRepeated(const v1::Event& event) {
  switch (event.body_case()) {
    case v1::Event::kClaimQueried:
    case v1::Event::kClaimCorrected:
    case v1::Event::kBaselineSet:
    case v1::Event::kPublisherRegistered:
      return true;
    default:
      return false;
  }
}

TEST(RandomHistory, DecidingTheSameAgainIsRefused) {
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    SCOPED_TRACE(seed);
    LedgerState state;
    for (const v1::Event& event : Numbered(RandomHistory(seed, 400))) {
      ASSERT_TRUE(Evolve(event, state).ok());
      if (MayBeRepeated(event)) continue;
      v1::Event again = event;
      again.set_id(event.id() + "-again");
      EXPECT_TRUE(Decide(state, again, kAfterRandomHistory)) << TypeOf(event);
    }
  }
}

TEST(RandomHistory, RollingBackRestoresTheState) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    const std::vector<v1::Event> events = Numbered(RandomHistory(seed, 300));
    const size_t kept = 1 + seed * 13 % 250;
    const auto expected = AllRows({events.begin(), events.begin() + static_cast<ptrdiff_t>(kept)});

    LedgerState state;
    std::map<std::string, std::string> store;
    JournalMark mark = 0;
    for (size_t i = 0; i < events.size(); ++i) {
      if (i == kept) mark = state.Mark();
      // A store that writes now and then also holds what is rolled back later.
      if (i % 37 == 0) Write(state.TakeChangedRows(), store);
      ASSERT_TRUE(Evolve(events[i], state).ok());
    }
    state.RollBackTo(mark);
    Write(state.TakeChangedRows(), store);
    EXPECT_EQ(store, expected);

    // It goes on from there as if nothing had been.
    for (size_t i = kept; i < events.size(); ++i) ASSERT_TRUE(Evolve(events[i], state).ok());
    Write(state.TakeChangedRows(), store);
    EXPECT_EQ(store, AllRows(events));
  }
}

TEST(RandomHistory, RowsAreTakenAsTheyWereAtAMark) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    const std::vector<v1::Event> events = Numbered(RandomHistory(seed, 300));
    LedgerState state;
    std::map<std::string, std::string> store;
    // As a writer does it: `behind` events are decided on and not yet read back.
    const size_t behind = 1 + seed % 16;
    std::vector<JournalMark> marks;
    for (size_t i = 0; i < events.size(); ++i) {
      ASSERT_TRUE(Evolve(events[i], state).ok());
      marks.push_back(state.Mark());
      if (i % 29 != 0 || i < behind) continue;
      const size_t read_back = i - behind;
      Write(state.TakeChangedRows(marks[read_back]), store);
      ASSERT_EQ(store, AllRows({events.begin(), events.begin() + static_cast<ptrdiff_t>(read_back) + 1}));
      state.Forget(marks[read_back]);
    }
    Write(state.TakeChangedRows(), store);
    EXPECT_EQ(store, AllRows(events));
  }
}

TEST(RandomHistory, RowsComeBackAsTheyWere) {
  const std::vector<v1::Event> events = Numbered(RandomHistory(3, 500));
  const auto rows = AllRows(events);
  LedgerState loaded;
  for (const auto& [key, value] : rows) ASSERT_TRUE(loaded.LoadRow(key, value).ok());
  EXPECT_TRUE(loaded.TakeChangedRows().empty()) << "a row that was loaded did not change";

  LedgerState original;
  for (const v1::Event& event : events) ASSERT_TRUE(Evolve(event, original).ok());
  for (const auto& [id, row] : original.claims.rows()) {
    ASSERT_NE(loaded.claims.Find(id), nullptr);
    EXPECT_EQ(loaded.claims.Find(id)->bytes(), row.bytes());
  }
  for (const auto& [id, row] : original.periods.rows()) {
    ASSERT_NE(loaded.periods.Find(id), nullptr)
        << "an open period serialises to nothing, and is a row all the same";
    EXPECT_EQ(loaded.periods.Find(id)->closed(), row.closed());
  }
  ASSERT_GT(original.sources.size(), 0u);
  for (const auto& [source, row] : original.sources.rows()) {
    ASSERT_NE(loaded.sources.Find(source), nullptr);
    EXPECT_EQ(loaded.sources.Find(source)->publisher_id(), row.publisher_id());
    EXPECT_EQ(loaded.publishers.Find(row.publisher_id())->SerializeAsString(),
              original.publishers.Find(row.publisher_id())->SerializeAsString());
  }
  for (const v1::Event& event : events) {
    EXPECT_EQ(loaded.StreamVersion(event.stream()), original.StreamVersion(event.stream()));
  }
  // Touching every row and taking all gives the stored bytes again.
  for (const auto& [id, row] : original.boards.rows()) loaded.MutableBoard(id);
  for (const auto& [id, row] : original.measures.rows()) loaded.MutableMeasure(id);
  const StateRows changed = loaded.TakeChangedRows();
  for (size_t i = 0; i < changed.size(); ++i) {
    EXPECT_EQ(rows.at(std::string(changed[i].first)), changed[i].second);
  }
}

TEST(LedgerState, StreamsHaveTheVersionOfTheirLastEvent) {
  LedgerState state;
  std::map<std::string, uint64_t> versions;
  for (const v1::Event& event : Numbered(RandomHistory(9, 1000))) {
    ASSERT_TRUE(Evolve(event, state).ok());
    EXPECT_EQ(state.StreamVersion(event.stream()), ++versions[event.stream()]);
  }
  for (const char* none : {"", "claim", "claim/", "claim/none", "clam/c-1", "source//ods/RH5/benefits"}) {
    EXPECT_EQ(state.StreamVersion(none), 0u) << none;
  }
}

// As a writer and a projection do it: claims are let go of now and then, and put back when they are needed.
TEST(LedgerState, ClaimsThatAreLeftInTheStoreMakeNoDifference) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    const std::vector<v1::Event> events = Numbered(RandomHistory(seed, 400));
    LedgerState state;
    std::map<std::string, std::string> store;
    const size_t behind = 1 + seed % 16;
    size_t put_back = 0;
    std::vector<JournalMark> marks;
    for (size_t i = 0; i < events.size(); ++i) {
      std::vector<std::string> missing;
      state.AddMissingClaim(events[i].stream(), missing);
      if (!missing.empty()) {
        const auto row = store.find(missing[0]);
        if (row != store.end()) {
          ASSERT_TRUE(state.LoadRow(row->first, row->second).ok());
          ++put_back;
        }
      }
      ASSERT_FALSE(Decide(state, events[i], kAfterRandomHistory)) << events[i].id();
      const JournalMark before = state.Mark();
      ASSERT_TRUE(Evolve(events[i], state).ok());
      if (i % 5 == 0) {  // what was decided is taken back, and decided again
        state.RollBackTo(before);
        ASSERT_TRUE(Evolve(events[i], state).ok());
      }
      marks.push_back(state.Mark());
      if (i % 29 != 0 || i < behind) continue;
      Write(state.TakeChangedRows(marks[i - behind]), store);
      state.Forget(marks[i - behind]);
      state.LetGoOfClaims(3);
    }
    Write(state.TakeChangedRows(), store);
    EXPECT_EQ(store, AllRows(events));
    EXPECT_GT(put_back, 0u);
    state.Forget(state.Mark());
    state.LetGoOfClaims(0);
    EXPECT_EQ(state.claims.size(), 0u);
  }
}

// As a fold that is behind does it: what some events are about is found before the first of them is applied.
TEST(LedgerState, WhatIsFoundAheadMakesNoDifference) {
  size_t found_claims = 0;
  size_t new_claims = 0;
  size_t found_benefits = 0;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    const std::vector<v1::Event> events = Numbered(RandomHistory(seed, 400));
    LedgerState state;
    state.KeepNoJournal();
    std::map<std::string, std::string> store;
    for (size_t begin = 0, size = 1; begin < events.size();
         begin += size, size = 1 + (size * 7 + seed) % 90) {
      v1::CommitBody commit;
      for (size_t i = begin; i < std::min(begin + size, events.size()); ++i) *commit.add_events() = events[i];
      std::vector<std::string> missing;
      std::vector<LedgerState::FoundAhead> found;
      state.AddMissingClaims(commit.events(), missing, found);
      for (const std::string& row : missing) {
        if (!store.contains(row)) continue;
        ASSERT_TRUE(state.LoadRow(row, store[row]).ok());
      }
      ASSERT_EQ(found.size(), static_cast<size_t>(commit.events_size()));
      for (size_t i = 0; i < found.size(); ++i) {
        found_claims += found[i].claim != nullptr;
        new_claims += found[i].claim == nullptr && found[i].claim_hash != 0;
        found_benefits += found[i].benefit != nullptr;
        state.Expect(commit.events(static_cast<int>(i)), found, i);
        ASSERT_TRUE(Evolve(commit.events(static_cast<int>(i)), state).ok());
      }
      Write(state.TakeChangedRows(), store);
      state.LetGoOfClaims(20);
    }
    EXPECT_EQ(store, AllRows(events));
  }
  EXPECT_GT(found_claims, 100u);
  EXPECT_GT(new_claims, 100u);
  EXPECT_GT(found_benefits, 100u);
}

// A dry run is such a thing, and there may be any number of them between two times that rows are taken.
TEST(LedgerState, WhatIsTakenBackLeavesNothing) {
  const std::vector<v1::Event> events = Numbered(RandomHistory(13, 300));
  LedgerState state;
  for (size_t i = 0; i < 150; ++i) ASSERT_TRUE(Evolve(events[i], state).ok());
  state.TakeChangedRows();
  const JournalMark mark = state.Mark();
  for (int run = 0; run < 3; ++run) {
    for (size_t i = 150; i < events.size(); ++i) ASSERT_TRUE(Evolve(events[i], state).ok());
    state.RollBackTo(mark);
  }
  EXPECT_TRUE(state.TakeChangedRows().empty());
}

// They are put in order by a few bytes of each first.
TEST(LedgerState, GivesChangedRowsOnceAndInTheOrderOfTheirKeys) {
  const std::string zero(1, '\0');
  const std::vector<std::string> ids = {
      "month-10",   "month-1",          "month-1" + zero,   "month-",
      "month",      "month-123456789",  "month-12345678",   "month-123456788",
      "month-\xff", "month-12345678/b", "month-12345678/a", "month-1" + zero + zero};
  LedgerState state;
  std::set<std::string> keys;
  for (int round = 0; round < 2; ++round) {
    for (const std::string& id : ids) {
      state.MutablePeriod(id);
      state.MutableBoard(id);
      keys.insert({"t" + id, "b" + id});
    }
  }
  std::vector<std::string> taken;
  StateRows rows = state.TakeChangedRows();
  rows.Sort();
  for (size_t i = 0; i < rows.size(); ++i) taken.emplace_back(rows[i].first);
  EXPECT_EQ(taken, std::vector<std::string>(keys.begin(), keys.end()));
}

TEST(StateRows, ARowThatComesAgainIsAsItCameLast) {
  const auto value = [](std::string_view bytes) { return [bytes](std::string& to) { to += bytes; }; };
  StateRows older, rows;
  older.Add('b', "1", value("old"));
  older.Add('b', "2", value("stays"));
  rows.Add('b', "1", value("new"));
  rows.Add('a', "3", value(""));
  older.Add(rows);
  older.Sort();
  std::vector<std::pair<std::string, std::string>> all;
  for (size_t i = 0; i < older.size(); ++i) all.emplace_back(older[i]);
  const std::vector<std::pair<std::string, std::string>> expected = {
      {"a3", ""}, {"b1", "new"}, {"b2", "stays"}};
  EXPECT_EQ(all, expected);
}

TEST(LedgerState, RefusesRowsThatDoNotDecode) {
  LedgerState state;
  EXPECT_EQ(state.LoadRow("", "\x01").code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(state.LoadRow("b", "\x01").code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(state.LoadRow("bx", "").code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(state.LoadRow("bx", "\x02").code(), absl::StatusCode::kDataLoss) << "the form of another version";
  EXPECT_EQ(state.LoadRow("zx", "\x01").code(), absl::StatusCode::kDataLoss) << "no such kind";
  EXPECT_EQ(state.LoadRow("bx", "\x01\xff\xff\xff").code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(state.boards.size(), 0u);
}

TEST(Evolve, ChangesNothingOnAnError) {
  const std::vector<v1::Event> events = Numbered(RandomHistory(11, 300));
  LedgerState state;
  for (const v1::Event& event : events) ASSERT_TRUE(Evolve(event, state).ok());
  state.TakeChangedRows();
  const JournalMark before = state.Mark();
  for (v1::Event event : events) {
    EXPECT_EQ(Evolve(event, state).code(), absl::StatusCode::kInternal) << "a stream version that was used";
    event.set_stream("claim/none");
    event.set_stream_version(2);
    EXPECT_EQ(Evolve(event, state).code(), absl::StatusCode::kInternal) << "a stream version after a gap";
  }
  v1::Event bodiless;
  bodiless.set_stream_version(1);
  EXPECT_EQ(Evolve(bodiless, state).code(), absl::StatusCode::kInternal);
  EXPECT_EQ(state.Mark(), before);
  EXPECT_TRUE(state.TakeChangedRows().empty());
}

// An empty ledger knows none of the things that most events are about.
TEST(Evolve, AppliesNothingAboutUnknownThings) {
  std::set<std::string> founding = {"board_established", "project_proposed", "measure_defined",
                                    "period_opened", "publisher_registered"};
  for (const v1::Event& event : RandomHistory(7, 6000)) {
    if (founding.contains(std::string(TypeOf(event)))) continue;
    v1::Event first = event;
    first.set_stream_version(1);
    LedgerState empty;
    EXPECT_EQ(Evolve(first, empty).code(), absl::StatusCode::kInternal) << TypeOf(event);
    EXPECT_TRUE(empty.TakeChangedRows().empty());
  }
}

TEST(LedgerState, AStateThatNobodyRollsBackKeepsNothing) {
  const std::vector<v1::Event> events = Numbered(RandomHistory(5, 200));
  LedgerState state;
  state.KeepNoJournal();
  state.KeepNoChangedRows();
  for (const v1::Event& event : events) ASSERT_TRUE(Evolve(event, state).ok());
  EXPECT_EQ(state.Mark(), 0u);
  EXPECT_TRUE(state.TakeChangedRows().empty());
  EXPECT_GT(state.claims.size(), 5u);
}

}  // namespace
}  // namespace realise
