#include "libs/inbound/kafka/ledger_lane.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <map>
#include <set>

#include "libs/domain/testing/event_builders.h"
#include "libs/inbound/inbound_reason.h"
#include "libs/inbound/outcome.h"
#include "libs/inbound/testing/event_messages.h"

namespace realise {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Time = LedgerLane::Time;

const Time kStart = Time(std::chrono::hours(1));

LaneEntry Entry(int64_t offset, const char* expected_version = nullptr) {
  v1::Event event = testing::WithId(testing::PeriodOpened("2024/25-M01"), fmt::format("e-{}", offset));
  event.set_source("/ods/RH5/finance");
  LaneEntry entry;
  entry.message = {{"realise.inbound", 0, offset},
                   testing::WithHeader(testing::EventMessage(event), "ce_expectedversion", expected_version)};
  entry.read = ReadCloudEvent(entry.message.content);
  EXPECT_FALSE(entry.read.refusal);
  return entry;
}

std::vector<std::string> IdsOf(const std::optional<v1::AppendRequest>& request) {
  std::vector<std::string> ids;
  if (!request) return ids;
  for (const v1::Event& event : request->events()) ids.push_back(event.id());
  return ids;
}

AppendOutcome AllRecorded(const v1::AppendRequest& request) {
  AppendOutcome outcome;
  for (const v1::Event& event : request.events()) {
    v1::Appended& appended = *outcome.events.Add();
    appended.set_event_id(event.id());
    appended.set_sequence(static_cast<Sequence>(outcome.events.size()));
  }
  outcome.receipt = {"RH5", static_cast<Sequence>(outcome.events.size()), Digest()};
  return outcome;
}

AppendOutcome RefusedAt(uint32_t index, const std::string& reason, absl::StatusCode code) {
  AppendOutcome outcome;
  outcome.status = absl::Status(code, reason);
  v1::Refusal& refusal = outcome.refusals.emplace_back();
  refusal.set_event_index(index);
  refusal.set_reason(reason);
  refusal.set_field("period_opened.period");
  outcome.receipt = {"RH5", 3, std::nullopt};
  return outcome;
}

AppendOutcome Failing(absl::Status status) {
  AppendOutcome outcome;
  outcome.status = std::move(status);
  return outcome;
}

std::vector<std::string> Reasons(const std::vector<SettledEntry>& settled) {
  std::vector<std::string> reasons;
  for (const SettledEntry& one : settled) {
    reasons.push_back(one.outcome.reason().empty() ? one.outcome.outcome() : one.outcome.reason());
  }
  return reasons;
}

class LedgerLaneTest : public ::testing::Test {
 protected:
  LedgerLaneTest() : lane_("RH5", LaneLimits{.give_up_after = seconds(60)}) {
    for (int64_t offset = 0; offset < 4; ++offset) lane_.Add(Entry(offset));
  }
  LedgerLane lane_;
};

TEST_F(LedgerLaneTest, OneBatchAtATimeInOrder) {
  const auto batch = lane_.NextBatch(kStart);
  EXPECT_THAT(IdsOf(batch), ElementsAre("e-0", "e-1", "e-2", "e-3"));
  EXPECT_EQ(batch->ledger(), "RH5");
  EXPECT_TRUE(batch->registered_sources_only());
  lane_.Add(Entry(4));
  EXPECT_FALSE(lane_.NextBatch(kStart));
  const auto settled = lane_.Answer(AllRecorded(*batch), kStart);
  EXPECT_THAT(Reasons(settled), ElementsAre("accepted", "accepted", "accepted", "accepted"));
  EXPECT_EQ(settled[3].entry.message.place.offset, 3);
  EXPECT_EQ(settled[3].outcome.sequence(), 4u);
  EXPECT_THAT(IdsOf(lane_.NextBatch(kStart)), ElementsAre("e-4"));
}

TEST_F(LedgerLaneTest, ARefusalIsFinalOnlyForTheFirstOfABatch) {
  ASSERT_TRUE(lane_.NextBatch(kStart));
  EXPECT_THAT(lane_.Answer(RefusedAt(2, "PERIOD_CLOSED", absl::StatusCode::kFailedPrecondition), kStart),
              IsEmpty());
  const auto before = lane_.NextBatch(kStart);
  EXPECT_THAT(IdsOf(before), ElementsAre("e-0", "e-1"));
  EXPECT_EQ(lane_.Answer(AllRecorded(*before), kStart).size(), 2u);
  EXPECT_THAT(IdsOf(lane_.NextBatch(kStart)), ElementsAre("e-2", "e-3"));
  const auto settled =
      lane_.Answer(RefusedAt(0, "PERIOD_CLOSED", absl::StatusCode::kFailedPrecondition), kStart);
  ASSERT_THAT(Reasons(settled), ElementsAre("PERIOD_CLOSED"));
  EXPECT_EQ(settled[0].entry.message.place.offset, 2);
  EXPECT_EQ(settled[0].outcome.field(), "data.period");
  EXPECT_EQ(settled[0].outcome.decided_at(), "RH5@3");
  EXPECT_THAT(IdsOf(lane_.NextBatch(kStart)), ElementsAre("e-3"));
}

TEST_F(LedgerLaneTest, WhatHasAnExpectedVersionBeginsItsBatch) {
  lane_.Add(Entry(4, "7"));
  lane_.Add(Entry(5));
  const auto first = lane_.NextBatch(kStart);
  EXPECT_EQ(first->events_size(), 4);
  (void)lane_.Answer(AllRecorded(*first), kStart);
  const auto second = lane_.NextBatch(kStart);
  EXPECT_THAT(IdsOf(second), ElementsAre("e-4"));
  ASSERT_EQ(second->expected_versions_size(), 1);
  EXPECT_EQ(second->expected_versions(0).version(), 7u);
}

TEST_F(LedgerLaneTest, WhatWasNotDecidedIsSentAgainTheSame) {
  const auto batch = lane_.NextBatch(kStart);
  EXPECT_THAT(lane_.Answer(Failing(absl::UnavailableError("later")), kStart), IsEmpty());
  EXPECT_FALSE(lane_.NextBatch(kStart));
  EXPECT_EQ(IdsOf(lane_.NextBatch(kStart + milliseconds(50))), IdsOf(batch));
  EXPECT_TRUE(lane_.failing_since());
  (void)lane_.Answer(AllRecorded(*batch), kStart + milliseconds(60));
  EXPECT_FALSE(lane_.failing_since());
}

TEST_F(LedgerLaneTest, AWrongClockOfOursIsNobodysRejection) {
  ASSERT_TRUE(lane_.NextBatch(kStart));
  EXPECT_THAT(lane_.Answer(RefusedAt(0, "CLOCK", absl::StatusCode::kFailedPrecondition), kStart), IsEmpty());
  EXPECT_EQ(lane_.waiting(), 4u);
}

TEST_F(LedgerLaneTest, ALedgerThatDoesNotExistRejectsWhatWasForIt) {
  ASSERT_TRUE(lane_.NextBatch(kStart));
  const auto settled = lane_.Answer(Failing(absl::NotFoundError("no such ledger")), kStart);
  ASSERT_EQ(settled.size(), 4u);
  EXPECT_EQ(settled[0].outcome.reason(), kUnknownLedger);
  EXPECT_TRUE(lane_.Idle(kStart));
}

TEST_F(LedgerLaneTest, ALedgerThatIsSilentForLongHoldsUpNobody) {
  Time now = kStart;
  size_t tries = 0;
  std::vector<SettledEntry> settled;
  while (settled.empty() && now < kStart + seconds(120)) {
    now += milliseconds(10);
    if (lane_.NextBatch(now)) {
      ++tries;
      settled = lane_.Answer(Failing(absl::UnavailableError("silent")), now);
    } else {
      settled = lane_.GiveUp(now);
    }
  }
  EXPECT_EQ(Reasons(settled), std::vector<std::string>(4, std::string(kLedgerUnavailable)));
  EXPECT_GE(now - kStart, seconds(60));
  EXPECT_LT(tries, 25u) << "tries come further and further apart";
  // What comes now is rejected at once, but for one try now and then.
  lane_.Add(Entry(9));
  EXPECT_EQ(lane_.GiveUp(now).size(), 1u);
  now += seconds(11);
  lane_.Add(Entry(10));
  EXPECT_THAT(lane_.GiveUp(now), IsEmpty());
  const auto probe = lane_.NextBatch(now);
  ASSERT_TRUE(probe);
  lane_.Add(Entry(11));
  EXPECT_EQ(lane_.Answer(AllRecorded(*probe), now).size(), 1u);
  EXPECT_THAT(lane_.GiveUp(now), IsEmpty());
  EXPECT_THAT(IdsOf(lane_.NextBatch(now)), ElementsAre("e-11"));
}

TEST_F(LedgerLaneTest, AStoppedLedgerIsNotWaitedFor) {
  ASSERT_TRUE(lane_.NextBatch(kStart));
  const auto settled = lane_.Answer(Failing(absl::DataLossError("the log was truncated")), kStart);
  EXPECT_EQ(Reasons(settled), std::vector<std::string>(4, std::string(kLedgerStopped)));
}

// A ledger with ids, that refuses some events for ever, fails at times before and at times after it recorded.
class FickleLedger {
 public:
  explicit FickleLedger(std::set<std::string> refused) : refused_(std::move(refused)) {}

