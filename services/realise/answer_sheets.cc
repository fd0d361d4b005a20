#include "services/realise/answer_sheets.h"

#include <utility>
#include <vector>

#include "fmt/format.h"

namespace realise {
namespace {

std::string ClassText(v1::FinancialClass financial_class, v1::BenefitSign sign) {
  const std::string text = EnumText(v1::FinancialClass_Name(financial_class), "FINANCIAL_CLASS_");
  return sign == v1::BENEFIT_SIGN_DISBENEFIT ? text + ", dis-benefit" : text;
}

void AddSavingsRow(const v1::BoardSavings& board, std::string_view line, std::string_view recurrence,
                   const v1::SavingsAmounts& validated, const v1::SavingsAmounts* awaiting, Sheet& sheet) {
  sheet.rows.push_back({TextCell(board.board_id()), TextCell(board.name()), TextCell(line),
                        TextCell(recurrence), PoundsCell(validated.in_month_pence()),
                        PoundsCell(validated.prior_period_pence()),
                        PoundsCell(validated.year_to_date_pence()), PoundsCell(validated.prior_year_pence()),
                        PoundsCell(validated.since_start_pence()),
                        awaiting == nullptr ? TextCell("") : PoundsCell(awaiting->since_start_pence())});
}

std::string StateText(v1::FigureState state) {
  return state == v1::FIGURE_STATE_GIVEN ? "" : EnumText(v1::FigureState_Name(state), "FIGURE_STATE_");
}

OutputCell FractionCell(const v1::Fraction& fraction) {
  std::string plain;
  for (const char c : fraction.display()) {
    if (c != ',') plain += c;
  }
  return {.shown = fraction.display(), .plain = plain};
}

void AddBedDaysRows(const v1::BoardBedDays& board, Sheet& sheet) {
  for (const v1::BedDaysMeasure& measure : board.measures()) {
    for (const v1::BedDaysMonth& month : measure.months()) {
      const bool counted = month.state() != v1::FIGURE_STATE_NOT_REPORTED;
      const bool given = month.state() == v1::FIGURE_STATE_GIVEN;
      sheet.rows.push_back({TextCell(board.board_id()), TextCell(board.name()),
                            TextCell(measure.measure_id()), TextCell(month.period()),
                            counted ? WholeCell(month.occupied_bed_days()) : TextCell(""),
                            counted ? WholeCell(month.discharges()) : TextCell(""),
                            given ? FractionCell(month.released()) : TextCell(""),
                            TextCell(month.partial() ? "partial" : StateText(month.state()))});
    }
    if (measure.has_released()) {
      sheet.rows.push_back({TextCell(board.board_id()), TextCell(board.name()),
                            TextCell(measure.measure_id()), TextCell("ALL MONTHS"), TextCell(""),
                            TextCell(""), FractionCell(measure.released()), TextCell("")});
    }
  }
  const std::string missing =
      board.months_missing() == 0 ? "" : fmt::format("{} measure months missing", board.months_missing());
  sheet.rows.push_back({TextCell(board.board_id()), TextCell(board.name()), TextCell("BOARD"),
                        TextCell("ALL MONTHS"), TextCell(""), TextCell(""),
                        board.has_released() ? FractionCell(board.released()) : TextCell(""),
                        TextCell(board.measures_size() == 0 ? "no measure of length of stay" : missing)});
}

OutputCell PercentileCell(const v1::WaitPercentile& percentile) {
  if (percentile.open_band()) return TextCell("104+");
  return FractionCell(percentile.weeks());
}

}  // namespace

Sheet SavingsSheet(const v1::QuerySavingsResponse& response, const std::string& ledger) {
  Sheet sheet;
  sheet.title =
      fmt::format("Cumulative savings in pounds, {}, {}{}\n{}", ledger, DescribePeriod(response.period()),
                  response.period_closed() ? ", closed" : ", not closed", DescribeBasis(response.basis()));
  sheet.columns = {{"Board", "board_id", false},
                   {"Name", "board_name", false},
                   {"Line (validated)", "line", false},
                   {"Recurrence", "recurrence", false},
                   {"Month", "in_month_gbp", true},
                   {"of it earlier months", "prior_period_gbp", true},
                   {"Year to date", "year_to_date_gbp", true},
                   {"of it earlier years", "prior_year_gbp", true},
                   {"Since start", "since_start_gbp", true},
                   {"Awaiting validation", "awaiting_validation_gbp", true}};
  for (const v1::BoardSavings& board : response.boards()) {
    for (const v1::SavingsLine& line : board.lines()) {
      AddSavingsRow(board, ClassText(line.financial_class(), line.sign()),
                    EnumText(v1::Recurrence_Name(line.recurrence()), "RECURRENCE_"), line.validated(),
                    &line.awaiting_validation(), sheet);
    }
    AddSavingsRow(board, "NET CASH", "", board.net_cash(), nullptr, sheet);
  }
  sheet.notes = {
      "Net cash is cash-releasing and income less their dis-benefits.  Cash and non-cash are never added up.",
      "Figures are exact.  `realise explain` lists the events that make any of them."};
  return sheet;
}

Sheet BedDaysSheet(const v1::QueryBedDaysResponse& response, const std::string& ledger) {
  Sheet sheet;
  sheet.title =
      fmt::format("Bed days released, {}, {} to {}\n{}", ledger, DescribePeriod(response.period_from()),
                  DescribePeriod(response.period_to()), DescribeBasis(response.basis()));
  sheet.columns = {{"Board", "board_id", false},
                   {"Name", "board_name", false},
                   {"Measure", "measure_id", false},
                   {"Month", "period", false},
                   {"Occupied bed days", "occupied_bed_days", true},
                   {"Discharges", "discharges", true},
                   {"Released", "bed_days_released", true},
                   {"", "state", false}};
  for (const v1::BoardBedDays& board : response.boards()) AddBedDaysRows(board, sheet);
  sheet.notes = {
      "Released = baseline length of stay x discharges - occupied bed days, from exact counts, rounded once.",
      "Bed days are capacity, not cash.  A month without a figure is missing, not zero, and is in no sum."};
  return sheet;
}

Sheet WaitsSheet(const v1::QueryWaitsResponse& response, const std::string& ledger) {
  Sheet sheet;
  sheet.title = fmt::format("Waiting times in weeks, {}, {}\n{}", ledger, DescribePeriod(response.period()),
                            DescribeBasis(response.basis()));
  sheet.columns = {{"Board or measure", "id", false},
                   {"Name", "name", false},
                   {"Pathway", "pathway", false},
                   {"Pathways", "pathways", true},
                   {"Median", "median_weeks", true},
                   {"92nd", "p92_weeks", true},
                   {"95th", "p95_weeks", true},
                   {"% within 18", "within_18_weeks_percent", true},
                   {"Over 52", "over_52_weeks", true},
                   {"Over 65", "over_65_weeks", true},
                   {"", "state", false}};
  for (const v1::Waits& waits : response.waits()) {
    const std::string& id = waits.measure_id().empty() ? waits.board_id() : waits.measure_id();
    std::vector<OutputCell> row = {TextCell(id), TextCell(waits.name()),
                                   TextCell(EnumText(v1::Pathway_Name(waits.pathway()), "PATHWAY_"))};
    if (waits.state() == v1::FIGURE_STATE_GIVEN) {
      const std::string missing =
          waits.measures_not_reported_size() == 0
              ? ""
              : fmt::format("{} measures not reported", waits.measures_not_reported_size());
      for (OutputCell& cell : std::vector<OutputCell>{
               WholeCell(waits.pathways()), PercentileCell(waits.median()), PercentileCell(waits.p92()),
               PercentileCell(waits.p95()), FractionCell(waits.within_18_weeks_percent()),
               WholeCell(waits.over_52_weeks()), WholeCell(waits.over_65_weeks()), TextCell(missing)}) {
        row.push_back(std::move(cell));
      }
    } else {
      row.insert(row.end(), 7, TextCell(""));
      const bool few = waits.state() == v1::FIGURE_STATE_SUPPRESSED;
      row.push_back(TextCell(few ? "n<20" : StateText(waits.state())));
    }
    sheet.rows.push_back(std::move(row));
  }
  for (const std::string& board : response.boards_without_measures()) {
    std::vector<OutputCell> row = {TextCell(board)};
    row.insert(row.end(), 9, TextCell(""));
    row.push_back(TextCell("no measure of waits in this month"));
    sheet.rows.push_back(std::move(row));
  }
  sheet.notes = {
      "Percentiles are worked out from the weekly bands added up, never from other percentiles; n<20 is not "
      "shown."};
  return sheet;
}

}  // namespace realise
