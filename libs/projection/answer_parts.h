// What all answers need: the ground they stand on, checked fields, exact sums, fractions.  Only answers*.cc
// include it.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "libs/measures/exact.h"
#include "libs/projection/answers.h"
#include "libs/projection/structure.h"

namespace realise {

// The commit that an answer goes up to, and how things hang together there.
struct Ground {
  CommitEnd end;
  v1::AnsweredBasis basis;
  SharedStructure shared_structure;

  const Structure& structure() const { return *shared_structure; }
  bool restated() const { return basis.view() == v1::VIEW_RESTATED; }
};
// `ledger` is the question's, which has to be the source's.
[[nodiscard]] absl::StatusOr<Ground> FindGround(const FigureSource& source, const std::string& ledger,
                                                const v1::Basis& basis);

[[nodiscard]] absl::Status InvalidField(std::string_view field, std::string_view what);

// `field` names the text in messages.
[[nodiscard]] absl::StatusOr<Period> ParsePeriodField(std::string_view field, const std::string& text);

// The months of a question, as many as an answer may have.
struct Months {
  Period from;
  Period to;
};
inline constexpr int kMonthsMax = 240;
[[nodiscard]] absl::StatusOr<Months> CheckMonths(Period from, Period to);

// The month that a commit was recorded in, for questions without a month when there is nothing that could
// name one.
[[nodiscard]] Period MonthRecorded(const CommitEnd& end);

// The boards asked for, or all: sorted, each once.   NOT_FOUND  there is no such board at this position.
[[nodiscard]] absl::StatusOr<std::vector<std::string>> AskedBoards(
    const Ground& ground, const google::protobuf::RepeatedPtrField<std::string>& asked);

// A board's name by the basis; `day` counts for AS_WAS only.   REQUIRES: the board exists.
[[nodiscard]] const std::string& BoardName(const Ground& ground, const std::string& board_id, Date day);

// The balance of a cell; 0 if it was never posted to.
[[nodiscard]] int64_t BalanceOf(const Cells& cells, Cell cell);

// Adds to `sum`.   OUT_OF_RANGE  it does not fit into 64 bits.  In the header because answers add up
// thousands.
[[nodiscard]] absl::Status SumOutOfRange();
[[nodiscard]] inline absl::Status AddTo(int64_t& sum, int64_t amount) {
  return __builtin_add_overflow(sum, amount, &sum) ? SumOutOfRange() : absl::OkStatus();
}

[[nodiscard]] v1::Fraction FractionOf(const Rational& value, int decimals);

}  // namespace realise