  AppendOutcome Append(const v1::AppendRequest& request, int mood) {
    if (mood == 0) return Failing(absl::UnavailableError("before"));
    for (int i = 0; i < request.events_size(); ++i) {
      if (refused_.contains(request.events(i).id())) {
        return RefusedAt(static_cast<uint32_t>(i), "PERIOD_CLOSED", absl::StatusCode::kFailedPrecondition);
      }
    }
    AppendOutcome outcome = AllRecorded(request);
    for (v1::Appended& event : outcome.events) {
      event.set_already_recorded(!ids_.insert(event.event_id()).second);
      if (!event.already_recorded()) recorded_.push_back(event.event_id());
    }
    return mood == 1 ? Failing(absl::UnavailableError("after")) : outcome;
  }
  const std::vector<std::string>& recorded() const { return recorded_; }

 private:
  const std::set<std::string> refused_;
  std::set<std::string> ids_;
  std::vector<std::string> recorded_;
};

TEST(LedgerLane, EveryMessageIsSettledOnceAndRecordedInOrderWhateverFails) {
  const bool held = rc::check("once, and in order", [] {
    const int count = *rc::gen::inRange(1, 40);
    std::set<std::string> refused;
    std::vector<std::string> wanted;
    LedgerLane lane(
        "RH5",
        {.give_up_after = std::chrono::hours(1), .retry_max = milliseconds(200), .batch_events_max = 8});
    for (int i = 0; i < count; ++i) {
      lane.Add(Entry(i, *rc::gen::inRange(0, 6) == 0 ? "0" : nullptr));
      const std::string id = fmt::format("e-{}", i);
      if (*rc::gen::inRange(0, 4) == 0) {
        refused.insert(id);
      } else {
        wanted.push_back(id);
      }
    }
    FickleLedger ledger(refused);
    std::map<int64_t, std::string> outcomes;
    Time now = kStart;
    int attempts = 0;
    for (int step = 0; lane.waiting() > 0; ++step) {
      RC_ASSERT(step < 100'000);
      now += milliseconds(20);
      const auto batch = lane.NextBatch(now);
      if (!batch) continue;
      // Now and then it does what it is asked.
      const int mood = ++attempts % 5 == 4 ? 3 : *rc::gen::inRange(0, 4);
      const AppendOutcome answer = ledger.Append(*batch, mood);
      for (const SettledEntry& one : lane.Answer(answer, now)) {
        RC_ASSERT(outcomes.emplace(one.entry.message.place.offset, one.outcome.outcome()).second);
        RC_ASSERT((one.outcome.outcome() == kRejected) == refused.contains(one.entry.read.id));
      }
    }
    RC_ASSERT(outcomes.size() == static_cast<size_t>(count));
    RC_ASSERT(ledger.recorded() == wanted);
  });
  EXPECT_TRUE(held);
}

}  // namespace
}  // namespace realise
