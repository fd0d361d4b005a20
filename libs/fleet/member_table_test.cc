#include "libs/fleet/member_table.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <string>

#include "fmt/format.h"
#include "gmock/gmock.h"

namespace realise {
namespace {

using internal::v1::Heartbeat;
using internal::v1::MEMBER_STATE_JOINING;
using internal::v1::MEMBER_STATE_LEAVING;
using internal::v1::MEMBER_STATE_SERVING;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Time = MemberTable::Time;

constexpr Time kStart{seconds(1000)};

ProcessId Id(uint8_t number) {
  ProcessId id;
  id.bytes[0] = number;
  return id;
}

Heartbeat Beat(uint8_t number, uint64_t counter, internal::v1::MemberState state = MEMBER_STATE_SERVING) {
  Heartbeat beat;
  beat.set_process_id(std::string(Id(number).view()));
  beat.set_address(fmt::format("127.0.0.1:{}", 7000 + number));
  beat.set_state(state);
  beat.set_counter(counter);
  return beat;
}

std::vector<int> Numbers(const std::vector<Member>& members) {
  std::vector<int> numbers;
  numbers.reserve(members.size());
  for (const Member& member : members) numbers.push_back(member.id.bytes[0]);
  return numbers;
}

// A process that reads heartbeats at moments that the test chooses; it is number 1 itself.
class Reader {
 public:
  // From now on, for as long, these processes are heard from at every beat.
  void Pass(milliseconds time, const std::vector<uint8_t>& heard) {
    for (const Time end = now_ + time; now_ < end;) {
      now_ += kBeatEvery;
      table_.Tick(now_);
      for (const uint8_t number : heard) Hear(number, MEMBER_STATE_SERVING);
    }
  }
  void Hear(uint8_t number, internal::v1::MemberState state) {
    table_.Read(Beat(number, number == 1 ? table_.NextCounter() : ++counters_[number], state), now_);
  }
  // This process does not run.
  void Pause(milliseconds time) { now_ += time; }

  std::vector<int> Serving() const { return Numbers(table_.Serving(now_)); }
  bool IsAlive(uint8_t number) const { return table_.IsAlive(Id(number), now_); }
  MemberTable& table() { return table_; }
  const MemberTable& table() const { return table_; }
  Time now() const { return now_; }

