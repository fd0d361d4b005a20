#include <algorithm>
#include <set>

#include "absl/status/status.h"
#include "fmt/format.h"
#include "libs/base/status_macros.h"
#include "libs/projection/answer_parts.h"

namespace realise {

namespace {

std::string PositionText(const FigureSource& source, Sequence sequence) {
  return Receipt{source.ledger(), sequence, std::nullopt}.ToString();
}

absl::StatusOr<CommitEnd> CommitAtPosition(const FigureSource& source, const std::string& text) {
  const std::optional<Receipt> receipt = Receipt::Parse(text);
  if (!receipt) {
    return InvalidField("basis.position",
                        fmt::format("is neither a position, \"{}@1234\", nor a receipt", source.ledger()));
  }
  if (receipt->ledger != source.ledger()) {
    return InvalidField("basis.position", fmt::format("is of ledger {}, and the question of {}",
                                                      receipt->ledger, source.ledger()));
  }
  const absl::StatusOr<std::vector<CommitEnd>> commits = source.CommitsEndingAt(receipt->sequence);
  if (absl::IsNotFound(commits.status())) {
    const Sequence latest = source.Latest().sequence;
    if (receipt->sequence > latest) {
      return absl::NotFoundError(fmt::format("{} is not there: the latest position is {}",
                                             PositionText(source, receipt->sequence),
                                             PositionText(source, latest)));
    }
    ASSIGN_OR_RETURN(const CommitEnd holding, source.CommitHolding(receipt->sequence));
    return InvalidField(
        "basis.position",
        fmt::format("{} lies inside a commit; the nearest end of a commit is {}",
                    PositionText(source, receipt->sequence), PositionText(source, holding.sequence)));
  }
  RETURN_IF_ERROR(commits.status());
  if (!receipt->digest) return commits->back();
  const auto same = std::ranges::find(*commits, *receipt->digest, &CommitEnd::digest);
  if (same != commits->end()) return *same;
  return absl::FailedPreconditionError(fmt::format(
      "RECEIPT_MISMATCH: the receipt for {} does not belong to this history, whose receipt there is {}",
      PositionText(source, receipt->sequence),
      Receipt{source.ledger(), receipt->sequence, commits->back().digest}.ToString()));
}

absl::StatusOr<CommitEnd> CommitThatClosed(const FigureSource& source, const std::string& text) {
  ASSIGN_OR_RETURN(const Period month, ParsePeriodField("basis.closed_period", text));
  ASSIGN_OR_RETURN(const auto structure, source.StructureAt(source.Latest().sequence));
  if (const std::optional<Sequence> closed = structure->ClosedAt(month)) return source.CommitHolding(*closed);
  return absl::NotFoundError(fmt::format("{} is not closed in ledger {}", text, source.ledger()));
}

// Before its first event a ledger has no figures, and no month that could be named.
absl::StatusOr<CommitEnd> CommitAtTime(const FigureSource& source, Instant time) {
  absl::StatusOr<CommitEnd> commit = source.CommitAtTime(time);
  const bool empty = absl::IsNotFound(commit.status()) || (commit.ok() && commit->sequence == 0);
  if (!empty) return commit;
  const absl::StatusOr<CommitEnd> first = source.CommitHolding(1);
  if (!first.ok() && commit.ok()) return commit;  // it is empty to this day
  return absl::NotFoundError(fmt::format(
      "BEFORE_FIRST_COMMIT: basis.time: at {} nothing was recorded in ledger {} yet{}", FormatInstant(time),
      source.ledger(),
      first.ok() ? fmt::format("; its first events were recorded at {}", FormatInstant(first->recorded_at))
                 : std::string()));
}

absl::StatusOr<CommitEnd> CommitOf(const FigureSource& source, const v1::Basis& basis) {
  switch (basis.as_at_case()) {
    case v1::Basis::kPosition:
      return CommitAtPosition(source, basis.position());
    case v1::Basis::kTime: {
      const std::optional<Instant> time = ParseInstant(basis.time());
      if (!time) return InvalidField("basis.time", "is not a time in UTC, \"2025-04-09T08:15:00Z\"");
      return CommitAtTime(source, *time);
    }
    case v1::Basis::kClosedPeriod:
      return CommitThatClosed(source, basis.closed_period());
    case v1::Basis::AS_AT_NOT_SET:
      break;
  }
  return source.Latest();
}

}  // namespace

absl::StatusOr<ResolvedBasis> ResolveBasis(const FigureSource& source, const v1::Basis& basis) {
  if (!v1::View_IsValid(basis.view())) return InvalidField("basis.view", "is not a view that is known");
  if (!v1::BoardMapping_IsValid(basis.boards()))
    return InvalidField("basis.boards", "is not a mapping that is known");
  ResolvedBasis resolved;
  ASSIGN_OR_RETURN(resolved.end, CommitOf(source, basis));
  v1::AnsweredBasis& answered = resolved.answered;
  answered.set_receipt(Receipt{source.ledger(), resolved.end.sequence, resolved.end.digest}.ToString());
  answered.set_recorded_at(FormatInstant(resolved.end.recorded_at));
  answered.set_fold_version(source.fold_version());
  answered.set_view(basis.view() == v1::VIEW_UNSPECIFIED ? v1::VIEW_AS_REPORTED : basis.view());
  answered.set_boards(basis.boards() == v1::BOARD_MAPPING_UNSPECIFIED ? v1::BOARD_MAPPING_AS_NOW
                                                                      : basis.boards());
  answered.set_demonstration(source.demonstration());
  return resolved;
}

absl::StatusOr<Ground> FindGround(const FigureSource& source, const std::string& ledger,
                                  const v1::Basis& basis) {
  if (ledger != source.ledger()) {
    return InvalidField("ledger", fmt::format("is not {}, which this was asked of", source.ledger()));
  }
  ASSIGN_OR_RETURN(ResolvedBasis resolved, ResolveBasis(source, basis));
  ASSIGN_OR_RETURN(SharedStructure structure, source.StructureAt(resolved.end.sequence));
  return Ground{resolved.end, std::move(resolved.answered), std::move(structure)};
}

absl::Status InvalidField(std::string_view field, std::string_view what) {
  return absl::InvalidArgumentError(fmt::format("{}: {}", field, what));
}

absl::StatusOr<Period> ParsePeriodField(std::string_view field, const std::string& text) {
  const std::optional<Period> month = Period::Parse(text);
  if (!month)
    return InvalidField(field, "is not a month of the financial year, \"2024/25-M03\" for June 2024");
  return *month;
}

absl::StatusOr<Months> CheckMonths(Period from, Period to) {
  if (to < from)
    return InvalidField("period_from", fmt::format("{} is after {}", from.ToString(), to.ToString()));
  if (to.index() - from.index() >= kMonthsMax) {
    return InvalidField("period_from", fmt::format("lies more than {} months before period_to", kMonthsMax));
  }
  return Months{from, to};
}

Period MonthRecorded(const CommitEnd& end) {
  return Period::Of(std::chrono::floor<std::chrono::days>(end.recorded_at));
}

absl::StatusOr<std::vector<std::string>> AskedBoards(
    const Ground& ground, const google::protobuf::RepeatedPtrField<std::string>& asked) {
  const std::map<std::string, BoardFacts>& boards = ground.structure().boards();
  std::vector<std::string> ids;
  if (asked.empty()) {
    for (const auto& [id, board] : boards) ids.push_back(id);
    return ids;
  }
  for (const std::string& id : std::set<std::string>(asked.begin(), asked.end())) {
    if (!boards.contains(id)) {
      return absl::NotFoundError(fmt::format("there is no board \"{}\" at {}", id, ground.basis.receipt()));
    }
    ids.push_back(id);
  }
  return ids;
}

const std::string& BoardName(const Ground& ground, const std::string& board_id, Date day) {
  return ground.structure().boards().at(board_id).Name(ground.basis.boards(), day);
}

int64_t BalanceOf(const Cells& cells, Cell cell) {
  const auto at = cells.find(cell);
  return at == cells.end() ? 0 : at->second;
}

absl::Status SumOutOfRange() { return absl::OutOfRangeError("a sum does not fit into 64 bits"); }

v1::Fraction FractionOf(const Rational& value, int decimals) {
  v1::Fraction fraction;
  fraction.set_numerator(NumeratorText(value));
  fraction.set_denominator(DenominatorText(value));
  fraction.set_display(Display(value, decimals));
  return fraction;
}

absl::StatusOr<v1::ListBoardsResponse> AnswerBoards(const FigureSource& source,
                                                    const v1::ListBoardsRequest& request) {
  ASSIGN_OR_RETURN(const Ground ground, FindGround(source, request.ledger(), request.basis()));
  // No month is asked for, so AS_WAS means the day on which the position was recorded.
  const Date day = std::chrono::floor<std::chrono::days>(ground.end.recorded_at);
  v1::ListBoardsResponse response;
  *response.mutable_basis() = ground.basis;
  for (const auto& [id, facts] : ground.structure().boards()) {
    v1::Board& board = *response.add_boards();
    board.set_board_id(id);
    board.set_name(BoardName(ground, id, day));
    board.set_theme(facts.theme);
    board.set_effective_from(FormatDate(facts.effective_from));
    if (facts.closed_from) board.set_closed_from(FormatDate(*facts.closed_from));
  }
  return response;
}

}  // namespace realise
