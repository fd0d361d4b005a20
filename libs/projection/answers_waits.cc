#include <algorithm>
#include <map>
#include <set>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "fmt/format.h"
#include "libs/base/status_macros.h"
#include "libs/measures/wait_bands.h"
#include "libs/projection/answer_parts.h"

namespace realise {

namespace {

constexpr int kWeeksDecimals = 1;
constexpr int kPercentDecimals = 1;
static_assert(kWeeklyBands == kBands);

using Measure = std::pair<const std::string, MeasureFacts>;  // with its id

bool IsWaits(const MeasureFacts& measure) {
  return measure.definition.unit() == v1::MEASURE_UNIT_WEEKLY_WAIT_BANDS;
}

// Waits added up over a set of measures.
struct Pool {
  WaitBands bands{};
  int64_t unknown_clock_starts = 0;
  std::vector<std::string> measures;
  std::vector<std::string> not_reported;

  absl::Status Add(const std::string& measure_id, const Cells& cells);
};

absl::Status Pool::Add(const std::string& measure_id, const Cells& cells) {
  if (BalanceOf(cells, kBandReported) == 0) {
    not_reported.push_back(measure_id);
    return absl::OkStatus();
  }
  measures.push_back(measure_id);
  for (const auto& [cell, count] : cells) {
    if (cell < kBands) RETURN_IF_ERROR(AddTo(bands[cell], count));
  }
  return AddTo(unknown_clock_starts, BalanceOf(cells, kBandUnknownClockStarts));
}

v1::WaitPercentile PercentileOf(const WaitBands& bands, const Rational& quantile) {
  v1::WaitPercentile percentile;
  const Weeks weeks = Percentile(bands, quantile);
  percentile.set_open_band(!weeks);
  if (weeks) *percentile.mutable_weeks() = FractionOf(*weeks, kWeeksDecimals);
  return percentile;
}

absl::Status Fill(const Pool& pool, v1::Waits& waits) {
  for (const std::string& id : pool.measures) waits.add_measures(id);
  for (const std::string& id : pool.not_reported) waits.add_measures_not_reported(id);
  waits.set_state(v1::FIGURE_STATE_NOT_REPORTED);
  if (pool.measures.empty()) return absl::OkStatus();
  const Whole pathways = Pathways(pool.bands);
  waits.set_state(v1::FIGURE_STATE_SUPPRESSED);
  if (pathways < kShownPathwaysMin) return absl::OkStatus();
  if (pathways > std::numeric_limits<int64_t>::max()) {
    return absl::OutOfRangeError("a sum of pathways does not fit into 64 bits");
  }
  waits.set_state(v1::FIGURE_STATE_GIVEN);
  waits.set_pathways(pathways.convert_to<int64_t>());
  waits.set_unknown_clock_starts(pool.unknown_clock_starts);
  *waits.mutable_median() = PercentileOf(pool.bands, Rational(1, 2));
  *waits.mutable_p92() = PercentileOf(pool.bands, Rational(92, 100));
  *waits.mutable_p95() = PercentileOf(pool.bands, Rational(95, 100));
  *waits.mutable_within_18_weeks_percent() = FractionOf(Within18WeeksPercent(pool.bands), kPercentDecimals);
  waits.set_over_52_weeks(PathwaysFrom(pool.bands, 52).convert_to<int64_t>());
  waits.set_over_65_weeks(PathwaysFrom(pool.bands, 65).convert_to<int64_t>());
  return absl::OkStatus();
}

// One answer to a question: reads a measure's bands once, however many boards it is part of.
class WaitsAnswer {
 public:
  WaitsAnswer(const FigureSource& source, const Ground& ground, Period month)
      : source_(source), ground_(ground), month_(month) {}

  absl::Status AddBoards(const std::vector<std::string>& boards, v1::QueryWaitsResponse& response);
  absl::Status AddMeasures(const std::set<std::string>& measures, v1::QueryWaitsResponse& response);

 private:
  absl::Status AddToPool(const Measure& measure, Pool& pool);

