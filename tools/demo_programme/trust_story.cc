#include "tools/demo_programme/trust_story.h"

#include <algorithm>

#include "fmt/format.h"
#include "libs/domain/decide.h"

namespace realise::demo {
namespace {

constexpr std::string_view kDirector = "improvement-director";
constexpr std::string_view kController = "financial-controller";
constexpr std::string_view kPartner = "finance-business-partner";
constexpr std::string_view kAnalyst = "information-analyst";

constexpr Date Day(int year, unsigned month, unsigned day) {
  return std::chrono::sys_days(std::chrono::year(year) / static_cast<int>(month) / static_cast<int>(day));
}
constexpr Date kFoundation = Day(2023, 4, 3);
// The publications that are older than the ledger are taken in on its first day.
Instant KnownAt(Date known_on) { return known_on < kFoundation ? At(kFoundation, 8) : At(known_on, 9, 30); }
// From this day on lengths of stay count for the board, against the year before.
constexpr Date kMeasuredFrom = Day(2024, 4, 1);

constexpr int64_t Month(int year, int month) { return year * 12 + month - 1; }

constexpr ToldClaim kToldClaims[] = {
    {"frailty-ward-staff", static_cast<int>(Month(2024, 3)), 3'000'000},
    {"implant-rebate", static_cast<int>(Month(2024, 2)), 6'000'000},
    {"rostering-agency", static_cast<int>(Month(2024, 11)), 2'450'000},
};

std::string Text(std::string_view text) { return std::string(text); }

void TellProject(const BoardPlan& board, const ProjectPlan& project, const EventMaker& make,
                 Timeline& timeline) {
  const Date start = Period::FromIndex(kFirstMonth + project.first_month).FirstDay();
  const auto days_before = [&](int days, int hour) {
    return std::max(At(kFoundation, hour), At(start - std::chrono::days(days), hour));
  };
  const Instant proposed = days_before(40, 10);
  timeline.Add(proposed, make.Make(proposed, kDirector, [&](v1::Event& event) {
    v1::ProjectProposed& body = *event.mutable_project_proposed();
    body.set_project_id(Text(project.id));
    body.set_title(Text(project.title));
    body.set_programme(Text(project.programme));
    body.set_accountable_role("divisional-director");
  }));
  const Instant assigned = days_before(20, 11);
  timeline.Add(assigned, make.Make(assigned, kDirector, [&](v1::Event& event) {
    v1::ProjectAssignedToBoard& body = *event.mutable_project_assigned_to_board();
    body.set_project_id(Text(project.id));
    body.set_board_id(Text(board.id));
    body.set_effective_from(FormatDate(start));
  }));
  const Instant registered = days_before(12, 12);
  for (const BenefitPlan& benefit : project.benefits) {
    timeline.Add(registered, make.Make(registered, "benefits-lead", [&](v1::Event& event) {
      v1::BenefitRegistered& body = *event.mutable_benefit_registered();
      body.set_benefit_id(Text(benefit.id));
      body.set_project_id(Text(project.id));
      body.set_title(Text(benefit.title));
      body.set_financial_class(benefit.financial_class);
      body.set_recurrence(benefit.recurrence);
      body.set_aim(benefit.aim);
      body.set_sign(benefit.pounds_a_month < 0 ? v1::BENEFIT_SIGN_DISBENEFIT : v1::BENEFIT_SIGN_BENEFIT);
      body.set_owner_role("project-lead");
      if (benefit.on_length_of_stay) body.set_measure_id(Text(kBedsMeasure));
    }));
  }
}

// Endings, a new name, and a board that goes.
void TellChanges(const TrustPlan& trust, const EventMaker& make, Timeline& timeline) {
  const auto tell = [&](Instant at, const auto& set_body, std::string_view part = {}) {
    timeline.Add(at, make.Make(at, kDirector, set_body, part));
  };
  tell(At(Day(2024, 9, 18), 15), [](v1::Event& event) {
    event.mutable_project_cancelled()->set_project_id("follow-up-on-request");
    event.mutable_project_cancelled()->set_effective_from("2024-10-01");
    event.mutable_project_cancelled()->set_reason(v1::CANCELLATION_REASON_CHANGE_REVERSED);
  });
  tell(At(Day(2024, 9, 26), 15), [](v1::Event& event) {
    event.mutable_board_renamed()->set_board_id("workforce");
    event.mutable_board_renamed()->set_name("People and workforce");
    event.mutable_board_renamed()->set_effective_from("2024-10-01");
  });
  tell(At(Day(2024, 12, 12), 14), [](v1::Event& event) {
    event.mutable_benefit_withdrawn()->set_benefit_id("patient-transport");
    event.mutable_benefit_withdrawn()->set_reason("the transport contract changed for the whole trust");
  });
  tell(At(Day(2025, 4, 2), 15), [](v1::Event& event) {
    event.mutable_project_closed()->set_project_id("implants");
    event.mutable_project_closed()->set_effective_from("2025-04-01");
  });
  if (trust.ledger != "R0D") return;
  for (const ProjectPlan& project : Board("medicines").projects) {
    tell(
        At(Day(2025, 6, 27), 15),
        [&](v1::Event& event) {
          event.mutable_project_assigned_to_board()->set_project_id(Text(project.id));
          event.mutable_project_assigned_to_board()->set_board_id("planned-care");
          event.mutable_project_assigned_to_board()->set_effective_from("2025-07-01");
        },
        "planned-care");
  }
  tell(At(Day(2025, 6, 27), 16), [](v1::Event& event) {
    event.mutable_board_closed()->set_board_id("medicines");
    event.mutable_board_closed()->set_effective_from("2025-07-01");
  });
}

struct Baseline {
  std::string_view benefit_id;
  Period from = Period::FromIndex(0);
  Period to = Period::FromIndex(0);
  uint32_t version = 1;
};

// The sums of the measurements that had been recorded by then.
void TellBaseline(const Baseline& baseline, Instant at, const std::vector<ImportedEvent>& measurements,
                  const EventMaker& make, Timeline& timeline) {
  int64_t bed_days = 0;
  int64_t discharges = 0;
  for (const ImportedEvent& imported : measurements) {
    if (!imported.event.has_measurement_recorded()) continue;
    const v1::MeasurementRecorded& month = imported.event.measurement_recorded();
    const Period period = *Period::Parse(month.period());
    if (period < baseline.from || period > baseline.to) continue;
    bed_days += month.numerator();
    discharges += month.denominator();
  }
  const auto tell = [&](v1::Event& event) {
    v1::BaselineSet& body = *event.mutable_baseline_set();
    body.set_benefit_id(Text(baseline.benefit_id));
    body.set_measure_id(Text(kBedsMeasure));
    body.set_definition_version(baseline.version);
    body.set_period_from(baseline.from.ToString());
    body.set_period_to(baseline.to.ToString());
    body.set_numerator(bed_days);
    body.set_denominator(discharges);
    body.set_method("sums of the published months");
  };
  timeline.Add(at, make.Make(at, kAnalyst, tell, fmt::format("v{}", baseline.version)));
}

void AssignToBoard(std::string_view measure_id, std::string_view board_id, Date from, Instant at,
                   const EventMaker& make, Timeline& timeline) {
  const auto tell = [&](v1::Event& event) {
    v1::MeasureAssigned& body = *event.mutable_measure_assigned();
    body.set_measure_id(Text(measure_id));
    body.set_board_id(Text(board_id));
    body.set_effective_from(FormatDate(from));
  };
  timeline.Add(at, make.Make(at, kAnalyst, tell));
}

}  // namespace

Instant EndOfSimulation() { return At(Day(2025, 11, 14), 18); }

Instant OpensAt(Period period) { return At(period.FirstDay(), 7); }

Instant ClosesAt(Period period) {
  // The year's accounts are drawn up before March is closed.
  const int day = period.month() == 12 ? 24 : 10;
  return At(period.Next().FirstDay() + std::chrono::days(day - 1), 17);
}

Period OldestOpenAt(Instant at) {
  Period period = Period::FromIndex(kFirstMonth);
  while (ClosesAt(period) <= at) period = period.Next();
  return period;
}

void EventMaker::FillEnvelope(Instant at, std::string_view role, std::string_view part,
                              v1::Event& event) const {
  const std::string stream = StreamOf(event);
  std::string type(TypeOf(event));
  std::replace(type.begin(), type.end(), '_', '-');
  // "claim-submitted:sdec-agency-2024-06", as a claim from a list is named.
  event.set_id(
      fmt::format("{}:{}{}{}", type, stream.substr(stream.find('/') + 1), part.empty() ? "" : ":", part));
  const bool finance = stream.starts_with("claim/") || stream.starts_with("period/");
  event.set_source(fmt::format("/ods/{}/{}", ledger_, finance ? "finance" : "improvement"));
  event.set_stream(stream);
  event.set_actor_role(std::string(role));
  event.set_occurred_on(FormatDate(std::chrono::floor<std::chrono::days>(at)));
  event.set_schema_version(1);
}

std::optional<ToldClaim> FindToldClaim(std::string_view benefit_id, Period period) {
  for (const ToldClaim& told : kToldClaims) {
    if (told.benefit_id == benefit_id && told.month == period.index()) return told;
  }
  return std::nullopt;
}

std::string ClaimId(std::string_view benefit_id, Period period) {
  return fmt::format("{}-{}", benefit_id, FormatDate(period.FirstDay()).substr(0, 7));
}

std::optional<Period> EndsBefore(std::string_view project_id, std::string_view benefit_id) {
  if (project_id == "follow-up-on-request") return Period::Of(Day(2024, 10, 1));
  if (benefit_id == "patient-transport") return Period::Of(Day(2024, 12, 1));
  return std::nullopt;
}

void TellGovernance(const TrustPlan& trust, const EventMaker& make, Timeline& timeline) {
  const Instant founded = At(kFoundation, 9);
  for (const std::string_view id : trust.boards) {
    const BoardPlan& board = Board(id);
    timeline.Add(founded, make.Make(founded, "chief-executive", [&](v1::Event& event) {
      v1::BoardEstablished& body = *event.mutable_board_established();
      body.set_board_id(Text(board.id));
      body.set_name(Text(board.name));
      body.set_theme(Text(board.theme));
      body.set_effective_from("2023-04-01");
    }));
  }
  for (const std::string_view id : trust.boards) {
    for (const ProjectPlan& project : Board(id).projects) TellProject(Board(id), project, make, timeline);
  }
  TellChanges(trust, make, timeline);
}

void TellPeriods(const EventMaker& make, Timeline& timeline) {
  for (Period period = Period::FromIndex(kFirstMonth); OpensAt(period) < EndOfSimulation();
       period = period.Next()) {
    const Instant opens = OpensAt(period);
    timeline.Add(opens, make.Make(opens, kController, [&](v1::Event& event) {
      event.mutable_period_opened()->set_period(period.ToString());
    }));
    const Instant closes = ClosesAt(period);
    if (closes >= EndOfSimulation()) continue;
    timeline.Add(closes, make.Make(closes, kController, [&](v1::Event& event) {
      event.mutable_period_closed()->set_period(period.ToString());
      event.mutable_period_closed()->set_closed_by_role(std::string(kController));
    }));
  }
}

void TellMeasurements(const TrustPlan& trust, const std::vector<ImportedEvent>& measurements,
                      const EventMaker& make, Timeline& timeline) {
  std::optional<Date> rtt_known_on;
  std::vector<std::string> waits;
  for (const ImportedEvent& imported : measurements) {
    timeline.Add(KnownAt(imported.known_on), imported.event);
    if (imported.event.source() != kRttSource) continue;
    rtt_known_on = imported.known_on;
    if (imported.event.has_measure_defined()) waits.push_back(imported.event.measure_defined().measure_id());
  }
  AssignToBoard(kBedsMeasure, "urgent-care", kMeasuredFrom, At(Day(2024, 4, 2), 9), make, timeline);
  const auto months = [](int from, int to) {
    return std::pair(Period::FromIndex(from), Period::FromIndex(to));
  };
  const auto [april, march] = months(2023 * 12, 2023 * 12 + 11);
  const Instant agreed = At(Day(2024, 4, 15), 14);
  TellBaseline({"sdec-bed-days", april, march, 1}, agreed, measurements, make, timeline);
  if (trust.ledger == "RH5") {
    // The change of counting was noticed on 20 May 2025; a baseline of the new counting took the old one's
    // place.
    const auto [november, october] = months(2023 * 12 + 7, 2024 * 12 + 6);
    TellBaseline({"sdec-bed-days", november, october, 2}, At(Day(2025, 5, 27), 14), measurements, make,
                 timeline);
  } else {
    // The second benefit on the measure, registered later, takes the same baseline.
    TellBaseline({"lounge-bed-days", april, march, 1}, At(Day(2024, 5, 24), 14), measurements, make,
                 timeline);
  }
  if (!rtt_known_on.has_value()) return;
  for (const std::string_view board : trust.boards) {
    for (const std::string_view function : Board(board).treatment_functions) {
      for (const std::string& measure : waits) {
        if (!measure.ends_with(fmt::format("-{}", function))) continue;
        AssignToBoard(measure, board, Day(2025, 4, 1), At(*rtt_known_on, 15), make, timeline);
      }
    }
  }
}

void TellCorrections(const EventMaker& make, Timeline& timeline) {
  const auto correct = [&](const ToldClaim& told, int64_t delta_pence, Instant at, std::string_view reason) {
    const Period relates_to = Period::FromIndex(told.month);
    const auto tell = [&](v1::Event& event) {
      v1::ClaimCorrected& body = *event.mutable_claim_corrected();
      body.set_claim_id(ClaimId(told.benefit_id, relates_to));
      body.set_relates_to_period(relates_to.ToString());
      body.set_posted_to_period(OldestOpenAt(at).ToString());
      body.set_delta_pence(delta_pence);
      body.set_reason(std::string(reason));
    };
    timeline.Add(at, make.Make(at, kPartner, tell));
  };
  // Claimed with 30,000.00 and found to be 24,500.00 when the month was closed.
  correct(kToldClaims[0], -550'000, At(Day(2024, 9, 5), 11), "the ward kept two posts; payroll of June");
  // Found when the year was closed.
  correct(kToldClaims[2], -825'000, At(Day(2025, 5, 22), 11), "shifts of February that were booked in March");
  const Instant reversed = At(Day(2025, 6, 12), 11);
  timeline.Add(reversed, make.Make(reversed, kPartner, [&](v1::Event& event) {
    v1::ClaimReversed& body = *event.mutable_claim_reversed();
    body.set_claim_id(ClaimId(kToldClaims[1].benefit_id, Period::FromIndex(kToldClaims[1].month)));
    body.set_posted_to_period(OldestOpenAt(reversed).ToString());
    body.set_reason("the ledger shows that the budget was never removed");
  }));
}

}  // namespace realise::demo
