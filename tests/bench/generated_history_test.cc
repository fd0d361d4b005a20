// What is generated is what it says: the same again, accepted, and of the shape that a trust's ledgers have.
#include "tests/bench/generated_history.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "fmt/format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/base/ids.h"
#include "libs/base/sha256.h"
#include "libs/domain/decide.h"
#include "libs/domain/evolve.h"
#include "libs/domain/testing/event_builders.h"
#include "libs/event_log/commit_chain.h"
#include "tests/bench/generated_ledger.h"
#include "tests/bench/ledger_plan.h"

namespace realise::bench {
namespace {

constexpr uint64_t kEvents = 20'000;

std::vector<std::string> AllCommits(uint64_t seed, uint64_t events) {
  GeneratedCommits commits("RH5", seed, events);
  std::vector<std::string> all;
  while (std::optional<std::string> stored = commits.Next()) all.push_back(*std::move(stored));
  return all;
}

TEST(GeneratedHistory, IsTheSameForTheSameSeed) {
  const std::vector<std::string> commits = AllCommits(7, kEvents);
  EXPECT_EQ(commits, AllCommits(7, kEvents));
  EXPECT_NE(commits, AllCommits(8, kEvents));
}

TEST(GeneratedHistory, EveryEventIsAcceptedAndNumberedAsAWriterDoes) {
  const Instant now = *ParseInstant("2024-06-01");
  for (const auto& [seed, events] :
       {std::tuple(uint64_t{1}, uint64_t{1000}), std::tuple(uint64_t{2}, kEvents),
        std::tuple(uint64_t{3}, kEvents), std::tuple(kSeed, 4 * kEvents)}) {
    SCOPED_TRACE(fmt::format("seed {}, {} events", seed, events));
    GeneratedHistory published(seed, events);
    GeneratedHistory recorded(seed, events);
    LedgerState state;
    state.KeepNoJournal();
    std::set<std::string> ids;
    v1::Event event;
    uint64_t count = 0;
    for (; published.Next(event); ++count) {
      ASSERT_EQ(CheckForm(event), std::nullopt) << event.ShortDebugString();
      const auto refused = Decide(state, event, now);
      ASSERT_FALSE(refused.has_value()) << refused->message << ": " << event.ShortDebugString();
      ASSERT_TRUE(ids.insert(event.id()).second) << event.id();
      ASSERT_TRUE(recorded.NextRecorded(event));
      ASSERT_TRUE(Evolve(event, state).ok()) << event.ShortDebugString();
    }
    EXPECT_EQ(count, events);
    EXPECT_FALSE(recorded.NextRecorded(event));
  }
}

// Reads a history as far as its shape matters.
struct Shape {
  explicit Shape(uint64_t events) {
    GeneratedHistory history(kSeed, events);
    for (v1::Event event; history.Next(event); ++at) Note(event);
  }

  void Note(const v1::Event& event) {
    if (event.has_project_assigned_to_board()) {
      const v1::ProjectAssignedToBoard& body = event.project_assigned_to_board();
      board_of[body.project_id()] = body.board_id();
      claims_of[body.board_id()];
    } else if (event.has_benefit_registered()) {
      const v1::BenefitRegistered& body = event.benefit_registered();
      benefits[body.benefit_id()] = {board_of[body.project_id()], body.financial_class()};
    } else if (event.has_claim_submitted()) {
      const v1::ClaimSubmitted& body = event.claim_submitted();
      ++claims_of[benefits[body.benefit_id()].first];
      late_claims += body.relates_to_period() != body.posted_to_period();
      benefit_of[body.claim_id()] = body.benefit_id();
      NoteCell("claimed", body.claim_id(), body.relates_to_period(), body.posted_to_period());
    } else if (event.has_claim_validated()) {
      const v1::ClaimValidated& body = event.claim_validated();
      NoteCell("validated", body.claim_id(), body.posted_to_period(), body.posted_to_period());
      validated_in[body.claim_id()] = Period::Parse(body.posted_to_period())->index();
    } else if (event.has_claim_corrected()) {
      const v1::ClaimCorrected& body = event.claim_corrected();
      const int32_t month = Period::Parse(body.posted_to_period())->index();
      long_after += month - validated_in[body.claim_id()] >= 12;
    } else if (event.has_wait_bands_recorded()) {
      measured_at[event.wait_bands_recorded().period()].push_back(at);
    } else if (event.has_period_closed()) {
      closed_at[event.period_closed().period()] = at;
    }
  }