  const FigureSource& source_;
  const Ground& ground_;
  const Period month_;
  absl::flat_hash_map<const MeasureFacts*, Cells> read_;
};

absl::Status WaitsAnswer::AddToPool(const Measure& measure, Pool& pool) {
  const auto& [id, facts] = measure;
  const auto [at, is_new] = read_.try_emplace(&facts);
  if (is_new) {
    ASSIGN_OR_RETURN(at->second, source_.BalancesAt(BandsAccount(id, month_.index()), ground_.end.sequence));
  }
  return pool.Add(id, at->second);
}

absl::Status WaitsAnswer::AddBoards(const std::vector<std::string>& boards,
                                    v1::QueryWaitsResponse& response) {
  const Structure& structure = ground_.structure();
  for (const std::string& board : boards) {
    // Measures come in the order of their ids, so those of a pool do too.
    std::map<v1::Pathway, std::vector<const Measure*>> pathways;
    const auto& candidates = structure.MeasuresEverOf(board, v1::MEASURE_UNIT_WEEKLY_WAIT_BANDS);
    read_.reserve(read_.size() + candidates.size());
    for (const std::string& id : candidates) {
      const Measure& measure = *structure.measures().find(id);
      if (!structure.IsOf(board, measure.second, month_)) continue;
      pathways[measure.second.definition.pathway()].push_back(&measure);
    }
    if (pathways.empty()) response.add_boards_without_measures(board);
    for (const auto& [pathway, measures] : pathways) {
      Pool pool;
      for (const Measure* measure : measures) RETURN_IF_ERROR(AddToPool(*measure, pool));
      v1::Waits& waits = *response.add_waits();
      waits.set_board_id(board);
      waits.set_name(BoardName(ground_, board, month_.LastDay()));
      waits.set_pathway(pathway);
      RETURN_IF_ERROR(Fill(pool, waits));
    }
  }
  return absl::OkStatus();
}

absl::Status WaitsAnswer::AddMeasures(const std::set<std::string>& measures,
                                      v1::QueryWaitsResponse& response) {
  for (const std::string& id : measures) {
    const Measure& measure = *ground_.structure().measures().find(id);
    const MeasureFacts& facts = measure.second;
    Pool pool;
    RETURN_IF_ERROR(AddToPool(measure, pool));
    v1::Waits& waits = *response.add_waits();
    waits.set_measure_id(id);
    waits.set_name(facts.title);
    waits.set_pathway(facts.definition.pathway());
    RETURN_IF_ERROR(Fill(pool, waits));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::set<std::string>> AskedMeasures(const Ground& ground,
                                                    const v1::QueryWaitsRequest& request) {
  std::set<std::string> asked(request.measure_ids().begin(), request.measure_ids().end());
  const std::map<std::string, MeasureFacts>& measures = ground.structure().measures();
  for (const std::string& id : asked) {
    const auto at = measures.find(id);
    if (at == measures.end()) {
      return absl::NotFoundError(fmt::format("there is no measure \"{}\" at {}", id, ground.basis.receipt()));
    }
    if (!IsWaits(at->second))
      return InvalidField("measure_ids", fmt::format("\"{}\" is no measure of waits", id));
  }
  if (!request.all_measures()) return asked;
  for (const auto& [id, facts] : measures) {
    if (IsWaits(facts)) asked.insert(id);
  }
  return asked;
}

// The latest month that any measure of waits was recorded for.
absl::StatusOr<Period> LatestMonth(const FigureSource& source, const Ground& ground) {
  int32_t latest = -1;
  for (const auto& [id, facts] : ground.structure().measures()) {
    if (!IsWaits(facts)) continue;
    ASSIGN_OR_RETURN(const Cells cells, source.BalancesAt(CountsAccount(id), ground.end.sequence));
    for (const auto& [packed, reported] : cells) {
      if (reported != 0) latest = std::max(latest, CountCell::Unpack(packed).month);
    }
  }
  return latest < 0 ? MonthRecorded(ground.end) : Period::FromIndex(latest);
}

}  // namespace

absl::StatusOr<v1::QueryWaitsResponse> AnswerWaits(const FigureSource& source,
                                                   const v1::QueryWaitsRequest& request) {
  ASSIGN_OR_RETURN(const Ground ground, FindGround(source, request.ledger(), request.basis()));
  ASSIGN_OR_RETURN(const std::set<std::string> measures, AskedMeasures(ground, request));
  const absl::StatusOr<Period> month =
      request.period().empty() ? LatestMonth(source, ground) : ParsePeriodField("period", request.period());
  RETURN_IF_ERROR(month.status());

  v1::QueryWaitsResponse response;
  *response.mutable_basis() = ground.basis;
  response.set_period(month->ToString());
  WaitsAnswer answer(source, ground, *month);
  const bool by_measure_only =
      request.board_ids().empty() && (request.all_measures() || !request.measure_ids().empty());
  if (!by_measure_only) {
    ASSIGN_OR_RETURN(const std::vector<std::string> boards, AskedBoards(ground, request.board_ids()));
    RETURN_IF_ERROR(answer.AddBoards(boards, response));
  }
  RETURN_IF_ERROR(answer.AddMeasures(measures, response));
  return response;
}

}  // namespace realise
