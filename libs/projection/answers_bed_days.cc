#include <algorithm>
#include <map>
#include <set>

#include "libs/base/status_macros.h"
#include "libs/domain/measure_versions.h"
#include "libs/measures/bed_days.h"
#include "libs/projection/answer_parts.h"

namespace realise {

namespace {

constexpr int kBedDaysDecimals = 1;
constexpr v1::MeasureUnit kUnit = v1::MEASURE_UNIT_BED_DAYS_PER_DISCHARGE;

struct Counted {
  const MeasureFacts* facts = nullptr;
  Cells cells;
};
using CountedMeasures = std::map<std::string, Counted>;  // by measure

// Months in which a measure is part of a board's figures, by measure, by board.
using MonthsOfBoards = std::map<std::string, std::map<std::string, std::vector<Period>>, std::less<>>;

// The measures of bed days that may be part of the boards' figures, in any month.
std::set<std::string> MeasuresOf(const Structure& structure, const std::vector<std::string>& boards) {
  std::set<std::string> ids;
  for (const std::string& board : boards) {
    const auto& of_board = structure.MeasuresEverOf(board, kUnit);
    ids.insert(of_board.begin(), of_board.end());
  }
  return ids;
}

// Of those `only`; of all if there is none.
absl::StatusOr<CountedMeasures> ReadCounts(const FigureSource& source, const Ground& ground,
                                           const std::optional<std::set<std::string>>& only) {
  const std::map<std::string, MeasureFacts>& measures = ground.structure().measures();
  CountedMeasures counted;
  if (only) {
    for (const std::string& id : *only) counted.emplace(id, Counted{&measures.at(id), Cells()});
  } else {
    for (const auto& [id, facts] : measures) {
      if (facts.definition.unit() == kUnit) counted.emplace(id, Counted{&facts, Cells()});
    }
  }
  for (auto& [id, measure] : counted) {
    ASSIGN_OR_RETURN(measure.cells, source.BalancesAt(CountsAccount(id), ground.end.sequence));
  }
  return counted;
}

Period LatestMonth(const CountedMeasures& counted, const CommitEnd& end) {
  int32_t latest = -1;
  for (const auto& [id, measure] : counted) {
    for (const auto& [packed, count] : measure.cells) {
      const CountCell cell = CountCell::Unpack(packed);
      if (cell.kind == CountKind::kReported && count != 0) latest = std::max(latest, cell.month);
    }
  }
  return latest < 0 ? MonthRecorded(end) : Period::FromIndex(latest);
}

absl::StatusOr<Months> AskedMonths(const v1::QueryBedDaysRequest& request, const CountedMeasures& counted,
                                   const CommitEnd& end) {
  absl::StatusOr<Period> to = LatestMonth(counted, end);
  if (!request.period_to().empty()) to = ParsePeriodField("period_to", request.period_to());
  RETURN_IF_ERROR(to.status());
  absl::StatusOr<Period> from = to->FirstOfYear();
  if (!request.period_from().empty()) from = ParsePeriodField("period_from", request.period_from());
  RETURN_IF_ERROR(from.status());
  return CheckMonths(*from, *to);
}

MonthsOfBoards SetsOfMeasures(const Structure& structure, const std::vector<std::string>& boards,
                              const Months& months) {
  MonthsOfBoards sets;
  for (const std::string& board : boards) {
    for (const std::string& id : structure.MeasuresEverOf(board, kUnit)) {
      const MeasureFacts& facts = structure.measures().at(id);
      for (Period month = months.from; month <= months.to; month = month.Next()) {
        if (structure.IsOf(board, facts, month)) sets[board][id].push_back(month);
      }
    }
  }
  return sets;
}

// What a month of a measure comes to: `released` only if the state is GIVEN.
struct MonthFigure {
  v1::FigureState state = v1::FIGURE_STATE_NOT_REPORTED;
  Rational released;
};

MonthFigure FillMonth(const Counted& measure, Period period, v1::BedDaysMonth& month) {
  const auto balance = [&](CountKind kind) {
    return BalanceOf(measure.cells, CountCell{kind, period.index()}.Pack());
  };
  MonthFigure figure;
  month.set_period(period.ToString());
  month.set_state(figure.state);
  if (balance(CountKind::kReported) == 0) return figure;
  const Stays stays{balance(CountKind::kNumerator), balance(CountKind::kDenominator)};
  month.set_occupied_bed_days(stays.bed_days);
  month.set_discharges(stays.discharges);
  month.set_partial(balance(CountKind::kPartial) != 0);

  const state::MeasureState& definition = measure.facts->definition;
  const Stays baseline{definition.baseline_numerator(), definition.baseline_denominator()};
  const auto version = static_cast<uint32_t>(balance(CountKind::kVersion));
  if (definition.baseline_version() == 0 || baseline.discharges <= 0) {
    figure.state = v1::FIGURE_STATE_NO_BASELINE;
  } else if (!Comparable(definition, definition.baseline_version(), version)) {
    figure.state = v1::FIGURE_STATE_NOT_COMPARABLE;
  } else {
    figure.state = v1::FIGURE_STATE_GIVEN;
    figure.released = BedDaysReleased(baseline, stays);
    *month.mutable_released() = FractionOf(figure.released, kBedDaysDecimals);
  }
  month.set_state(figure.state);
  return figure;
}

void FillBoard(const std::map<std::string, std::vector<Period>>& set, const CountedMeasures& counted,
               v1::BoardBedDays& board) {
  std::optional<Rational> board_sum;
  uint32_t missing = 0;
  for (const auto& [id, periods] : set) {
    const Counted& source = counted.at(id);
    v1::BedDaysMeasure& measure = *board.add_measures();
    measure.set_measure_id(id);
    measure.set_title(source.facts->title);
    measure.set_baseline_occupied_bed_days(source.facts->definition.baseline_numerator());
    measure.set_baseline_discharges(source.facts->definition.baseline_denominator());
    std::optional<Rational> sum;
    for (const Period period : periods) {
      const MonthFigure figure = FillMonth(source, period, *measure.add_months());
      if (figure.state == v1::FIGURE_STATE_GIVEN) {
        sum = sum.value_or(Rational(0)) + figure.released;
      } else {
        ++missing;
      }
    }
    if (!sum) continue;
    *measure.mutable_released() = FractionOf(*sum, kBedDaysDecimals);
    board_sum = board_sum.value_or(Rational(0)) + *sum;
  }
  if (board_sum) *board.mutable_released() = FractionOf(*board_sum, kBedDaysDecimals);
  board.set_months_missing(missing);
}

}  // namespace

absl::StatusOr<v1::QueryBedDaysResponse> AnswerBedDays(const FigureSource& source,
                                                       const v1::QueryBedDaysRequest& request) {
  ASSIGN_OR_RETURN(const Ground ground, FindGround(source, request.ledger(), request.basis()));
  ASSIGN_OR_RETURN(const std::vector<std::string> boards, AskedBoards(ground, request.board_ids()));
  // The latest month that anything was reported for is that of all boards.
  std::optional<std::set<std::string>> only;
  if (!request.period_to().empty()) only = MeasuresOf(ground.structure(), boards);
  ASSIGN_OR_RETURN(const CountedMeasures counted, ReadCounts(source, ground, only));
  ASSIGN_OR_RETURN(const Months months, AskedMonths(request, counted, ground.end));
  const MonthsOfBoards sets = SetsOfMeasures(ground.structure(), boards, months);

  v1::QueryBedDaysResponse response;
  *response.mutable_basis() = ground.basis;
  response.set_period_from(months.from.ToString());
  response.set_period_to(months.to.ToString());
  for (const std::string& id : boards) {
    v1::BoardBedDays& board = *response.add_boards();
    board.set_board_id(id);
    board.set_name(BoardName(ground, id, months.to.LastDay()));
    if (const auto set = sets.find(id); set != sets.end()) FillBoard(set->second, counted, board);
  }
  return response;
}

}  // namespace realise
