#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "fmt/format.h"
#include "libs/adapters/import.h"
#include "libs/adapters/publication.h"
#include "libs/base/ids.h"
#include "libs/base/status_macros.h"
#include "libs/domain/rejection.h"

namespace realise {
namespace {

// The monthly beds series by trust begins here.
constexpr Date kDefinedOn = std::chrono::sys_days(std::chrono::year(2022) / std::chrono::April / 1);

// One month of one trust, from both files.
struct TrustMonth {
  std::optional<int64_t> beds;  // daily average, occupied
  bool has_beds_row = false;
  int32_t days_reported = 0;
  uint32_t days_seen = 0;  // bit per day
  int64_t discharges = 0;  // of the days reported
};

struct Trust {
  bool in_beds = false;
  bool in_discharges = false;
  std::map<Period, TrustMonth> months;
};

using Trusts = std::map<std::string, Trust, std::less<>>;

// "August 2025".
std::optional<Period> ParseMonthName(std::string_view text) {
  constexpr std::string_view kMonths[] = {"January",   "February", "March",    "April",
                                          "May",       "June",     "July",     "August",
                                          "September", "October",  "November", "December"};
  for (int month = 1; month <= 12; ++month) {
    const std::string_view name = kMonths[month - 1];
    if (text.substr(0, name.size()) != name || text.size() != name.size() + 5 || text[name.size()] != ' ')
      continue;
    const std::optional<Date> first =
        ParseDate(fmt::format("{}-{:02}-01", text.substr(name.size() + 1), month));
    if (first.has_value()) return Period::Of(*first);
  }
  return std::nullopt;
}

// Whether a row is one to take; rows of another ledger, and those without any code ("NA"), are passed over.
bool TakesCode(const CsvTable& table, int column, const LedgerFilter& ledgers) {
  const std::string& code = table.Field(column);
  if (code == "NA") return false;
  if (!IsLedgerCode(code)) {
    table.Report(column, ReasonName(Reason::kMalformed), "the trust should be an ODS code, RH5 for example");
    return false;
  }
  return ledgers.empty() || ledgers.contains(code);
}

absl::Status ReadBeds(CsvTable table, const LedgerFilter& ledgers, Trusts& trusts) {
  const int code = table.Column("nhs_trust22_code");
  const int date = table.Column("date");
  const int occupied = table.Column("adult_general_acute_beds_occupied");
  while (true) {
    ASSIGN_OR_RETURN(const bool more, table.Next());
    if (!more) return absl::OkStatus();
    if (!TakesCode(table, code, ledgers)) continue;
    const std::optional<Period> period = ParseMonthName(table.Field(date));
    if (!period.has_value()) {
      table.Report(date, ReasonName(Reason::kMalformed), "the month should be written August 2025");
      continue;
    }
    const Cell64 beds = ReadCount(table.Field(occupied));
    if (beds.kind == Cell64::Kind::kMalformed) {
      table.Report(occupied, ReasonName(Reason::kMalformed),
                   "beds should be a whole number of 0 or more, or NA");
      continue;
    }
    Trust& trust = trusts[table.Field(code)];
    trust.in_beds = true;
    TrustMonth& month = trust.months[*period];
    if (std::exchange(month.has_beds_row, true)) {
      table.Report(date, ReasonName(Reason::kAlreadyRecorded), "a second line for this trust and month");
      continue;
    }
    if (beds.kind == Cell64::Kind::kCount && beds.count > 0) month.beds = beds.count;
  }
}

absl::Status ReadDischarges(CsvTable table, const LedgerFilter& ledgers, Trusts& trusts) {
  const int code = table.Column("nhs_trust22_code");
  const int date = table.Column("date");
  const int discharged = table.Column("discharged_total");
  while (true) {
    ASSIGN_OR_RETURN(const bool more, table.Next());
    if (!more) return absl::OkStatus();
    if (!TakesCode(table, code, ledgers)) continue;
    const std::optional<Date> day = ParseDate(table.Field(date));
    if (!day.has_value()) {
      table.Report(date, ReasonName(Reason::kMalformed), "the day should be written 2025-08-31");
      continue;
    }
    const Cell64 count = ReadCount(table.Field(discharged));
    if (count.kind == Cell64::Kind::kMalformed) {
      table.Report(discharged, ReasonName(Reason::kMalformed),
                   "discharges should be a whole number of 0 or more, or NA");
      continue;
    }
    Trust& trust = trusts[table.Field(code)];
    trust.in_discharges = true;
    const Period period = Period::Of(*day);
    TrustMonth& month = trust.months[period];
    const uint32_t bit = 1u << (*day - period.FirstDay()).count();
    if ((month.days_seen & bit) != 0) {
      table.Report(date, ReasonName(Reason::kAlreadyRecorded), "a second line for this trust and day");
      continue;
    }
    month.days_seen |= bit;
    if (count.kind != Cell64::Kind::kCount || count.count == 0) continue;
    ++month.days_reported;
    month.discharges += count.count;
  }
}

// The events of one trust, in the order in which they could be known.
class TrustEvents {
 public:
  TrustEvents(const std::string& ledger, const Trust& trust, const ImportSinks& sinks)
      : ledger_(ledger), trust_(trust), sinks_(sinks) {}

