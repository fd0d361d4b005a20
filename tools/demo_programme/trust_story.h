// What happens on fixed days, and the finance calendar of the simulation.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/demo_programme/catalogue.h"
#include "tools/demo_programme/measurements.h"
#include "tools/demo_programme/timeline.h"

namespace realise::demo {

inline constexpr int kFirstMonth = 2023 * 12;       // April 2023
inline constexpr int kLastClaimed = 2025 * 12 + 6;  // October 2025
[[nodiscard]] Instant EndOfSimulation();

[[nodiscard]] Instant OpensAt(Period period);
[[nodiscard]] Instant ClosesAt(Period period);
// The month that is posted to at a time.
[[nodiscard]] Period OldestOpenAt(Instant at);

// Makes events of one trust, each with the id that its thing and type give it.
class EventMaker {
 public:
  explicit EventMaker(std::string_view ledger) : ledger_(ledger) {}

  // `tell` sets the body; the envelope comes from it.  `part` tells apart several events of one type and
  // thing.
  template <typename Tell>
  v1::Event Make(Instant at, std::string_view role, const Tell& tell, std::string_view part = {}) const {
    v1::Event event;
    tell(event);
    FillEnvelope(at, role, part, event);
    return event;
  }

 private:
  void FillEnvelope(Instant at, std::string_view role, std::string_view part, v1::Event& event) const;
  std::string ledger_;
};

// A claim that goes as it is told, whatever the seed.
struct ToldClaim {
  std::string_view benefit_id;
  int month = 0;  // month index that it relates to
  int64_t pence = 0;
};
[[nodiscard]] std::optional<ToldClaim> FindToldClaim(std::string_view benefit_id, Period period);

// "sdec-agency-2024-06".
[[nodiscard]] std::string ClaimId(std::string_view benefit_id, Period period);

// The first month without claims of a project that is cancelled, or of a benefit that is withdrawn.
[[nodiscard]] std::optional<Period> EndsBefore(std::string_view project_id, std::string_view benefit_id);

// Boards, projects and the register; periods; measurements and what rests on them; told corrections and the
// reversal.
void TellGovernance(const TrustPlan& trust, const EventMaker& make, Timeline& timeline);
void TellPeriods(const EventMaker& make, Timeline& timeline);
void TellMeasurements(const TrustPlan& trust, const std::vector<ImportedEvent>& measurements,
                      const EventMaker& make, Timeline& timeline);
void TellCorrections(const EventMaker& make, Timeline& timeline);

}  // namespace realise::demo
