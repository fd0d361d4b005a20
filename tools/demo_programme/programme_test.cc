#include "tools/demo_programme/programme.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "libs/domain/decide.h"
#include "libs/domain/evolve.h"

namespace realise::demo {
namespace {

constexpr uint64_t kSeed = 7;

const Measurements& Published() {
  static const Measurements kMeasurements = [] {
    LedgerFilter ledgers;
    for (const TrustPlan& trust : Trusts()) ledgers.emplace(trust.ledger);
    absl::StatusOr<Measurements> loaded = LoadMeasurements("tests/data", ledgers);
    EXPECT_TRUE(loaded.ok()) << loaded.status();
    return *std::move(loaded);
  }();
  return kMeasurements;
}

std::vector<v1::AppendRequest> Programme(const TrustPlan& trust, uint64_t seed = kSeed) {
  return MakeProgramme(trust, Published().find(trust.ledger)->second, seed);
}

std::string Bytes(const std::vector<v1::AppendRequest>& requests) {
  std::string bytes;
  for (const v1::AppendRequest& request : requests) bytes += ToJsonLine(request) + "\n";
  return bytes;
}

void ExpectAccepted(const std::vector<v1::AppendRequest>& requests) {
  LedgerState state;
  state.KeepNoJournal();
  Instant before;
  for (const v1::AppendRequest& request : requests) {
    const std::optional<Instant> now = ParseInstant(request.simulated_time());
    ASSERT_TRUE(now.has_value());
    ASSERT_LT(before, *now) << "times rise";
    before = *now;
    ASSERT_LE(request.events_size(), 1'000);
    ASSERT_LE(request.ByteSizeLong(), 512u * 1024);
    for (v1::Event event : request.events()) {
      for (const std::optional<Rejection>& rejection : {CheckForm(event), Decide(state, event, *now)}) {
        ASSERT_FALSE(rejection.has_value())
            << request.simulated_time() << " " << event.id() << ": " << ReasonName(rejection->reason) << " "
            << rejection->field << ": " << rejection->message;
      }
      event.set_stream_version(state.StreamVersion(event.stream()) + 1);
      const absl::Status evolved = Evolve(event, state);
      ASSERT_TRUE(evolved.ok()) << evolved;
    }
  }
}

TEST(Programme, EveryEventIsAccepted) {
  for (const uint64_t seed : {kSeed, uint64_t{0}, uint64_t{20'250'401}}) {
    for (const TrustPlan& trust : Trusts()) {
      SCOPED_TRACE(std::string(trust.ledger) + " seed " + std::to_string(seed));
      ExpectAccepted(Programme(trust, seed));
    }
  }
}

TEST(Programme, TheSeedDecides) {
  for (const TrustPlan& trust : Trusts()) {
    EXPECT_EQ(Bytes(Programme(trust)), Bytes(Programme(trust)));
    EXPECT_NE(Bytes(Programme(trust, 1)), Bytes(Programme(trust, 2)));
  }
}

TEST(Programme, HoldsThePublishedEventsUnchanged) {
  for (const TrustPlan& trust : Trusts()) {
    std::map<std::pair<std::string, std::string>, std::string> told;
    for (const v1::AppendRequest& request : Programme(trust)) {
      for (const v1::Event& event : request.events()) {
        const bool first =
            told.emplace(std::pair(event.source(), event.id()), event.SerializeAsString()).second;
        EXPECT_TRUE(first) << event.id();
      }
    }
    for (const ImportedEvent& imported : Published().find(trust.ledger)->second) {
      const auto found = told.find({imported.event.source(), imported.event.id()});
      ASSERT_NE(found, told.end()) << imported.event.id();
      EXPECT_EQ(found->second, imported.event.SerializeAsString());
    }
  }
}

// What one trust's programme holds.
struct Tally {
  std::map<std::string, int> types;
  std::set<int> classes;
  std::set<int> recurrences;
  int disbenefits = 0;
  int corrected_in_a_later_year = 0;
};

Tally Count(const std::vector<v1::AppendRequest>& requests) {
  Tally tally;
  for (const v1::AppendRequest& request : requests) {
    for (const v1::Event& event : request.events()) {
      ++tally.types[std::string(TypeOf(event))];
      if (event.has_benefit_registered()) {
        tally.classes.insert(event.benefit_registered().financial_class());
        tally.recurrences.insert(event.benefit_registered().recurrence());
        if (event.benefit_registered().sign() == v1::BENEFIT_SIGN_DISBENEFIT) ++tally.disbenefits;
      }
      if (!event.has_claim_corrected()) continue;
      const v1::ClaimCorrected& body = event.claim_corrected();
      if (Period::Parse(body.posted_to_period())->year() > Period::Parse(body.relates_to_period())->year()) {
        ++tally.corrected_in_a_later_year;
      }
    }
  }
  return tally;
}

TEST(Programme, HoldsWhatADemonstrationNeeds) {
  EXPECT_EQ(Trusts().size(), 4u);
  for (const TrustPlan& trust : Trusts()) {
    SCOPED_TRACE(std::string(trust.ledger));
    Tally tally = Count(Programme(trust));
    EXPECT_GE(tally.types.at("board_established"), 3);
    EXPECT_EQ(tally.classes.size(), 6u);
    EXPECT_EQ(tally.recurrences.size(), 2u);
    EXPECT_GE(tally.disbenefits, 3);
    EXPECT_GE(tally.corrected_in_a_later_year, 1);
    EXPECT_EQ(tally.types.at("period_closed"), 31);  // April 2023 to October 2025
    for (const char* type :
         {"claim_validated", "claim_queried", "claim_rejected", "claim_reversed", "baseline_set",
          "measure_assigned", "project_cancelled", "project_closed", "benefit_withdrawn", "board_renamed",
          "measurement_recorded", "wait_bands_recorded"}) {
      EXPECT_GE(tally.types[type], 1) << type;
    }
    EXPECT_GT(tally.types.at("claim_submitted"), 300);
  }
}

TEST(Programme, TellsTheWorkedCases) {
  std::map<std::string, v1::Event> events;
  std::map<std::string, std::string> recorded;
  for (const v1::AppendRequest& request : Programme(Trusts()[0])) {
    for (const v1::Event& event : request.events()) {
      events[event.id()] = event;
      recorded[event.id()] = request.simulated_time();
    }
  }
  const std::string june = "frailty-ward-staff-2024-06";
  EXPECT_EQ(events.at("claim-validated:" + june).claim_validated().amount_pence(), 3'000'000);
  EXPECT_EQ(events.at("claim-validated:" + june).claim_validated().posted_to_period(), "2024/25-M03");
  EXPECT_EQ(events.at("claim-corrected:" + june).claim_corrected().delta_pence(), -550'000);
  EXPECT_EQ(events.at("claim-corrected:" + june).claim_corrected().posted_to_period(), "2024/25-M05");
  const v1::ClaimReversed reversed = events.at("claim-reversed:implant-rebate-2024-05").claim_reversed();
  EXPECT_EQ(reversed.posted_to_period(), "2025/26-M03");
  const v1::BaselineSet baseline = events.at("baseline-set:sdec-bed-days:v1").baseline_set();
  EXPECT_EQ(baseline.numerator(), 333'287);
  EXPECT_EQ(baseline.denominator(), 38'275);
  // All months of 2024/25 are known when it is closed, and the change of counting is not.
  EXPECT_LT(recorded.at("los-adult-ga:2024/25-M12"), recorded.at("period-closed:2024/25-M12"));
  EXPECT_GT(recorded.at("los-adult-ga:v2"), recorded.at("period-closed:2024/25-M12"));
}

}  // namespace
}  // namespace realise::demo