  absl::Status Emit(std::vector<DefinitionBreak> breaks) {
    std::sort(breaks.begin(), breaks.end(),
              [](const auto& a, const auto& b) { return a.break_from < b.break_from; });
    RETURN_IF_ERROR(Define());
    size_t next = 0;
    for (const auto& [period, month] : trust_.months) {
      while (next < breaks.size() && KnownOn(breaks[next]) <= PublishedOn(period)) {
        RETURN_IF_ERROR(Redefine(breaks[next++]));
      }
      RETURN_IF_ERROR(Record(period, month));
    }
    while (next < breaks.size()) RETURN_IF_ERROR(Redefine(breaks[next++]));
    return absl::OkStatus();
  }

 private:
  static Date KnownOn(const DefinitionBreak& brk) {
    return brk.noticed_on.value_or(PublishedOn(brk.break_from));
  }

  v1::Event Make(std::string_view what, Date occurred_on) const {
    const std::string measure(kBedsMeasure);
    return MakePublicationEvent({kBedsSource, fmt::format("{}:{}", measure, what), measure, occurred_on});
  }

  absl::Status Hand(v1::Event event, Date known_on) {
    return sinks_.on_event({ledger_, std::move(event), 0, known_on});
  }

  absl::Status Define() {
    v1::Event event = Make("defined", kDefinedOn);
    v1::MeasureDefined& defined = *event.mutable_measure_defined();
    defined.set_measure_id(std::string(kBedsMeasure));
    defined.set_title("Length of stay, adult general and acute");
    defined.set_unit(v1::MEASURE_UNIT_BED_DAYS_PER_DISCHARGE);
    defined.set_direction(v1::DIRECTION_DECREASE);
    defined.set_data_source(
        "NHS England, urgent and emergency care daily situation reports: beds and discharges");
    return Hand(std::move(event), PublishedOn(trust_.months.begin()->first));
  }

  absl::Status Redefine(const DefinitionBreak& brk) {
    ++version_;
    const Date occurred_on = brk.noticed_on.value_or(brk.break_from.FirstDay());
    v1::Event event = Make(fmt::format("v{}", version_), occurred_on);
    v1::MeasureRedefined& redefined = *event.mutable_measure_redefined();
    redefined.set_measure_id(std::string(kBedsMeasure));
    redefined.set_version(version_);
    redefined.set_break_from(brk.break_from.ToString());
    redefined.set_comparable(brk.comparable);
    redefined.set_reason(brk.reason);
    RETURN_IF_ERROR(Hand(std::move(event), KnownOn(brk)));
    for (auto& [period, id] : recorded_) {
      if (period >= brk.break_from) RETURN_IF_ERROR(Recount(period, id, brk));
    }
    return absl::OkStatus();
  }

  // A month that was taken as counted in the old way: the same counts under the new version.
  absl::Status Recount(Period period, std::string& id, const DefinitionBreak& brk) {
    const TrustMonth& month = trust_.months.at(period);
    v1::Event event = Make(fmt::format("{}:v{}", period.ToString(), version_), KnownOn(brk));
    v1::MeasurementCorrected& corrected = *event.mutable_measurement_corrected();
    corrected.set_measure_id(std::string(kBedsMeasure));
    corrected.set_definition_version(version_);
    corrected.set_period(period.ToString());
    corrected.set_supersedes_event_id(std::exchange(id, event.id()));
    corrected.set_numerator(*month.beds * month.days_reported);
    corrected.set_denominator(month.discharges);
    corrected.set_reason(brk.reason);
    return Hand(std::move(event), KnownOn(brk));
  }

