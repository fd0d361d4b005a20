#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "fmt/format.h"
#include "libs/adapters/import.h"
#include "libs/adapters/publication.h"
#include "libs/base/ids.h"
#include "libs/base/status_macros.h"
#include "libs/domain/rejection.h"

namespace realise {
namespace {

using std::chrono::April;

constexpr int kBandCount = 105;
// The treatment functions have been these since this day.
constexpr Date kDefinedOn = std::chrono::sys_days(std::chrono::year(2021) / April / 1);

constexpr std::pair<std::string_view, std::string_view> kTreatmentFunctions[] = {
    {"C_100", "General Surgery"},
    {"C_101", "Urology"},
    {"C_110", "Trauma and Orthopaedics"},
    {"C_120", "Ear Nose and Throat"},
    {"C_130", "Ophthalmology"},
    {"C_140", "Oral Surgery"},
    {"C_150", "Neurosurgery"},
    {"C_160", "Plastic Surgery"},
    {"C_170", "Cardiothoracic Surgery"},
    {"C_300", "General Internal Medicine"},
    {"C_301", "Gastroenterology"},
    {"C_320", "Cardiology"},
    {"C_330", "Dermatology"},
    {"C_340", "Respiratory Medicine"},
    {"C_400", "Neurology"},
    {"C_410", "Rheumatology"},
    {"C_430", "Elderly Medicine"},
    {"C_502", "Gynaecology"},
    {"C_999", "All treatment functions, as published"},
    {"X02", "Other Medical"},
    {"X03", "Other Mental Health"},
    {"X04", "Other Paediatric"},
    {"X05", "Other Surgical"},
    {"X06", "Other"},
};

std::optional<std::string_view> TreatmentFunction(std::string_view code) {
  for (const auto& [known, name] : kTreatmentFunctions) {
    if (known == code) return name;
  }
  return std::nullopt;
}

// Weeks with one decimal as tenths, "104+" as kOpenBand; nothing if it is neither.
constexpr int64_t kOpenBand = -1;
std::optional<int64_t> ReadTenths(std::string_view text) {
  if (text == "104+") return kOpenBand;
  const size_t point = text.find('.');
  const Cell64 whole = ReadCount(text.substr(0, point));
  if (whole.kind != Cell64::Kind::kCount || whole.count > 1'000'000'000) return std::nullopt;
  if (point == std::string_view::npos) return whole.count * 10;
  if (text.size() != point + 2 || text[point + 1] < '0' || text[point + 1] > '9') return std::nullopt;
  return whole.count * 10 + (text[point + 1] - '0');
}

struct Quantile {
  int64_t numerator = 0;
  int64_t denominator = 1;
};

// Whether published tenths of weeks are the quantile of the bands within 0.05 week: rank q x N, linear inside
// its band.
bool IsQuantile(const std::array<int64_t, kBandCount>& bands, int64_t total, Quantile q, int64_t tenths) {
  int64_t below = 0;
  for (int band = 0; band < kBandCount; ++band) {
    const int64_t in_band = bands[static_cast<size_t>(band)];
    if (in_band == 0 || (below + in_band) * q.denominator < total * q.numerator) {
      below += in_band;
      continue;
    }
    if (band == kBandCount - 1) return tenths == kOpenBand;
    // weeks = a / b
    const int64_t b = in_band * q.denominator;
    const int64_t a = band * b + total * q.numerator - below * q.denominator;
    const int64_t twenty_times = 2 * tenths * b - 20 * a;
    return -b <= twenty_times && twenty_times <= b;
  }
  return false;
}

// The three columns behind the bands, told apart by value.
struct Checked {
  bool ok = false;
  bool other_order = false;      // they do not stand under their headings
  std::optional<int64_t> total;  // absent if not published
};

Checked CheckPublished(const std::array<int64_t, kBandCount>& bands,
                       const std::array<std::string_view, 3>& published) {
  int64_t sum = 0;
  for (const int64_t count : bands) sum += count;
  std::array<int, 3> order = {0, 1, 2};
  do {
    const auto text = [&](int role) {
      return published[static_cast<size_t>(order[static_cast<size_t>(role)])];
    };
    const auto fits = [&](int role, Quantile q) {
      const bool missing = ReadCount(text(role)).kind == Cell64::Kind::kMissing;
      if (missing) return true;
      const std::optional<int64_t> tenths = ReadTenths(text(role));
      return tenths.has_value() && IsQuantile(bands, sum, q, *tenths);
    };
    const Cell64 total = ReadCount(text(0));
    const bool total_fits =
        total.kind == Cell64::Kind::kMissing || (total.kind == Cell64::Kind::kCount && total.count >= sum);
    if (!total_fits || !fits(1, {1, 2}) || !fits(2, {19, 20})) continue;
    Checked found{true, order[0] != 0 || order[1] != 1, std::nullopt};
    if (total.kind == Cell64::Kind::kCount) found.total = total.count;
    return found;
  } while (std::next_permutation(order.begin(), order.end()));
  return {};
}

class RttImport {
 public:
  RttImport(CsvTable table, const LedgerFilter& ledgers, const ImportSinks& sinks)
      : table_(std::move(table)), ledgers_(ledgers), sinks_(sinks) {
    for (int i = 0; i < 3; ++i) published_[static_cast<size_t>(i)] = table_.Column(kPublished[i]);
    for (int band = 0; band < kBandCount; ++band)
      bands_[static_cast<size_t>(band)] = table_.Column(BandColumn(band));
  }

  static constexpr const char* kPublished[] = {"published_total_completed", "published_median_weeks",
                                               "published_p95_weeks"};
  static std::string BandColumn(int band) {
    return band == kBandCount - 1 ? std::string("w104_plus") : fmt::format("w{}_{}", band, band + 1);
  }

  absl::Status Run() {
    while (true) {
      ASSIGN_OR_RETURN(const bool more, table_.Next());
      if (!more) return absl::OkStatus();
      RETURN_IF_ERROR(Row());
    }
  }

 private:
  struct Identity {
    std::string ledger;
    bool admitted = false;
    Period period = Period::FromIndex(0);
    std::string measure_id;
    std::string title;
    bool published_total = false;
  };

  absl::Status Row() {
    const std::optional<Identity> row = ReadIdentity();
    if (!row.has_value()) return absl::OkStatus();
    std::array<int64_t, kBandCount> bands{};
    int missing = 0;
    int first_missing = -1;
    for (size_t band = 0; band < bands.size(); ++band) {
      const Cell64 cell = ReadCount(table_.Field(bands_[band]));
      if (cell.kind == Cell64::Kind::kMalformed) {
        table_.Report(bands_[band], ReasonName(Reason::kMalformed),
                      "a band should be a whole number of 0 or more");
        return absl::OkStatus();
      }
      if (cell.kind == Cell64::Kind::kMissing && missing++ == 0) first_missing = bands_[band];
      bands[band] = cell.count;
    }
    if (missing == kBandCount) return NotReported(*row);
    if (missing > 0) {
      table_.Report(first_missing, ReasonName(Reason::kBadBands),
                    fmt::format("{} of 105 bands are missing; a band without pathways should be 0", missing));
      return absl::OkStatus();
    }
    return Recorded(*row, bands);
  }

  std::optional<Identity> ReadIdentity() {
    Identity row;
    row.ledger = table_.Field(table_.Column("provider_code"));
    if (!IsLedgerCode(row.ledger)) {
      Report("provider_code", Reason::kMalformed, "the provider should be an ODS code, RH5 for example");
      return std::nullopt;
    }
    if (!ledgers_.empty() && !ledgers_.contains(row.ledger)) return std::nullopt;
    const std::string& part = table_.Field(table_.Column("part"));
    row.admitted = part == "admitted";
    if (!row.admitted && part != "nonadmitted") {
      Report("part", Reason::kMalformed, "the part should be admitted or nonadmitted");
      return std::nullopt;
    }
    const std::optional<Date> month = ParseDate(table_.Field(table_.Column("period")));
    if (!month.has_value()) {
      Report("period", Reason::kMalformed,
             "the period should be the first day of a month, 2025-09-01 for example");
      return std::nullopt;
    }
    row.period = Period::Of(*month);
    std::string code = table_.Field(table_.Column("tfc_code"));
    const std::optional<std::string_view> name = TreatmentFunction(code);
    if (!name.has_value()) {
      Report("tfc_code", Reason::kUnknownMeasure, "not one of the 23 treatment functions, nor C_999");
      return std::nullopt;
    }
    row.published_total = code == "C_999";
    for (char& letter : code)
      letter = letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter + 32) : letter;
    row.measure_id = fmt::format("rtt-{}-{}", part, code);
    row.title = fmt::format("RTT waits, {}: {}", row.admitted ? "admitted" : "non-admitted", *name);
    return row;
  }

  void Report(std::string_view column, Reason reason, std::string message) {
    table_.Report(table_.Column(column), ReasonName(reason), std::move(message));
  }

  absl::Status Emit(const Identity& row, v1::Event event) {
    return sinks_.on_event({row.ledger, std::move(event), table_.line(), PublishedOn(row.period.Next())});
  }

  absl::Status DefineOnce(const Identity& row) {
    if (!defined_.insert(row.ledger + "/" + row.measure_id).second) return absl::OkStatus();
    v1::Event event =
        MakePublicationEvent({kRttSource, row.measure_id + ":defined", row.measure_id, kDefinedOn});
    v1::MeasureDefined& defined = *event.mutable_measure_defined();
    defined.set_measure_id(row.measure_id);
    defined.set_title(row.title);
    defined.set_unit(v1::MEASURE_UNIT_WEEKLY_WAIT_BANDS);
    defined.set_direction(v1::DIRECTION_DECREASE);
    defined.set_pathway(row.admitted ? v1::PATHWAY_ADMITTED : v1::PATHWAY_NON_ADMITTED);
    defined.set_data_source("NHS England, RTT completed pathways by provider");
    defined.set_published_total(row.published_total);
    return Emit(row, std::move(event));
  }

  v1::Event MonthEvent(const Identity& row) {
    return MakePublicationEvent({kRttSource, fmt::format("{}:{}", row.measure_id, row.period.ToString()),
                                 row.measure_id, row.period.LastDay()});
  }

  absl::Status NotReported(const Identity& row) {
    RETURN_IF_ERROR(DefineOnce(row));
    v1::Event event = MonthEvent(row);
    v1::MeasurementNotReported& missing = *event.mutable_measurement_not_reported();
    missing.set_measure_id(row.measure_id);
    missing.set_definition_version(1);
    missing.set_period(row.period.ToString());
    missing.set_reason("no bands published");
    return Emit(row, std::move(event));
  }

  absl::Status Recorded(const Identity& row, const std::array<int64_t, kBandCount>& bands) {
    std::array<std::string_view, 3> published;
    for (size_t i = 0; i < 3; ++i) published[i] = table_.Field(published_[i]);
    const Checked checked = CheckPublished(bands, published);
    if (!checked.ok) {
      table_.Report(
          published_[0], ReasonName(Reason::kUnitMismatch),
          "total, median and 95th percentile do not agree with the bands in any order; the total should be "
          "the sum of the bands or more");
      return absl::OkStatus();
    }
    if (checked.other_order && !std::exchange(order_reported_, true)) {
      table_.Report(
          published_[0], ReasonName(Reason::kUnitMismatch),
          "total, median and 95th percentile stand under each other's headings, from this line on; they were "
          "taken by their values");
    }
    RETURN_IF_ERROR(DefineOnce(row));
    v1::Event event = MonthEvent(row);
    v1::WaitBandsRecorded& recorded = *event.mutable_wait_bands_recorded();
    recorded.set_measure_id(row.measure_id);
    recorded.set_definition_version(1);
    recorded.set_period(row.period.ToString());
    int64_t sum = 0;
    for (const int64_t count : bands) {
      recorded.add_counts(count);
      sum += count;
    }
    recorded.set_unknown_clock_starts(checked.total.value_or(sum) - sum);
    return Emit(row, std::move(event));
  }

  CsvTable table_;
  const LedgerFilter& ledgers_;
  const ImportSinks& sinks_;
  std::array<int, 3> published_{};
  std::array<int, kBandCount> bands_{};
  std::set<std::string> defined_;
  bool order_reported_ = false;
};

}  // namespace

absl::Status ImportRttBands(ReadBytes input, const LedgerFilter& ledgers, const ImportSinks& sinks) {
  std::vector<std::string> required = {"part", "period", "provider_code", "tfc_code"};
  required.insert(required.end(), std::begin(RttImport::kPublished), std::end(RttImport::kPublished));
  for (int band = 0; band < kBandCount; ++band) required.push_back(RttImport::BandColumn(band));
  ASSIGN_OR_RETURN(CsvTable table, CsvTable::Open(std::move(input), required, sinks.on_problem));
  return RttImport(std::move(table), ledgers, sinks).Run();
}

}  // namespace realise