 private:
  Time now_ = kStart;
  MemberTable table_{Id(1), kStart};
  std::map<uint8_t, uint64_t> counters_;
};

TEST(MemberTable, KnowsNobodyAtFirst) {
  const MemberTable table(Id(1), kStart);
  EXPECT_THAT(table.Serving(kStart), IsEmpty());
}

TEST(MemberTable, WhoIsHeardFromServes) {
  Reader reader;
  reader.Pass(seconds(1), {1, 2, 3});
  EXPECT_THAT(reader.Serving(), ElementsAre(1, 2, 3));
}

TEST(MemberTable, WhoJoinsIsAliveAndDoesNotServe) {
  Reader reader;
  reader.Hear(2, MEMBER_STATE_JOINING);
  EXPECT_TRUE(reader.IsAlive(2));
  EXPECT_THAT(reader.Serving(), IsEmpty());
}

TEST(MemberTable, WhoLeavesIsAliveAndServesNoMore) {
  Reader reader;
  reader.Pass(seconds(1), {1, 2});
  reader.Hear(2, MEMBER_STATE_LEAVING);
  EXPECT_TRUE(reader.IsAlive(2));
  EXPECT_THAT(reader.Serving(), ElementsAre(1));
}

TEST(MemberTable, WhoIsSilentWhileOthersSpeakIsGone) {
  Reader reader;
  reader.Pass(seconds(1), {1, 2});
  reader.Pass(kLiveFor, {1});
  EXPECT_THAT(reader.Serving(), ElementsAre(1, 2)) << "at the limit";
  reader.Pass(kBeatEvery, {1});
  EXPECT_THAT(reader.Serving(), ElementsAre(1));
  EXPECT_FALSE(reader.IsAlive(2));
}

TEST(MemberTable, WhoCannotHearItselfOwnsNothing) {
  Reader reader;
  reader.Pass(seconds(1), {1, 2});
  reader.Pass(kLiveFor + kBeatEvery, {2});
  EXPECT_THAT(reader.Serving(), ElementsAre(2));
}

TEST(MemberTable, ASilenceOfAllChangesNothingForAWhile) {
  Reader reader;
  reader.Pass(seconds(1), {1, 2, 3});
  reader.Pass(kBlindFor - seconds(1), {});
  EXPECT_THAT(reader.Serving(), ElementsAre(1, 2, 3));
  reader.Pass(kBeatEvery, {3});
  EXPECT_THAT(reader.Serving(), ElementsAre(1, 2, 3)) << "the others are given time to speak as well";
}

TEST(MemberTable, AfterALongSilenceNobodyIsKnown) {
  Reader reader;
  reader.Pass(seconds(1), {1, 2});
  reader.Pass(kBlindFor + kBeatEvery, {});
  EXPECT_THAT(reader.Serving(), IsEmpty());
  reader.Pass(kBeatEvery, {1, 2});
  EXPECT_THAT(reader.Serving(), ElementsAre(1, 2));
}

TEST(MemberTable, WhoWakesFromAPauseOwnsNothing) {
  Reader reader;
  reader.Pass(seconds(1), {1, 2});
  reader.Pause(kLiveFor + milliseconds(1));
  EXPECT_THAT(reader.Serving(), IsEmpty()) << "before it has read anything";
}

TEST(MemberTable, WhatItPublishedBeforeAPauseDoesNotBringItBack) {
  Reader reader;
  reader.Pass(seconds(1), {1, 2});
  const uint64_t before = reader.table().NextCounter();
  reader.Pause(seconds(20));
  EXPECT_TRUE(reader.table().Tick(reader.now()));
  reader.table().Read(Beat(1, before), reader.now());
  reader.Hear(2, MEMBER_STATE_SERVING);
  EXPECT_THAT(reader.Serving(), ElementsAre(2));
  reader.Hear(1, MEMBER_STATE_SERVING);
  EXPECT_THAT(reader.Serving(), ElementsAre(1, 2));
}

TEST(MemberTable, AnEarlierHeartbeatThatComesLateIsPassedOver) {
  Reader reader;
  reader.table().Read(Beat(2, 5, MEMBER_STATE_LEAVING), reader.now());
  reader.table().Read(Beat(2, 4, MEMBER_STATE_SERVING), reader.now());
  EXPECT_THAT(reader.Serving(), IsEmpty());
}

TEST(MemberTable, WhatIsMalformedIsPassedOver) {
  Reader reader;
  Heartbeat short_id = Beat(2, 1);
  short_id.set_process_id("short");
  Heartbeat no_address = Beat(3, 1);
  no_address.clear_address();
  Heartbeat endless = Beat(4, 1);
  endless.set_address(std::string(1000, 'x'));
  Heartbeat later_version = Beat(5, 1);
  later_version.set_state(static_cast<internal::v1::MemberState>(77));
  for (const Heartbeat& beat : {short_id, no_address, endless, later_version}) {
    reader.table().Read(beat, reader.now());
  }
  EXPECT_THAT(reader.Serving(), IsEmpty());
}

Heartbeat Damaged(Heartbeat beat, const std::vector<std::string>& ledgers) {
  for (const std::string& ledger : ledgers) beat.add_damaged_ledgers(ledger);
  return beat;
}

// By ledger, the number of who says so.
std::map<std::string, int> DamagedSeenBy(const Reader& reader) {
  std::map<std::string, int> damaged;
  for (const auto& [ledger, by] : reader.table().Damaged(reader.now())) damaged[ledger] = by.id.bytes[0];
  return damaged;
}

TEST(MemberTable, ALedgerIsDamagedWhileAnybodyAliveSaysSo) {
  using ::testing::Pair;
  Reader reader;
  reader.Pass(seconds(1), {1});
  for (const auto state : {MEMBER_STATE_JOINING, MEMBER_STATE_SERVING, MEMBER_STATE_LEAVING}) {
    Heartbeat beat = Damaged(Beat(3, static_cast<uint64_t>(state), state), {"RH5", "RJ1"});
    reader.table().Read(beat, reader.now());
    EXPECT_THAT(DamagedSeenBy(reader), ElementsAre(Pair("RH5", 3), Pair("RJ1", 3)));
  }
  EXPECT_EQ(reader.table().Damaged(reader.now()).find("RH5")->second.address, "127.0.0.1:7003");
  reader.table().Read(Damaged(Beat(2, 1), {"RH5"}), reader.now());
  EXPECT_THAT(DamagedSeenBy(reader), ElementsAre(Pair("RH5", 2), Pair("RJ1", 3)));
  reader.Pass(kLiveFor, {1});
  EXPECT_THAT(DamagedSeenBy(reader), SizeIs(2)) << "at the limit";
  reader.Pass(kBeatEvery, {1});
  EXPECT_THAT(DamagedSeenBy(reader), IsEmpty());
}

TEST(MemberTable, WhoNoLongerCallsALedgerDamagedIsBelieved) {
  Reader reader;
  reader.table().Read(Damaged(Beat(2, 1), {"RH5"}), reader.now());
  reader.table().Read(Beat(2, 2), reader.now());
  EXPECT_THAT(DamagedSeenBy(reader), IsEmpty());
}

TEST(MemberTable, WhoWakesFromAPauseHasToHearAgainWhatIsDamaged) {
  Reader reader;
  reader.table().Read(Damaged(Beat(2, 1), {"RH5"}), reader.now());
  reader.Pause(kLiveFor + milliseconds(1));
  EXPECT_THAT(DamagedSeenBy(reader), IsEmpty());
  reader.table().Tick(reader.now());
  reader.table().Read(Damaged(Beat(2, 2), {"RH5"}), reader.now());
  EXPECT_THAT(DamagedSeenBy(reader), SizeIs(1));
}

TEST(MemberTable, TakesNoteOfSoManyDamagedLedgersThatCanBeOne) {
  Reader reader;
  std::vector<std::string> ledgers{"no ledger", std::string(1000, 'X')};
  for (int i = 0; i < 2 * kDamagedLedgersMax; ++i) ledgers.push_back(fmt::format("R{:04}", i));
  reader.table().Read(Damaged(Beat(2, 1), ledgers), reader.now());
  EXPECT_THAT(DamagedSeenBy(reader), SizeIs(kDamagedLedgersMax - 2));
}

TEST(MemberTable, TakesNoteOfSoManyAndOfNewOnesOnceOldOnesAreGone) {
  MemberTable table(Id(1), kStart);
  const auto named = [](size_t number) {
    Heartbeat beat = Beat(9, 1);
    beat.mutable_process_id()->replace(4, 8, fmt::format("{:08}", number));
    return beat;
  };
  for (size_t i = 0; i <= kMembersMax; ++i) table.Read(named(i), kStart);
  EXPECT_EQ(table.Serving(kStart).size(), kMembersMax);
  Time now = kStart;
  for (uint64_t counter = 2; now <= kStart + kLiveFor; ++counter) {
    now += kBeatEvery;
    table.Tick(now);
    Heartbeat only = named(0);
    only.set_counter(counter);
    table.Read(only, now);
  }
  table.Read(named(kMembersMax), now);
  EXPECT_EQ(table.Serving(now).size(), 2U);
}

std::vector<Member> SomeMembers() {
  const auto count = *rc::gen::inRange<size_t>(1, 9);
  const auto numbers = *rc::gen::unique<std::vector<uint8_t>>(count, rc::gen::arbitrary<uint8_t>());
  std::vector<Member> members;
  members.reserve(numbers.size());
  for (const uint8_t number : numbers) members.push_back({.id = Id(number), .address = "a:1"});
  return members;
}

std::string SomeLedger() { return fmt::format("R{:03}", *rc::gen::inRange(0, 1000)); }

RC_GTEST_PROP(OwnerAmong, EveryLedgerHasOneOwnerWhateverTheOrder, ()) {
  auto members = SomeMembers();
  const std::string ledger = SomeLedger();
  const Member owner = *OwnerAmong(members, ledger);
  std::reverse(members.begin(), members.end());
  RC_ASSERT(*OwnerAmong(members, ledger) == owner);
}

RC_GTEST_PROP(OwnerAmong, WhoLeavesMovesOnlyItsOwnLedgers, ()) {
  const auto members = SomeMembers();
  const std::string ledger = SomeLedger();
  auto left = members;
  const auto gone = left.begin() + *rc::gen::inRange<ptrdiff_t>(0, static_cast<ptrdiff_t>(left.size()));
  const Member leaver = *gone;
  left.erase(gone);
  const Member before = *OwnerAmong(members, ledger);
  const Member* const after = OwnerAmong(left, ledger);
  if (left.empty()) {
    RC_ASSERT(after == nullptr);
  } else {
    RC_ASSERT(*after == before || before == leaver);
  }
}

TEST(OwnerAmong, SpreadsTheLedgers) {
  std::vector<Member> members;
  for (uint8_t number = 1; number <= 3; ++number) members.push_back({.id = Id(number), .address = "a:1"});
  std::map<ProcessId, int> owned;
  for (int i = 0; i < 300; ++i) ++owned[OwnerAmong(members, fmt::format("R{:03}", i))->id];
  ASSERT_EQ(owned.size(), 3U);
  for (const auto& [id, count] : owned) EXPECT_GT(count, 60) << ToHex(id.view());
}

TEST(OwnerAmong, NobodyOwnsWhereNobodyIs) { EXPECT_EQ(OwnerAmong({}, "RH5"), nullptr); }

}  // namespace
}  // namespace realise