  absl::Status Record(Period period, const TrustMonth& month) {
    v1::Event event = Make(period.ToString(), period.LastDay());
    if (!month.beds.has_value() || month.days_reported == 0) {
      v1::MeasurementNotReported& missing = *event.mutable_measurement_not_reported();
      missing.set_measure_id(std::string(kBedsMeasure));
      missing.set_definition_version(version_);
      missing.set_period(period.ToString());
      missing.set_reason(month.beds.has_value() ? "no discharges reported on any day" : "no beds reported");
      return Hand(std::move(event), PublishedOn(period));
    }
    v1::MeasurementRecorded& recorded = *event.mutable_measurement_recorded();
    recorded.set_measure_id(std::string(kBedsMeasure));
    recorded.set_definition_version(version_);
    recorded.set_period(period.ToString());
    recorded.set_unit(v1::MEASURE_UNIT_BED_DAYS_PER_DISCHARGE);
    recorded.set_numerator(*month.beds * month.days_reported);
    recorded.set_denominator(month.discharges);
    recorded.set_partial(month.days_reported < period.days());
    // A correction says that a month is complete: a partial one stays as it was taken.
    if (!recorded.partial()) recorded_.emplace_back(period, event.id());
    return Hand(std::move(event), PublishedOn(period));
  }

  const std::string& ledger_;
  const Trust& trust_;
  const ImportSinks& sinks_;
  uint32_t version_ = 1;
  std::vector<std::pair<Period, std::string>>
      recorded_;  // complete months with the event that holds their counts
};

}  // namespace

absl::StatusOr<std::vector<DefinitionBreak>> ReadDefinitionBreaks(ReadBytes input, OnProblem on_problem) {
  ASSIGN_OR_RETURN(CsvTable table, CsvTable::Open(std::move(input),
                                                  {"ledger", "measure_id", "break_from", "comparable",
                                                   "noticed_on", "reason"},
                                                  std::move(on_problem)));
  std::vector<DefinitionBreak> breaks;
  const auto field = [&](std::string_view name) -> const std::string& {
    return table.Field(table.Column(name));
  };
  bool taken = true;
  const auto require = [&](bool right, std::string_view name, std::string message) {
    if (right) return;
    taken = false;
    table.Report(table.Column(name), ReasonName(Reason::kMalformed), std::move(message));
  };
  while (true) {
    ASSIGN_OR_RETURN(const bool more, table.Next());
    if (!more) return breaks;
    const std::optional<Period> from = Period::Parse(field("break_from"));
    const std::optional<Date> noticed = ParseDate(field("noticed_on"));
    const bool comparable = field("comparable") == "yes";
    taken = true;
    require(IsLedgerCode(field("ledger")), "ledger", "the ledger should be an ODS code, RH5 for example");
    require(from.has_value(), "break_from", "the month should be written 2023/24-M08");
    require(comparable || field("comparable") == "no", "comparable", "should be yes or no");
    require(noticed.has_value() || field("noticed_on").empty(), "noticed_on",
            "the day should be written 2025-05-20, or be empty");
    require(!field("reason").empty(), "reason", "should say what changed");
    if (!taken) continue;
    breaks.push_back({field("ledger"), field("measure_id"), *from, comparable, noticed, field("reason")});
  }
}

absl::Status ImportBeds(BedsInput input, const LedgerFilter& ledgers, const ImportSinks& sinks) {
  Trusts trusts;
  ASSIGN_OR_RETURN(
      CsvTable beds,
      CsvTable::Open(std::move(input.beds), {"nhs_trust22_code", "date", "adult_general_acute_beds_occupied"},
                     sinks.on_problem));
  RETURN_IF_ERROR(ReadBeds(std::move(beds), ledgers, trusts));
  ASSIGN_OR_RETURN(CsvTable discharges,
                   CsvTable::Open(std::move(input.discharges),
                                  {"nhs_trust22_code", "date", "discharged_total"}, sinks.on_problem));
  RETURN_IF_ERROR(ReadDischarges(std::move(discharges), ledgers, trusts));
  for (const auto& [code, trust] : trusts) {
    if (!trust.in_beds || !trust.in_discharges) continue;
    std::vector<DefinitionBreak> breaks;
    for (const DefinitionBreak& brk : input.breaks) {
      if (brk.ledger == code && brk.measure_id == kBedsMeasure) breaks.push_back(brk);
    }
    RETURN_IF_ERROR(TrustEvents(code, trust, sinks).Emit(std::move(breaks)));
  }
  return absl::OkStatus();
}

}  // namespace realise
