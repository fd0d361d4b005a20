#include "libs/postings/postings.h"

#include <optional>

#include "fmt/format.h"
#include "libs/base/money.h"
#include "libs/domain/evolve.h"
#include "libs/domain/project_boards.h"

namespace realise {

namespace {

using Out = PostedEvents;

// What the names of accounts begin with.
constexpr std::string_view kSavings = "savings/";
constexpr std::string_view kCounts = "counts/";
constexpr std::string_view kBandsOf = "bands/";

absl::Status Unfit(const v1::Event& event, std::string_view what) {
  return absl::InternalError(fmt::format("event \"{}\" of stream \"{}\" does not fit the state before it: {}",
                                         event.id(), event.stream(), what));
}

SavingsCell CellOf(const state::BenefitState& benefit, Rung rung, Period posted, int32_t related) {
  return {benefit.financial_class(), benefit.sign(), benefit.recurrence(), rung, posted.index(), related};
}

absl::Status PostSubmitted(const v1::Event& event, const LedgerState& before, Out& out) {
  const v1::ClaimSubmitted& claim = event.claim_submitted();
  const auto related = Period::Parse(claim.relates_to_period());
  const auto posted = Period::Parse(claim.posted_to_period());
  if (!related || !posted) return Unfit(event, "a month is malformed");
  const state::BenefitState* benefit = before.benefits.Find(claim.benefit_id());
  if (benefit == nullptr) return Unfit(event, "its benefit is unknown");
  const state::ProjectState* project = before.projects.Find(benefit->project_id());
  if (project == nullptr) return Unfit(event, "its project is unknown");
  const std::string* board = BoardOn(*project, related->LastDay());
  if (board == nullptr) return Unfit(event, "its project is under no board on the last day of the month");
  out.Post(kSavings, *board, CellOf(*benefit, Rung::kAwaiting, *posted, related->index()).Pack(),
           claim.amount_pence());
  return absl::OkStatus();
}

// What an event about a claim that exists does to it: one change for each rung.
struct ClaimChange {
  int64_t awaiting = 0;
  int64_t validated = 0;
};

// `change_of`: an optional ClaimChange of the ClaimState; nothing if an amount does not fit.
template <typename ChangeOf>
absl::Status PostChange(const v1::Event& event, const LedgerState& before, const std::string& claim_id,
                        const std::string& posted_to, bool validated_before, ChangeOf change_of, Out& out) {
  const auto posted = Period::Parse(posted_to);
  if (!posted) return Unfit(event, "a month is malformed");
  const ClaimState* claim = before.claims.Find(claim_id);
  if (claim == nullptr) return Unfit(event, "its claim is unknown");
  const bool is_validated = claim->stage() == ClaimStage::kValidated;
  if (validated_before ? !is_validated : !claim->IsOpen())
    return Unfit(event, "its claim is at another stage");
  const state::BenefitState* benefit = before.benefits.Find(claim->benefit_id());
  if (benefit == nullptr) return Unfit(event, "its benefit is unknown");
  const std::optional<ClaimChange> change = change_of(*claim);
  if (!change) return Unfit(event, "an amount does not fit into 64 bits");
  const auto post = [&](Rung rung, int64_t delta) {
    out.Post(kSavings, claim->board_id(), CellOf(*benefit, rung, *posted, claim->relates_to()).Pack(), delta);
  };
  post(Rung::kAwaiting, change->awaiting);
  post(Rung::kValidated, change->validated);
  return absl::OkStatus();
}

absl::Status PostValidated(const v1::Event& event, const LedgerState& before, Out& out) {
  const v1::ClaimValidated& body = event.claim_validated();
  const auto change = [&](const ClaimState& claim) -> std::optional<ClaimChange> {
    const auto off = CheckedSubtract(0, claim.claimed_pence());
    if (!off) return std::nullopt;
    return ClaimChange{*off, body.amount_pence()};
  };
  return PostChange(event, before, body.claim_id(), body.posted_to_period(), false, change, out);
}

absl::Status PostRejected(const v1::Event& event, const LedgerState& before, Out& out) {
  const v1::ClaimRejected& body = event.claim_rejected();
  const auto change = [](const ClaimState& claim) -> std::optional<ClaimChange> {
    const auto off = CheckedSubtract(0, claim.claimed_pence());
    if (!off) return std::nullopt;
    return ClaimChange{*off, 0};
  };
  return PostChange(event, before, body.claim_id(), body.posted_to_period(), false, change, out);
}

absl::Status PostCorrectedClaim(const v1::Event& event, const LedgerState& before, Out& out) {
  const v1::ClaimCorrected& body = event.claim_corrected();
  const auto change = [&](const ClaimState&) -> std::optional<ClaimChange> {
    return ClaimChange{0, body.delta_pence()};
  };
  return PostChange(event, before, body.claim_id(), body.posted_to_period(), true, change, out);
}

absl::Status PostReversed(const v1::Event& event, const LedgerState& before, Out& out) {
  const v1::ClaimReversed& body = event.claim_reversed();
  const auto change = [](const ClaimState& claim) -> std::optional<ClaimChange> {
    const auto off = CheckedSubtract(0, claim.validated_pence());
    if (!off) return std::nullopt;
    return ClaimChange{0, *off};
  };
  return PostChange(event, before, body.claim_id(), body.posted_to_period(), true, change, out);
}

// The values of a measured month in the order of their cells: numerator ... version, or the bands, unknown
// starts, reported, version.
using Values = std::vector<int64_t>;
constexpr size_t kCountValues = 5;
constexpr size_t kBandValues = kBandVersion + 1;

template <typename Recorded>
Values BandValues(const Recorded& recorded) {
  Values values(recorded.counts().begin(), recorded.counts().end());
  values.resize(kBands, 0);
  values.insert(values.end(), {recorded.unknown_clock_starts(), 1, int64_t{recorded.definition_version()}});
  return values;
}

Values ValuesBefore(const state::MeasurementState* month, bool waits) {
  if (month == nullptr || month->not_reported()) return Values(waits ? kBandValues : kCountValues, 0);
  if (waits) return BandValues(*month);
  return {month->numerator(), month->denominator(), 1, month->partial() ? 1 : 0,
          int64_t{month->definition_version()}};
}

// Posts what turns `old_values` into `new_values`.
absl::Status PostMonth(const v1::Event& event, const std::string& measure_id, Period month, bool waits,
                       const Values& old_values, const Values& new_values, Out& out) {
  const std::string bands = fmt::format("{}/{}", measure_id, month.index());
  for (size_t i = 0; i < new_values.size(); ++i) {
    const auto delta = CheckedSubtract(new_values[i], old_values[i]);
    if (!delta) return Unfit(event, "a difference does not fit into 64 bits");
    const Cell cell = waits ? Cell{i} : CountCell{static_cast<CountKind>(i + 1), month.index()}.Pack();
    out.Post(waits ? kBandsOf : kCounts, waits ? bands : measure_id, cell, *delta);
    if (waits && cell == kBandReported) {
      out.Post(kCounts, measure_id, CountCell{CountKind::kReported, month.index()}.Pack(), *delta);
    }
  }
  return absl::OkStatus();
}

// Posts the new values of a measure's month, which has to be new, or, for a correction, there already.
absl::Status PostMeasurement(const v1::Event& event, const LedgerState& before, const std::string& measure_id,
                             const std::string& period, bool waits, bool corrects, const Values& values,
                             Out& out) {
  const auto month = Period::Parse(period);
  if (!month) return Unfit(event, "a month is malformed");
  const state::MeasurementState* old_month =
      before.measurements.Find(MeasurementKey(measure_id, month->index()));
  if (corrects && old_month == nullptr) return Unfit(event, "there is nothing to correct");
  if (!corrects && old_month != nullptr && !old_month->not_reported())
    return Unfit(event, "the month is recorded");
  return PostMonth(event, measure_id, *month, waits, ValuesBefore(old_month, waits), values, out);
}

absl::Status PostRecorded(const v1::Event& event, const LedgerState& before, Out& out) {
  const v1::MeasurementRecorded& body = event.measurement_recorded();
  const Values values = {body.numerator(), body.denominator(), 1, body.partial() ? 1 : 0,
                         int64_t{body.definition_version()}};
  return PostMeasurement(event, before, body.measure_id(), body.period(), false, false, values, out);
}

absl::Status PostBands(const v1::Event& event, const LedgerState& before, Out& out) {
  const v1::WaitBandsRecorded& body = event.wait_bands_recorded();
  if (body.counts_size() != kBands) return Unfit(event, "there are not 105 bands");
  return PostMeasurement(event, before, body.measure_id(), body.period(), true, false, BandValues(body), out);
}

absl::Status PostCorrectedMeasurement(const v1::Event& event, const LedgerState& before, Out& out) {
  const v1::MeasurementCorrected& body = event.measurement_corrected();
  const state::MeasureState* measure = before.measures.Find(body.measure_id());
  if (measure == nullptr) return Unfit(event, "its measure is unknown");
  const bool waits = measure->unit() == v1::MEASURE_UNIT_WEEKLY_WAIT_BANDS;
  if (waits && body.counts_size() != kBands) return Unfit(event, "there are not 105 bands");
  // A correction is complete: nothing of it is partial.
  const Values values =
      waits ? BandValues(body)
            : Values{body.numerator(), body.denominator(), 1, 0, int64_t{body.definition_version()}};
  return PostMeasurement(event, before, body.measure_id(), body.period(), waits, true, values, out);
}

}  // namespace

Cell SavingsCell::Pack() const {
  return static_cast<Cell>(financial_class) << 44 | static_cast<Cell>(sign) << 40 |
         static_cast<Cell>(recurrence) << 36 | static_cast<Cell>(rung) << 32 |
         static_cast<Cell>(posted) << 16 | static_cast<Cell>(related);
}

SavingsCell SavingsCell::Unpack(Cell cell) {
  return {static_cast<v1::FinancialClass>(cell >> 44 & 0xff), static_cast<v1::BenefitSign>(cell >> 40 & 0xf),
          static_cast<v1::Recurrence>(cell >> 36 & 0xf),      static_cast<Rung>(cell >> 32 & 0xf),
          static_cast<int32_t>(cell >> 16 & 0xffff),          static_cast<int32_t>(cell & 0xffff)};
}

Cell CountCell::Pack() const { return static_cast<Cell>(month) << 8 | static_cast<Cell>(kind); }

CountCell CountCell::Unpack(Cell cell) {
  return {static_cast<CountKind>(cell & 0xff), static_cast<int32_t>(cell >> 8)};
}

std::string SavingsAccount(std::string_view board_id) { return std::string(kSavings).append(board_id); }

std::string CountsAccount(std::string_view measure_id) { return std::string(kCounts).append(measure_id); }

std::string BandsAccount(std::string_view measure_id, int32_t month_index) {
  return fmt::format("{}{}/{}", kBandsOf, measure_id, month_index);
}

// What an event posts is mostly for one account.
void PostedEvents::Post(std::string_view kind, std::string_view id, Cell cell, int64_t delta) {
  if (delta == 0) return;
  size_t begin = names_.size();
  names_.append(kind).append(id);
  const size_t bytes = names_.size() - begin;
  if (!postings_.empty() && AccountOf(postings_.back()) == std::string_view(names_).substr(begin)) {
    names_.resize(begin);
    begin = postings_.back().name_begin;
  }
  postings_.push_back({sequence_, cell, delta, begin, bytes});
}

void PostedEvents::Clear() {
  names_.clear();
  postings_.clear();
}

absl::Status AppendPostings(const v1::Event& event, const LedgerState& before, PostedEvents& out) {
  switch (event.body_case()) {
    case v1::Event::kClaimSubmitted:
      return PostSubmitted(event, before, out);
    case v1::Event::kClaimValidated:
      return PostValidated(event, before, out);
    case v1::Event::kClaimRejected:
      return PostRejected(event, before, out);
    case v1::Event::kClaimCorrected:
      return PostCorrectedClaim(event, before, out);
    case v1::Event::kClaimReversed:
      return PostReversed(event, before, out);
    case v1::Event::kMeasurementRecorded:
      return PostRecorded(event, before, out);
    case v1::Event::kWaitBandsRecorded:
      return PostBands(event, before, out);
    case v1::Event::kMeasurementCorrected:
      return PostCorrectedMeasurement(event, before, out);
    case v1::Event::BODY_NOT_SET:
      return Unfit(event, "its type is unknown");
    default:
      return absl::OkStatus();
  }
}

bool IsFact(const v1::Event& event) {
  switch (event.body_case()) {
    case v1::Event::kBoardEstablished:
    case v1::Event::kBoardRenamed:
    case v1::Event::kBoardClosed:
    case v1::Event::kProjectProposed:
    case v1::Event::kProjectAssignedToBoard:
    case v1::Event::kProjectCancelled:
    case v1::Event::kProjectClosed:
    case v1::Event::kBaselineSet:
    case v1::Event::kMeasureDefined:
    case v1::Event::kMeasureRedefined:
    case v1::Event::kMeasureAssigned:
    case v1::Event::kPeriodOpened:
    case v1::Event::kPeriodClosed:
      return true;
    default:
      return false;
  }
}

}  // namespace realise
