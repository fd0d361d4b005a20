#include <algorithm>
#include <map>

#include "libs/base/status_macros.h"
#include "libs/projection/answer_parts.h"

namespace realise {

namespace {

using Balances = std::map<std::string, Cells>;  // by board

// The amounts of one line, by what they are counted in.
struct Amounts {
  int64_t in_month = 0;
  int64_t year_to_date = 0;
  int64_t since_start = 0;
  int64_t prior_period = 0;
  int64_t prior_year = 0;

  // Adds a cell whose month, by the view, is not after `asked`.
  absl::Status Add(const SavingsCell& cell, int64_t pence, Period asked, bool restated);
  void Write(v1::SavingsAmounts& out) const;
};

absl::Status Amounts::Add(const SavingsCell& cell, int64_t pence, Period asked, bool restated) {
  const int32_t month = restated ? cell.related : cell.posted;
  const int32_t april = asked.FirstOfYear().index();
  RETURN_IF_ERROR(AddTo(since_start, pence));
  if (month < april) return absl::OkStatus();
  RETURN_IF_ERROR(AddTo(year_to_date, pence));
  if (cell.related < april && !restated) RETURN_IF_ERROR(AddTo(prior_year, pence));
  if (month != asked.index()) return absl::OkStatus();
  RETURN_IF_ERROR(AddTo(in_month, pence));
  if (cell.related < month) RETURN_IF_ERROR(AddTo(prior_period, pence));
  return absl::OkStatus();
}

void Amounts::Write(v1::SavingsAmounts& out) const {
  out.set_in_month_pence(in_month);
  out.set_year_to_date_pence(year_to_date);
  out.set_since_start_pence(since_start);
  out.set_prior_period_pence(prior_period);
  out.set_prior_year_pence(prior_year);
}

bool IsCash(v1::FinancialClass financial_class) {
  return financial_class == v1::FINANCIAL_CLASS_CASH_RELEASING ||
         financial_class == v1::FINANCIAL_CLASS_INCOME_GENERATION;
}

bool SameLine(const SavingsCell& a, const SavingsCell& b) {
  return a.financial_class == b.financial_class && a.sign == b.sign && a.recurrence == b.recurrence;
}

void WriteLine(const SavingsCell& key, const Amounts& validated, const Amounts& awaiting,
               v1::BoardSavings& board) {
  v1::SavingsLine& line = *board.add_lines();
  line.set_financial_class(key.financial_class);
  line.set_sign(key.sign);
  line.set_recurrence(key.recurrence);
  validated.Write(*line.mutable_validated());
  awaiting.Write(*line.mutable_awaiting_validation());
}

absl::Status FillBoard(const Cells& cells, Period asked, bool restated, v1::BoardSavings& board) {
  Amounts net_cash;
  Amounts validated;
  Amounts awaiting;
  std::optional<SavingsCell> line;
  // A packed cell begins with class, sign, recurrence: the cells of a line stand together, and lines in
  // order.
  for (const auto& [packed, pence] : cells) {
    const SavingsCell cell = SavingsCell::Unpack(packed);
    if ((restated ? cell.related : cell.posted) > asked.index()) continue;
    if (line && !SameLine(*line, cell)) {
      WriteLine(*line, validated, awaiting, board);
      validated = awaiting = Amounts();
    }
    line = cell;
    const bool is_validated = cell.rung == Rung::kValidated;
    RETURN_IF_ERROR((is_validated ? validated : awaiting).Add(cell, pence, asked, restated));
    if (is_validated && IsCash(cell.financial_class))
      RETURN_IF_ERROR(net_cash.Add(cell, pence, asked, restated));
  }
  if (line) WriteLine(*line, validated, awaiting, board);
  net_cash.Write(*board.mutable_net_cash());
  return absl::OkStatus();
}

// The latest month that anything was posted to in the ledger, whichever boards are asked for.
absl::StatusOr<Period> LatestMonth(const FigureSource& source, const Ground& ground, Balances& balances) {
  int32_t latest = -1;
  for (const auto& [id, board] : ground.structure().boards()) {
    ASSIGN_OR_RETURN(Cells cells, source.BalancesAt(SavingsAccount(id), ground.end.sequence));
    for (const auto& [packed, pence] : cells) latest = std::max(latest, SavingsCell::Unpack(packed).posted);
    balances.emplace(id, std::move(cells));
  }
  return latest < 0 ? MonthRecorded(ground.end) : Period::FromIndex(latest);
}

}  // namespace

absl::StatusOr<v1::QuerySavingsResponse> AnswerSavings(const FigureSource& source,
                                                       const v1::QuerySavingsRequest& request) {
  ASSIGN_OR_RETURN(const Ground ground, FindGround(source, request.ledger(), request.basis()));
  ASSIGN_OR_RETURN(const std::vector<std::string> boards, AskedBoards(ground, request.board_ids()));
  Balances balances;
  absl::StatusOr<Period> asked = request.period().empty() ? LatestMonth(source, ground, balances)
                                                          : ParsePeriodField("period", request.period());
  RETURN_IF_ERROR(asked.status());

  v1::QuerySavingsResponse response;
  *response.mutable_basis() = ground.basis;
  response.set_period(asked->ToString());
  response.set_period_closed(ground.structure().ClosedAt(*asked).has_value());
  for (const std::string& id : boards) {
    auto at = balances.find(id);
    if (at == balances.end()) {
      ASSIGN_OR_RETURN(Cells cells, source.BalancesAt(SavingsAccount(id), ground.end.sequence));
      at = balances.emplace(id, std::move(cells)).first;
    }
    v1::BoardSavings& board = *response.add_boards();
    board.set_board_id(id);
    board.set_name(BoardName(ground, id, asked->LastDay()));
    RETURN_IF_ERROR(FillBoard(at->second, *asked, ground.restated(), board));
  }
  return response;
}

}  // namespace realise
