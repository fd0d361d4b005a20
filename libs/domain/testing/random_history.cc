#include <algorithm>
#include <cstdlib>
#include <random>

#include "fmt/format.h"
#include "libs/domain/decide.h"
#include "libs/domain/evolve.h"
#include "libs/domain/limits.h"
#include "libs/domain/measure_versions.h"
#include "libs/domain/testing/event_builders.h"

namespace realise::testing {
namespace {

constexpr std::string_view kFirstDay = "2023-04-03";
constexpr int kDaysMax = 3650;
// A proposal that is refused costs a try; this many for each event are far more than are needed.
constexpr int kTriesPerEvent = 200;
constexpr int kPublishers = 5;

// Proposes at random and keeps what is accepted.
class Historian {
 public:
  Historian(uint64_t seed, int count) : random_(seed), count_(count), today_(*ParseDate(kFirstDay)) {}

  std::vector<v1::Event> Write() {
    for (int tries = 0; !Done(); ++tries) {
      if (tries == count_ * kTriesPerEvent) std::abort();  // nothing is accepted any more
      const bool accepted = Take(Propose());
      if (One(accepted ? std::max(2, count_ / kDaysMax) : 50)) today_ += std::chrono::days(1);
    }
    return std::move(history_);
  }

 private:
  bool Done() const { return static_cast<int>(history_.size()) == count_; }

  // 0 to n - 1.  The standard's distributions differ between libraries; this does not.
  int Below(int n) { return static_cast<int>(random_() % static_cast<uint64_t>(n)); }
  bool One(int in) { return Below(in) == 0; }

  bool Take(v1::Event event) {
    event.set_id(fmt::format("e-{}", history_.size() + 1));
    event.set_occurred_on(FormatDate(today_));
    if (One(4)) event.set_source(Source(Below(kPublishers)));
    if (CheckForm(event) || Decide(state_, event, Instant(today_))) return false;
    history_.push_back(event);
    event.set_stream_version(state_.StreamVersion(event.stream()) + 1);
    if (!Evolve(event, state_).ok()) std::abort();  // what Decide accepts can be applied
    return true;
  }

  // One of `n`, of which the oldest gives way to a new one after every `events`: closed and cancelled ones
  // fade out.
  int Recent(int n, int events) { return static_cast<int>(history_.size()) / events + Below(n); }

  std::string Board() { return fmt::format("board-{}", Recent(6, 500)); }
  std::string Project() { return fmt::format("project-{}", Recent(12, 150)); }
  std::string Benefit() { return fmt::format("benefit-{}", Recent(30, 60)); }
  std::string Measure() { return MeasureId(Recent(10, 1000)); }
  static std::string MeasureId(int index) { return fmt::format("measure-{}", index); }
  std::string FreshClaim() { return fmt::format("claim-{}", state_.claims.size()); }
  // Of the last 40.
  std::string Claim() {
    const int claims = static_cast<int>(state_.claims.size());
    return claims == 0 ? "claim-0" : fmt::format("claim-{}", claims - 1 - Below(std::min(claims, 40)));
  }
  Period Month(int back_max) { return Period::FromIndex(Period::Of(today_).index() - Below(back_max + 1)); }
  std::string Day(int around) {
    return FormatDate(today_ + std::chrono::days(Below(2 * around + 1) - around));
  }

  static std::string Source(int publisher) { return fmt::format("/publisher/{}", publisher); }

  // Most types, so that what it publishes is often accepted.
  v1::Event ProposePublisher() {
    const int publisher = Below(kPublishers);
    const std::string id = fmt::format("publisher-{}", publisher);
    if (One(4)) return PublisherWithdrawn(id);
    const google::protobuf::OneofDescriptor& body = *v1::Event::descriptor()->FindOneofByName("body");
    std::vector<std::string> types = {"claim_submitted"};
    for (int i = 0; i < body.field_count(); ++i) {
      if (body.field(i)->name() != types.front() && !One(4)) types.push_back(body.field(i)->name());
    }
    return PublisherRegistered(id, Source(publisher), types);
  }

