#include "tools/demo_programme/programme.h"

#include <algorithm>

#include "fmt/format.h"
#include "tools/demo_programme/trust_story.h"

namespace realise::demo {
namespace {

constexpr std::string_view kLead = "project-lead";
constexpr std::string_view kPartner = "finance-business-partner";

// SplitMix64: the same numbers on every machine.
class Dice {
 public:
  Dice(uint64_t seed, std::string_view name) : state_(seed) {
    for (const char c : name) state_ = Next() ^ static_cast<uint64_t>(c);
  }
  // From `low` to `high`, both included.
  int64_t Between(int64_t low, int64_t high) {
    return low + static_cast<int64_t>(Next() % static_cast<uint64_t>(high - low + 1));
  }

 private:
  uint64_t Next() {
    state_ += 0x9E3779B97F4A7C15;
    uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
    return mixed ^ (mixed >> 31);
  }
  uint64_t state_;
};

class Claims {
 public:
  Claims(const TrustPlan& trust, const EventMaker& make, uint64_t seed, Timeline& timeline)
      : trust_(trust), make_(make), dice_(seed, trust.ledger), timeline_(timeline) {}

  void TellAll() {
    for (size_t board = 0; board < trust_.boards.size(); ++board) {
      board_minute_ = static_cast<int>(board) * 7;
      for (const ProjectPlan& project : Board(trust_.boards[board]).projects) {
        for (const BenefitPlan& benefit : project.benefits) TellBenefit(project, benefit);
      }
    }
  }

 private:
  struct Claim {
    std::string id;
    Period month = Period::FromIndex(0);
    int64_t pence = 0;
    bool told = false;
  };

  void TellBenefit(const ProjectPlan& project, const BenefitPlan& benefit) {
    const int first = kFirstMonth + project.first_month;
    const std::optional<Period> ends_before = EndsBefore(project.id, benefit.id);
    for (int index = first; index <= kLastClaimed && index < first + benefit.months; ++index) {
      const Period month = Period::FromIndex(index);
      if (ends_before.has_value() && month >= *ends_before) return;
      const std::optional<ToldClaim> told = FindToldClaim(benefit.id, month);
      const int64_t pence = told.has_value() ? told->pence : Pence(benefit, index - first);
      TellClaim({ClaimId(benefit.id, month), month, pence, told.has_value()}, benefit);
    }
  }

  int64_t Pence(const BenefitPlan& benefit, int age_months) {
    // Savings grow into their full amount; what they cost is there from the first day.
    const int64_t ramp = benefit.pounds_a_month < 0 || age_months > 1 ? 100 : age_months == 1 ? 70 : 40;
    return benefit.pounds_a_month * trust_.percent * ramp * dice_.Between(880, 1'120) / 100'000;
  }

  // The n-th day of the month after the one claimed for.
  Instant After(const Claim& claim, int64_t day, int hour) const {
    return At(claim.month.Next().FirstDay() + std::chrono::days(day - 1), hour, board_minute_);
  }

  void TellClaim(const Claim& claim, const BenefitPlan& benefit) {
    const Instant submitted = After(claim, 3, 9);
    Add(submitted, kLead, [&](v1::Event& event) {
      v1::ClaimSubmitted& body = *event.mutable_claim_submitted();
      body.set_claim_id(claim.id);
      body.set_benefit_id(std::string(benefit.id));
      body.set_relates_to_period(claim.month.ToString());
      body.set_posted_to_period(claim.month.ToString());
      body.set_amount_pence(claim.pence);
      body.add_evidence_refs(fmt::format("ledger/{}/{}", trust_.ledger, claim.id));
      body.set_method(benefit.pounds_a_month == 0 ? "survey of the month"
                                                  : "budget against actual of the month");
    });
    const int64_t course = claim.told ? 0 : dice_.Between(0, 99);
    if (course < 80) {
      Validate(claim, claim.pence, After(claim, 7, 15));
    } else if (course < 87) {
      Validate(claim, claim.pence / 100 * dice_.Between(82, 97), After(claim, 8, 15));
    } else if (course < 94) {
      Query(claim);
      Validate(claim, claim.pence / 100 * dice_.Between(90, 100), After(claim, dice_.Between(18, 27), 15));
    } else if (course < 97) {
      Reject(claim);
    }
    // The others still await validation.
  }

  void Validate(const Claim& claim, int64_t pence, Instant at) {
    if (at >= EndOfSimulation()) return;
    Add(at, kPartner, [&](v1::Event& event) {
      v1::ClaimValidated& body = *event.mutable_claim_validated();
      body.set_claim_id(claim.id);
      body.set_validator_role(std::string(kPartner));
      body.set_amount_pence(pence);
      body.set_posted_to_period(OldestOpenAt(at).ToString());
      if (pence != 0) body.set_ledger_ref(fmt::format("gl/{}/{}", trust_.ledger, claim.id));
      v1::ValidationTests& tests = *body.mutable_tests();
      tests.set_causation(true);
      tests.set_realisation(true);
      tests.set_valuation(true);
      tests.set_attribution(true);
      tests.set_validation(true);
    });
    if (!claim.told && pence != 0 && dice_.Between(0, 99) < 4) Correct(claim, pence, at);
  }

  // Some months later, when the month is closed.
  void Correct(const Claim& claim, int64_t validated_pence, Instant validated) {
    const Instant at = validated + std::chrono::days(dice_.Between(35, 130)) + std::chrono::hours(1);
    const int64_t delta = validated_pence / 1'000 * dice_.Between(-120, 60);
    if (at >= EndOfSimulation() || delta == 0) return;
    Add(at, kPartner, [&](v1::Event& event) {
      v1::ClaimCorrected& body = *event.mutable_claim_corrected();
      body.set_claim_id(claim.id);
      body.set_relates_to_period(claim.month.ToString());
      body.set_posted_to_period(OldestOpenAt(at).ToString());
      body.set_delta_pence(delta);
      body.set_reason("late invoices and credits of the month");
    });
  }

  void Query(const Claim& claim) {
    Add(After(claim, 8, 16), kPartner, [&](v1::Event& event) {
      event.mutable_claim_queried()->set_claim_id(claim.id);
      event.mutable_claim_queried()->set_question("which budget line fell, and from which month?");
    });
  }

  void Reject(const Claim& claim) {
    const Instant at = After(claim, 9, 15);
    Add(at, kPartner, [&](v1::Event& event) {
      v1::ClaimRejected& body = *event.mutable_claim_rejected();
      body.set_claim_id(claim.id);
      body.set_reason("the fall is in another division's budget");
      body.set_posted_to_period(OldestOpenAt(at).ToString());
    });
  }

  template <typename Tell>
  void Add(Instant at, std::string_view role, const Tell& tell) {
    timeline_.Add(at, make_.Make(at, role, tell));
  }

  const TrustPlan& trust_;
  const EventMaker& make_;
  Dice dice_;
  Timeline& timeline_;
  int board_minute_ = 0;  // boards do not send at the same minute
};

}  // namespace

std::vector<v1::AppendRequest> MakeProgramme(const TrustPlan& trust,
                                             const std::vector<ImportedEvent>& measurements, uint64_t seed) {
  const EventMaker make(trust.ledger);
  Timeline timeline;
  TellPeriods(make, timeline);
  TellGovernance(trust, make, timeline);
  TellMeasurements(trust, measurements, make, timeline);
  Claims(trust, make, seed, timeline).TellAll();
  TellCorrections(make, timeline);
  return timeline.Requests(std::string(trust.ledger));
}

}  // namespace realise::demo
