// Answers: a question and a source of figures in, the answer that goes to the person who asked out.  Pure but
// for what the source reads.  Every answer echoes its basis, resolved; rounding happens here, once.
//
// Errors of all functions:
//   INVALID_ARGUMENT     the question is malformed; the message names the field and what would be right.
//   NOT_FOUND            no such board, measure, commit or closed period at that position; for a time before
//                        the ledger's first event the message begins "BEFORE_FIRST_COMMIT".
//   FAILED_PRECONDITION  a receipt whose digest is not this history's; the message begins "RECEIPT_MISMATCH".
//   OUT_OF_RANGE         a sum does not fit into 64 bits.
#pragma once

#include <functional>
#include <vector>

#include "absl/status/statusor.h"
#include "libs/projection/figure_source.h"
#include "realise/v1/query_service.pb.h"

namespace realise {

// The position that a basis means in `source`, with the answer's echo of it.  `at_least` is not looked at:
// waiting is for the caller.
struct ResolvedBasis {
  CommitEnd end;
  v1::AnsweredBasis answered;
};
[[nodiscard]] absl::StatusOr<ResolvedBasis> ResolveBasis(const FigureSource& source, const v1::Basis& basis);

[[nodiscard]] absl::StatusOr<v1::ListBoardsResponse> AnswerBoards(const FigureSource& source,
                                                                  const v1::ListBoardsRequest& request);
[[nodiscard]] absl::StatusOr<v1::QuerySavingsResponse> AnswerSavings(const FigureSource& source,
                                                                     const v1::QuerySavingsRequest& request);
[[nodiscard]] absl::StatusOr<v1::QueryBedDaysResponse> AnswerBedDays(const FigureSource& source,
                                                                     const v1::QueryBedDaysRequest& request);
[[nodiscard]] absl::StatusOr<v1::QueryWaitsResponse> AnswerWaits(const FigureSource& source,
                                                                 const v1::QueryWaitsRequest& request);

// Reads the events at sequences that rise, and when they were recorded, from the log; for Explain, whose page
// needs ids, dates, roles.
struct RecordedEvent {
  v1::Event event;
  Instant recorded_at{};
};
using EventLookup =
    std::function<absl::StatusOr<std::vector<RecordedEvent>>(const std::vector<Sequence>& sequences)>;
[[nodiscard]] absl::StatusOr<v1::ExplainResponse> AnswerExplain(const FigureSource& source,
                                                                const v1::ExplainRequest& request,
                                                                const EventLookup& lookup);

}  // namespace realise