  v1::Event Propose() {
    if (One(100)) return ProposePublisher();
    switch (Below(10)) {
      case 0:
        return ProposeStructure();
      case 1:
        return ProposeBenefit();
      case 2:
        return ProposePeriod();
      case 3:
      case 4:
        return ProposeClaim();
      case 5:
      case 6:
        return ProposeForClaim();
      case 7:
        return ProposeMeasure();
      default:
        return ProposeMeasurement();
    }
  }

  v1::Event ProposeClaim() {
    const std::string id = Benefit();
    const state::BenefitState* benefit = state_.benefits.Find(id);
    int64_t pence = One(8) ? 0 : Below(10'000'000);
    if (benefit != nullptr && benefit->sign() == v1::BENEFIT_SIGN_DISBENEFIT) pence = -pence;
    if (benefit != nullptr && benefit->financial_class() == v1::FINANCIAL_CLASS_UNMONETISABLE) pence = 0;
    return ClaimSubmitted(FreshClaim(), id, Month(4).ToString(), Month(2).ToString(), pence);
  }

  v1::Event ProposeStructure() {
    switch (Below(24)) {
      case 0:
        return BoardRenamed(Board(), fmt::format("Renamed {}", Below(100)), Day(40));
      case 1:
        return One(20) ? BoardClosed(Board(), Day(60)) : ProjectAssigned(Project(), Board(), Day(40));
      case 2:
        return One(3) ? ProjectCancelled(Project(), Day(30)) : ProjectAssigned(Project(), Board(), Day(40));
      case 3:
        return ProjectClosed(Project(), Day(30));
      case 4:
      case 5:
      case 6:
      case 7:
        return BoardEstablished(Board());
      case 8:
      case 9:
      case 10:
      case 11:
      case 12:
        return ProjectProposed(Project());
      case 13:
      case 14:
        return ProjectAssigned(Project(), Board(), Day(40));
      default:
        return ProjectAssigned(Project(), Board());
    }
  }

  v1::Event ProposeBenefit() {
    if (One(200)) return BenefitWithdrawn(Benefit());
    if (One(3)) {
      const std::string id = Benefit();
      const state::BenefitState* benefit = state_.benefits.Find(id);
      const std::string measure = benefit == nullptr ? Measure() : benefit->measure_id();
      const bool alone =
          UnitOf(measure) == v1::MEASURE_UNIT_COUNT || UnitOf(measure) == v1::MEASURE_UNIT_PENCE;
      return BaselineSet(id, measure.empty() ? Measure() : measure, "2022/23-M01", "2022/23-M12",
                         400 + Below(3), alone ? 0 : 1000, 1);
    }
    BenefitKind kind;
    kind.financial_class = static_cast<v1::FinancialClass>(1 + Below(v1::FinancialClass_MAX));
    kind.recurrence = static_cast<v1::Recurrence>(1 + Below(v1::Recurrence_MAX));
    kind.sign = One(4) ? v1::BENEFIT_SIGN_DISBENEFIT : v1::BENEFIT_SIGN_BENEFIT;
    if (One(2)) kind.measure_id = Measure();
    return BenefitRegistered(Benefit(), Project(), kind);
  }

  v1::Event ProposePeriod() {
    if (!One(4)) return PeriodOpened(Month(1).ToString());
    return PeriodClosed(Period::FromIndex(Period::Of(today_).index() - 2 - Below(2)).ToString());
  }

