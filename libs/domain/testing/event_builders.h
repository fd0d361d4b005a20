// Valid events in one line each, and random histories, for tests.
//
// Every event has all that CheckForm asks for; a test sets what matters to it.  The id is made of the type
// and of what tells one event of a stream from another, "claim_validated:c-1"; give repeated ones another
// with WithId. Stream versions are 0, as a publisher sends them; Numbered assigns them as a writer does.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/calendar.h"
#include "libs/domain/ledger_state.h"
#include "realise/v1/event.pb.h"

namespace realise::testing {

inline constexpr std::string_view kClaimant = "project-lead";
inline constexpr std::string_view kValidator = "finance-business-partner";
// The day on which everything happened, unless a test says otherwise.
inline constexpr std::string_view kOccurredOn = "2023-04-03";
// The first date of boards and assignments, unless a test says otherwise.
inline constexpr std::string_view kFrom = "2022-04-01";

v1::Event BoardEstablished(const std::string& board_id, std::string_view effective_from = kFrom);
v1::Event BoardRenamed(const std::string& board_id, const std::string& name, std::string_view effective_from);
v1::Event BoardClosed(const std::string& board_id, std::string_view effective_from);

v1::Event ProjectProposed(const std::string& project_id);
v1::Event ProjectAssigned(const std::string& project_id, const std::string& board_id,
                          std::string_view effective_from = kFrom);
v1::Event ProjectCancelled(const std::string& project_id, std::string_view effective_from);
v1::Event ProjectClosed(const std::string& project_id, std::string_view effective_from);

struct BenefitKind {
  v1::FinancialClass financial_class = v1::FINANCIAL_CLASS_CASH_RELEASING;
  v1::Recurrence recurrence = v1::RECURRENCE_RECURRENT;
  v1::BenefitSign sign = v1::BENEFIT_SIGN_BENEFIT;
  std::string measure_id = "";
};
v1::Event BenefitRegistered(const std::string& benefit_id, const std::string& project_id,
                            const BenefitKind& kind = BenefitKind());
v1::Event BaselineSet(const std::string& benefit_id, const std::string& measure_id,
                      const std::string& period_from, const std::string& period_to, int64_t numerator,
                      int64_t denominator, uint32_t version = 1);
v1::Event BenefitWithdrawn(const std::string& benefit_id);

v1::Event ClaimSubmitted(const std::string& claim_id, const std::string& benefit_id,
                         const std::string& relates_to, const std::string& posted_to, int64_t pence);
v1::Event ClaimValidated(const std::string& claim_id, const std::string& posted_to, int64_t pence);
v1::Event ClaimQueried(const std::string& claim_id);
v1::Event ClaimRejected(const std::string& claim_id, const std::string& posted_to);
v1::Event ClaimCorrected(const std::string& claim_id, const std::string& relates_to,
                         const std::string& posted_to, int64_t delta_pence);
v1::Event ClaimReversed(const std::string& claim_id, const std::string& posted_to);

v1::Event MeasureDefined(const std::string& measure_id, v1::MeasureUnit unit,
                         v1::Pathway pathway = v1::PATHWAY_UNSPECIFIED);
v1::Event MeasureRedefined(const std::string& measure_id, uint32_t version, const std::string& break_from,
                           bool comparable);
v1::Event MeasureAssignedToBoard(const std::string& measure_id, const std::string& board_id,
                                 std::string_view effective_from = kFrom);
v1::Event MeasureAssignedToProject(const std::string& measure_id, const std::string& project_id,
                                   std::string_view effective_from = kFrom);
v1::Event MeasurementRecorded(const std::string& measure_id, v1::MeasureUnit unit, const std::string& period,
                              int64_t numerator, int64_t denominator = 0, uint32_t version = 1);
v1::Event WaitBandsRecorded(const std::string& measure_id, const std::string& period,
                            const std::vector<int64_t>& counts, int64_t unknown_clock_starts = 0,
                            uint32_t version = 1);
v1::Event MeasurementCorrected(const std::string& measure_id, const std::string& period,
                               const std::string& supersedes_event_id, int64_t numerator,
                               int64_t denominator = 0, uint32_t version = 1);
v1::Event WaitBandsCorrected(const std::string& measure_id, const std::string& period,
                             const std::string& supersedes_event_id, const std::vector<int64_t>& counts,
                             int64_t unknown_clock_starts = 0, uint32_t version = 1);
v1::Event MeasurementNotReported(const std::string& measure_id, const std::string& period,
                                 uint32_t version = 1);

v1::Event PeriodOpened(const std::string& period);
v1::Event PeriodClosed(const std::string& period);

v1::Event PublisherRegistered(const std::string& publisher_id, const std::string& source,
                              const std::vector<std::string>& event_types);
v1::Event PublisherWithdrawn(const std::string& publisher_id);

// The event with another id, another source, another date, or another role.
v1::Event WithId(v1::Event event, const std::string& id);
v1::Event FromSource(v1::Event event, const std::string& source);
v1::Event OccurredOn(v1::Event event, std::string_view date);
v1::Event ByRole(v1::Event event, std::string_view role);

// 105 counts, 0 but for those given as {band, count}.
std::vector<int64_t> Bands(const std::vector<std::pair<int, int64_t>>& counts);

// The events with stream versions 1, 2, 3 ... in each stream.
std::vector<v1::Event> Numbered(std::vector<v1::Event> events);

// The state after events, whose stream versions may be 0.  Ends the test program if one cannot be applied.
LedgerState StateAfter(const std::vector<v1::Event>& events);

// `count` events, each accepted by CheckForm and Decide after those before it, as publishers send them:
// boards that are renamed and closed, projects that move, claims through all their stages, corrections,
// reversals, measurements, corrections of them, bands, months opened and closed, publishers of many sources.
// The same for the same seed. At kAfterRandomHistory all of them have happened.
std::vector<v1::Event> RandomHistory(uint64_t seed, int count);
inline constexpr Instant kAfterRandomHistory = std::chrono::sys_days(std::chrono::year(2060) / 1 / 1);

}  // namespace realise::testing
