#include "libs/domain/rejection_rows.h"

namespace realise {

using namespace testing;  // NOLINT: the builders read as sentences

std::vector<Row> Join(std::initializer_list<std::vector<Row>> parts) {
  std::vector<Row> all;
  for (const std::vector<Row>& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

std::vector<v1::Event> Ledger() {
  BenefitKind stay;
  stay.measure_id = "length-of-stay";
  BenefitKind harm;
  harm.sign = v1::BENEFIT_SIGN_DISBENEFIT;
  BenefitKind trust;
  trust.financial_class = v1::FINANCIAL_CLASS_UNMONETISABLE;
  BenefitKind waits;
  waits.measure_id = "surgery-waits";
  BenefitKind breaches;
  breaches.measure_id = "breach-share";
  v1::Event total = MeasureDefined("all-waits", v1::MEASURE_UNIT_WEEKLY_WAIT_BANDS, v1::PATHWAY_INCOMPLETE);
  total.mutable_measure_defined()->set_published_total(true);
  return {BoardEstablished("urgent-care"),
          BoardEstablished("theatres", "2023-04-01"),
          ProjectProposed("discharge"),
          ProjectProposed("boardless"),
          ProjectAssigned("discharge", "urgent-care"),
          MeasureDefined("length-of-stay", v1::MEASURE_UNIT_BED_DAYS_PER_DISCHARGE),
          MeasureDefined("breach-share", v1::MEASURE_UNIT_PROPORTION),
          MeasureDefined("falls-count", v1::MEASURE_UNIT_COUNT),
          MeasureDefined("agency-spend", v1::MEASURE_UNIT_PENCE),
          MeasureDefined("surgery-waits", v1::MEASURE_UNIT_WEEKLY_WAIT_BANDS, v1::PATHWAY_INCOMPLETE),
          total,
          BenefitRegistered("bed-budget", "discharge", stay),
          BenefitRegistered("bed-agency", "discharge", stay),
          BenefitRegistered("nursing-cost", "discharge", harm),
          BenefitRegistered("staff-trust", "discharge", trust),
          BenefitRegistered("shorter-waits", "discharge", waits),
          BenefitRegistered("fewer-breaches", "discharge", breaches),
          BenefitRegistered("nowhere-yet", "boardless"),
          PeriodOpened("2024/25-M03"),
          PeriodOpened("2024/25-M04"),
          PeriodOpened("2024/25-M05")};
}

v1::Event Claim() { return ClaimSubmitted("claim-one", "bed-budget", kJune, kJune, 3000000); }

v1::Event NewClaim(const std::string& benefit_id, const std::string& relates_to, const std::string& posted_to,
                   int64_t pence) {
  return ClaimSubmitted("claim-new", benefit_id, relates_to, posted_to, pence);
}

v1::Event Validation() { return ClaimValidated("claim-one", kJune, 3000000); }

std::vector<v1::Event> Validated() { return {Claim(), Validation()}; }

std::vector<v1::Event> ValidatedAndClosed() { return {Claim(), Validation(), PeriodClosed(kJune)}; }

v1::Event LengthOfStay() {
  return MeasurementRecorded("length-of-stay", v1::MEASURE_UNIT_BED_DAYS_PER_DISCHARGE, kJune, 27000, 3400);
}

v1::Event Share(int64_t numerator, int64_t denominator) {
  return MeasurementRecorded("breach-share", v1::MEASURE_UNIT_PROPORTION, kJune, numerator, denominator);
}

v1::Event Waits() { return WaitBandsRecorded("surgery-waits", kJune, Bands({{3, 20}})); }

v1::Event BreakAt(const std::string& month, bool comparable) {
  return MeasureRedefined("length-of-stay", 2, month, comparable);
}

v1::Event Baseline(const std::string& benefit_id, int64_t numerator) {
  return BaselineSet(benefit_id, "length-of-stay", "2023/24-M01", "2023/24-M12", numerator, 38275);
}

}  // namespace realise