  void NoteCell(const std::string& rung, const std::string& claim, const std::string& relates_to,
                const std::string& posted_to) {
    const auto& [board, line] = benefits[benefit_of[claim]];
    if (board == kPlainBoard) plain_cells.insert({rung, line, relates_to, posted_to});
  }

  uint64_t at = 0;
  std::map<std::string, std::string> board_of;
  std::map<std::string, std::pair<std::string, int>> benefits;  // board and class
  std::map<std::string, std::string> benefit_of;
  std::map<std::string, int32_t> validated_in;
  std::map<std::string, uint64_t> claims_of;  // boards
  std::set<std::tuple<std::string, int, std::string, std::string>> plain_cells;
  std::map<std::string, std::vector<uint64_t>> measured_at;  // months
  std::map<std::string, uint64_t> closed_at;                 // months
  uint64_t late_claims = 0;
  uint64_t long_after = 0;
};

TEST(GeneratedHistory, HasAFewLargeBoardsAndManySmallOnes) {
  const Shape shape(5 * kEvents);
  std::vector<uint64_t> claims;
  uint64_t all = 0;
  for (const auto& [board, count] : shape.claims_of) {
    claims.push_back(count);
    all += count;
  }
  std::sort(claims.begin(), claims.end());
  ASSERT_EQ(claims.size(), 40u);
  EXPECT_GT(claims.front(), 0u);
  EXPECT_GE(claims.back(), 5 * claims[20]);
  EXPECT_EQ(shape.claims_of.at(kPlainBoard), claims[37]) << "the third largest";
  EXPECT_NEAR(static_cast<double>(shape.late_claims) / static_cast<double>(all), 0.18, 0.04);
  EXPECT_GT(shape.long_after, 20u);
}

TEST(GeneratedHistory, PlainBoardHasItsCellsAtAnyLength) {
  for (const uint64_t events : {uint64_t{3000}, kEvents}) {
    EXPECT_EQ(Shape(events).plain_cells.size(), static_cast<size_t>(kPlainBoardCells)) << events;
  }
}

TEST(GeneratedHistory, MeasuresAllAtOnceAtTheEndOfAMonth) {
  const Shape shape(5 * kEvents);
  EXPECT_EQ(shape.measured_at.size(), static_cast<size_t>(kMonths));
  EXPECT_EQ(shape.closed_at.size(), static_cast<size_t>(kMonths - 1));
  for (const auto& [month, closed] : shape.closed_at) {
    const std::vector<uint64_t>& measured = shape.measured_at.at(month);
    EXPECT_LE(closed - measured.front(), 4 * measured.size()) << month;
  }
}

TEST(GeneratedCommits, AreAChainWithAllEventsInIt) {
  CommitChain chain;
  uint64_t events = 0;
  for (const std::string& stored : AllCommits(7, 1234)) {
    const auto commit = DecodeCommit(stored);
    ASSERT_EQ(chain.Offer(commit, Sha256(stored)), Verdict::kValid);
    events += commit->header.event_count;
  }
  EXPECT_EQ(events, 1234u);
}

TEST(LedgerPlan, AddsUpAndIsUneven) {
  const std::vector<PlannedLedger> plan = PlanLedgers(kSeed, 10'000'001, 200);
  ASSERT_EQ(plan.size(), 200u);
  uint64_t all = 0;
  std::set<std::string> codes;
  for (const PlannedLedger& ledger : plan) {
    EXPECT_TRUE(IsLedgerCode(ledger.code)) << ledger.code;
    codes.insert(ledger.code);
    all += ledger.events;
  }
  EXPECT_EQ(all, 10'000'001u);
  EXPECT_EQ(codes.size(), 200u);
  EXPECT_NEAR(static_cast<double>(plan[0].events), 2'500'000, 250'000);
  EXPECT_LT(plan[199].events, 6000u);
  EXPECT_GT(plan[199].events, 1000u);
}

TEST(LedgerPlan, IsTheSameForTheSameSeed) {
  const auto first_codes = [](uint64_t seed) {
    const std::vector<PlannedLedger> plan = PlanLedgers(seed, 1000, 3);
    return std::vector<std::string>{plan[0].code, plan[1].code, plan[2].code};
  };
  EXPECT_EQ(first_codes(1), first_codes(1));
  EXPECT_NE(first_codes(1), first_codes(2));
}

}  // namespace
}  // namespace realise::bench