  v1::Event ProposeForClaim() {
    const std::string id = Claim();
    const ClaimState* claim = state_.claims.Find(id);
    const int64_t claimed = claim == nullptr ? 0 : claim->claimed_pence();
    const int64_t validated = claim == nullptr ? 0 : claim->validated_pence();
    const std::string relates_to =
        claim == nullptr ? "2023/24-M01" : Period::FromIndex(claim->relates_to()).ToString();
    switch (Below(8)) {
      case 0:
        return ClaimQueried(id);
      case 1:
        return ClaimRejected(id, Month(2).ToString());
      case 2:
        return ClaimReversed(id, Month(2).ToString());
      case 3:
        return ClaimCorrected(id, relates_to, Month(2).ToString(), One(2) ? -validated / 3 : validated / 5);
      default:
        return ClaimValidated(id, Month(2).ToString(), One(3) ? claimed / 2 : claimed);
    }
  }

  v1::MeasureUnit UnitOf(const std::string& measure_id) const {
    const state::MeasureState* measure = state_.measures.Find(measure_id);
    return measure == nullptr ? v1::MEASURE_UNIT_COUNT : measure->unit();
  }

  uint32_t VersionOf(const std::string& measure_id, Period month) const {
    const state::MeasureState* measure = state_.measures.Find(measure_id);
    return measure == nullptr ? 1 : VersionInForce(*measure, month.index());
  }

  v1::Event ProposeMeasure() {
    const int index = Recent(10, 1000);
    const std::string id = MeasureId(index);
    const state::MeasureState* measure = state_.measures.Find(id);
    if (measure == nullptr) {
      const auto unit = static_cast<v1::MeasureUnit>(1 + index % v1::MeasureUnit_MAX);  // two of each
      const bool waits = unit == v1::MEASURE_UNIT_WEEKLY_WAIT_BANDS;
      v1::Event event = MeasureDefined(
          id, unit, waits ? static_cast<v1::Pathway>(1 + Below(v1::Pathway_MAX)) : v1::PATHWAY_UNSPECIFIED);
      event.mutable_measure_defined()->set_published_total(One(8));
      return event;
    }
    if (One(100)) {
      return MeasureRedefined(id, static_cast<uint32_t>(measure->versions_size()) + 1, Month(1).ToString(),
                              One(2));
    }
    return One(2) ? MeasureAssignedToBoard(id, Board()) : MeasureAssignedToProject(id, Project());
  }

  std::vector<int64_t> RandomBands() {
    std::vector<int64_t> bands(kWaitBands, 0);
    for (int i = 0; i < 20; ++i) bands[static_cast<size_t>(Below(kWaitBands))] += Below(9);
    return bands;
  }

  v1::Event ProposeMeasurement() {
    const std::string id = Measure();
    const Period month = Month(3);
    const std::string period = month.ToString();
    const v1::MeasureUnit unit = UnitOf(id);
    const uint32_t version = VersionOf(id, month);
    const bool waits = unit == v1::MEASURE_UNIT_WEEKLY_WAIT_BANDS;
    const bool alone = unit == v1::MEASURE_UNIT_COUNT || unit == v1::MEASURE_UNIT_PENCE;
    const int64_t numerator = Below(900);
    const int64_t denominator = alone ? 0 : 900 + Below(100);
    const state::MeasurementState* recorded = state_.measurements.Find(MeasurementKey(id, month.index()));
    if (recorded != nullptr && !One(20)) return ProposeForClaim();
    if (recorded != nullptr) {
      return waits ? WaitBandsCorrected(id, period, recorded->event_id(), RandomBands(), Below(5), version)
                   : MeasurementCorrected(id, period, recorded->event_id(), numerator, denominator, version);
    }
    if (One(8)) return MeasurementNotReported(id, period, version);
    if (waits) return WaitBandsRecorded(id, period, RandomBands(), Below(5), version);
    v1::Event event = MeasurementRecorded(id, unit, period, numerator, denominator, version);
    event.mutable_measurement_recorded()->set_partial(month == Period::Of(today_));
    return event;
  }

  std::mt19937_64 random_;
  const int count_;
  Date today_;
  LedgerState state_;
  std::vector<v1::Event> history_;
};

}  // namespace

std::vector<v1::Event> RandomHistory(uint64_t seed, int count) { return Historian(seed, count).Write(); }

}  // namespace realise::testing
