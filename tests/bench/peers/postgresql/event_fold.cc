#include "tests/bench/peers/postgresql/event_fold.h"

#include <algorithm>

#include "fmt/format.h"
#include "libs/base/status_macros.h"

namespace realise::peers {
namespace {

absl::Status Unfit(std::string_view what, std::string_view id) {
  return absl::InternalError(fmt::format("{} \"{}\" does not fit the events before it", what, id));
}

int16_t Index(Period month) { return static_cast<int16_t>(month.index()); }

void Post(SavingsCell cell, Rung rung, Period posted, int64_t pence, Balances& balances) {
  cell.rung = rung;
  cell.posted = Index(posted);
  balances.savings[cell] += pence;
}

template <typename Recorded>
absl::StatusOr<BandValues> BandsOf(const Recorded& recorded) {
  BandValues values{};
  if (recorded.counts_size() + 3 != static_cast<int>(values.size())) return Unfit("month", recorded.period());
  std::copy(recorded.counts().begin(), recorded.counts().end(), values.begin());
  values[105] = recorded.unknown_clock_starts();
  values[106] = 1;
  values[107] = recorded.definition_version();
  return values;
}

}  // namespace

uint32_t Names::NumberOf(const std::string& name) {
  const auto [at, added] = numbers_.try_emplace(name, static_cast<uint32_t>(names_.size()));
  if (added) names_.push_back(name);
  return at->second;
}

void Balances::Clear() {
  savings.clear();
  counts.clear();
  bands.clear();
}

absl::Status EventFold::Apply(const v1::Event& event, Balances& balances) {
  const uint64_t version = event.stream_version();
  switch (event.body_case()) {
    case v1::Event::kClaimSubmitted:
      return Submit(event.claim_submitted(), balances);
    case v1::Event::kClaimValidated: {
      const v1::ClaimValidated& body = event.claim_validated();
      return Settle(body.claim_id(), body.posted_to_period(), body.amount_pence(), version, balances);
    }
    case v1::Event::kClaimRejected:
      return Settle(event.claim_rejected().claim_id(), event.claim_rejected().posted_to_period(), 0, version,
                    balances);
    case v1::Event::kClaimCorrected: {
      const v1::ClaimCorrected& body = event.claim_corrected();
      return Correct(body.claim_id(), body.posted_to_period(), body.delta_pence(), version, balances);
    }
    case v1::Event::kClaimReversed:
      return Reverse(event.claim_reversed().claim_id(), event.claim_reversed().posted_to_period(), version,
                     balances);
    case v1::Event::kMeasurementRecorded:
    case v1::Event::kWaitBandsRecorded:
    case v1::Event::kMeasurementCorrected:
      return ApplyMeasurement(event, balances);
    default:
      return ApplyStructure(event);
  }
}

absl::Status EventFold::ApplyStructure(const v1::Event& event) {
  switch (event.body_case()) {
    case v1::Event::kProjectProposed:
      projects_[event.project_proposed().project_id()];
      return absl::OkStatus();
    case v1::Event::kProjectAssignedToBoard: {
      const v1::ProjectAssignedToBoard& body = event.project_assigned_to_board();
      const auto from = ParseDate(body.effective_from());
      if (!from) return Unfit("project", body.project_id());
      projects_[body.project_id()].push_back(
          {*from, static_cast<uint16_t>(boards_.NumberOf(body.board_id()))});
      return absl::OkStatus();
    }
    case v1::Event::kBenefitRegistered: {
      const v1::BenefitRegistered& body = event.benefit_registered();
      SavingsCell line;
      line.financial_class = static_cast<uint8_t>(body.financial_class());
      line.sign = static_cast<uint8_t>(body.sign());
      line.recurrence = static_cast<uint8_t>(body.recurrence());
      benefits_[body.benefit_id()] = {body.project_id(), line};
      return absl::OkStatus();
    }
    case v1::Event::kMeasureDefined: {
      const v1::MeasureDefined& body = event.measure_defined();
      measures_[body.measure_id()] = {measure_names_.NumberOf(body.measure_id()),
                                      body.unit() == v1::MEASURE_UNIT_WEEKLY_WAIT_BANDS};
      return absl::OkStatus();
    }
    case v1::Event::kBoardEstablished:
    case v1::Event::kBoardRenamed:
    case v1::Event::kBoardClosed:
    case v1::Event::kProjectCancelled:
    case v1::Event::kProjectClosed:
    case v1::Event::kBaselineSet:
    case v1::Event::kBenefitWithdrawn:
    case v1::Event::kClaimQueried:
    case v1::Event::kMeasureRedefined:
    case v1::Event::kMeasureAssigned:
    case v1::Event::kMeasurementNotReported:
    case v1::Event::kPeriodOpened:
    case v1::Event::kPeriodClosed:
    case v1::Event::kPublisherRegistered:
    case v1::Event::kPublisherWithdrawn:
      return absl::OkStatus();
    default:
      return absl::InternalError(fmt::format("event \"{}\" is of an unknown type", event.id()));
  }
}

absl::Status EventFold::ApplyMeasurement(const v1::Event& event, Balances& balances) {
  if (event.has_measurement_recorded()) {
    const v1::MeasurementRecorded& body = event.measurement_recorded();
    ASSIGN_OR_RETURN(const Measure* const measure, FindMeasure(body.measure_id()));
    ASSIGN_OR_RETURN(const Period month, Month(body.period()));
    balances.counts[{measure->number, Index(month)}] = {body.numerator(), body.denominator(), 1,
                                                        body.partial() ? 1 : 0, body.definition_version()};
    return absl::OkStatus();
  }
  if (event.has_wait_bands_recorded()) {
    const v1::WaitBandsRecorded& body = event.wait_bands_recorded();
    ASSIGN_OR_RETURN(const Measure* const measure, FindMeasure(body.measure_id()));
    ASSIGN_OR_RETURN(const Period month, Month(body.period()));
    ASSIGN_OR_RETURN((balances.bands[{measure->number, Index(month)}]), BandsOf(body));
    balances.counts[{measure->number, Index(month)}] = {0, 0, 1, 0, 0};
    return absl::OkStatus();
  }
  const v1::MeasurementCorrected& body = event.measurement_corrected();
  ASSIGN_OR_RETURN(const Measure* const measure, FindMeasure(body.measure_id()));
  ASSIGN_OR_RETURN(const Period month, Month(body.period()));
  const MeasuredMonth key{measure->number, Index(month)};
  if (measure->waits) {
    ASSIGN_OR_RETURN(balances.bands[key], BandsOf(body));
    balances.counts[key] = {0, 0, 1, 0, 0};
  } else {
    balances.counts[key] = {body.numerator(), body.denominator(), 1, 0, body.definition_version()};
  }
  return absl::OkStatus();
}

absl::Status EventFold::Submit(const v1::ClaimSubmitted& body, Balances& balances) {
  ASSIGN_OR_RETURN(const Period related, Month(body.relates_to_period()));
  ASSIGN_OR_RETURN(const Period posted, Month(body.posted_to_period()));
  const auto benefit = benefits_.find(body.benefit_id());
  if (benefit == benefits_.end()) return Unfit("claim", body.claim_id());
  const auto project = projects_.find(benefit->second.project);
  if (project == projects_.end()) return Unfit("claim", body.claim_id());
  const Date day = related.LastDay();
  const auto& assignments = project->second;
  const auto assignment = std::find_if(assignments.rbegin(), assignments.rend(),
                                       [&](const Assignment& a) { return a.from <= day; });
  if (assignment == assignments.rend()) return Unfit("claim", body.claim_id());

  Claim claim{.cell = benefit->second.line, .claimed = body.amount_pence(), .validated = 0};
  claim.cell.board = assignment->board;
  claim.cell.related = Index(related);
  KeepClaim(body.claim_id(), claim);
  Post(claim.cell, kAwaiting, posted, claim.claimed, balances);
  return absl::OkStatus();
}

absl::Status EventFold::Settle(const std::string& claim_id, const std::string& posted_to, int64_t validated,
                               uint64_t version, Balances& balances) {
  ASSIGN_OR_RETURN(const Period posted, Month(posted_to));
  ASSIGN_OR_RETURN(Claim* const claim, FindClaim(claim_id, version));
  claim->validated = validated;
  Post(claim->cell, kAwaiting, posted, -claim->claimed, balances);
  if (validated != 0) Post(claim->cell, kValidated, posted, validated, balances);
  return absl::OkStatus();
}

absl::Status EventFold::Correct(const std::string& claim_id, const std::string& posted_to, int64_t delta,
                                uint64_t version, Balances& balances) {
  ASSIGN_OR_RETURN(const Period posted, Month(posted_to));
  ASSIGN_OR_RETURN(Claim* const claim, FindClaim(claim_id, version));
  claim->validated += delta;
  Post(claim->cell, kValidated, posted, delta, balances);
  return absl::OkStatus();
}

absl::Status EventFold::Reverse(const std::string& claim_id, const std::string& posted_to, uint64_t version,
                                Balances& balances) {
  ASSIGN_OR_RETURN(const Period posted, Month(posted_to));
  ASSIGN_OR_RETURN(Claim* const claim, FindClaim(claim_id, version));
  Post(claim->cell, kValidated, posted, -claim->validated, balances);
  claim->validated = 0;
  return absl::OkStatus();
}

void EventFold::KeepClaim(const std::string& id, const Claim& claim) {
  if (claims_.size() >= claims_max_) {
    older_claims_ = std::move(claims_);
    claims_.clear();
  }
  claims_[id] = claim;
}

absl::StatusOr<EventFold::Claim*> EventFold::FindClaim(const std::string& id, uint64_t version) {
  if (const auto at = claims_.find(id); at != claims_.end()) return &at->second;
  if (const auto at = older_claims_.find(id); at != older_claims_.end()) {
    KeepClaim(id, Claim(at->second));
    return &claims_.at(id);
  }
  if (!history_) return Unfit("claim", id);
  ASSIGN_OR_RETURN(const std::vector<std::string> history, history_("claim/" + id));
  Balances posted_before;
  v1::Event event;
  for (const std::string& bytes : history) {
    if (!event.ParseFromString(bytes)) return Unfit("claim", id);
    if (event.stream_version() < version) RETURN_IF_ERROR(Apply(event, posted_before));
  }
  const auto at = claims_.find(id);
  if (at == claims_.end()) return Unfit("claim", id);
  return &at->second;
}

absl::StatusOr<Period> EventFold::Month(const std::string& text) {
  if (const auto at = months_.find(text); at != months_.end()) return at->second;
  const auto month = Period::Parse(text);
  if (!month) return Unfit("month", text);
  months_.emplace(text, *month);
  return *month;
}

absl::StatusOr<const EventFold::Measure*> EventFold::FindMeasure(const std::string& id) const {
  const auto at = measures_.find(id);
  if (at == measures_.end()) return Unfit("measure", id);
  return &at->second;
}

}  // namespace realise::peers
