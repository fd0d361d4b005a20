#include <algorithm>
#include <charconv>

#include "absl/status/status.h"
#include "absl/strings/str_split.h"
#include "fmt/format.h"
#include "libs/base/balance.h"
#include "libs/base/sha256.h"
#include "libs/base/status_macros.h"
#include "libs/domain/decide.h"
#include "libs/projection/answer_parts.h"
#include "libs/projection/contributions.h"

namespace realise {

namespace {

constexpr uint32_t kPageSizeDefault = 100;
constexpr uint32_t kPageSizeMax = 1000;

// What one event does to the figure.
struct Part {
  Sequence sequence = 0;
  Balance amount = 0;
  Period posted;
  Period related;
};

// How many there are, their sum, and the page that is asked for.
struct Parts {
  uint64_t count = 0;
  Balance sum = 0;
  std::vector<Part> page;
};

// What is asked for besides the figure.
struct Wanted {
  Sequence up_to = 0;
  ContributionPage page;
};

// Where a page begins, and the basis of the page before.  As text:
//   token := sequence "." digest "." view "." boards "." offset "." check
// with the digest of the commit in full and a check over all that and the figure asked for, so that a token
// of another question is refused.
struct PageToken {
  v1::Basis basis;
  uint64_t offset = 0;
};

std::string CheckOf(const v1::ExplainRequest& request, std::string_view body) {
  v1::ExplainRequest figure = request;
  figure.clear_basis();
  figure.clear_page_size();
  figure.clear_page_token();
  const Digest digest = Sha256(fmt::format("{}\n{}", body, figure.SerializeAsString()));
  return ToHex(digest.view().substr(0, 8));
}

std::string WriteToken(const v1::ExplainRequest& request, const Ground& ground, uint64_t offset) {
  const std::string body =
      fmt::format("{}.{}.{}.{}.{}", ground.end.sequence, ToHex(ground.end.digest.view()),
                  static_cast<int>(ground.basis.view()), static_cast<int>(ground.basis.boards()), offset);
  return fmt::format("{}.{}", body, CheckOf(request, body));
}

template <typename Number>
bool ReadNumber(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

absl::StatusOr<PageToken> ReadToken(const v1::ExplainRequest& request) {
  absl::Status bad = InvalidField("page_token", "is not the next_page_token of an answer to this question");
  const std::string& text = request.page_token();
  const size_t last = text.rfind('.');
  if (last == std::string::npos || text.substr(last + 1) != CheckOf(request, text.substr(0, last)))
    return bad;
  const std::vector<std::string> fields = absl::StrSplit(text, '.');
  PageToken token;
  int view = 0;
  int boards = 0;
  if (fields.size() != 6 || !ReadNumber(fields[2], view) || !ReadNumber(fields[3], boards) ||
      !ReadNumber(fields[4], token.offset)) {
    return bad;
  }
  token.basis.set_position(fmt::format("{}@{}#{}", request.ledger(), fields[0], fields[1]));
  token.basis.set_view(static_cast<v1::View>(view));
  token.basis.set_boards(static_cast<v1::BoardMapping>(boards));
  return token;
}

absl::StatusOr<Months> ParseMonths(std::string_view figure, const std::string& from, const std::string& to) {
  ASSIGN_OR_RETURN(const Period first, ParsePeriodField(fmt::format("{}.period_from", figure), from));
  ASSIGN_OR_RETURN(const Period last, ParsePeriodField(fmt::format("{}.period_to", figure), to));
  return CheckMonths(first, last);
}

// Savings since the start have no first month, so they are not limited to as many months as an answer may
// list.
absl::StatusOr<Months> SavingsMonths(const v1::SavingsFigure& figure) {
  if (!figure.period_from().empty()) return ParseMonths("savings", figure.period_from(), figure.period_to());
  ASSIGN_OR_RETURN(const Period last, ParsePeriodField("savings.period_to", figure.period_to()));
  return Months{Period::FromIndex(1900 * 12), last};
}

// Whoever is of another release may send numbers that mean nothing here.
bool NamesLine(const v1::SavingsFigure& figure) {
  return figure.financial_class() != v1::FINANCIAL_CLASS_UNSPECIFIED &&
         v1::FinancialClass_IsValid(figure.financial_class()) &&
         figure.sign() != v1::BENEFIT_SIGN_UNSPECIFIED && v1::BenefitSign_IsValid(figure.sign()) &&
         figure.recurrence() != v1::RECURRENCE_UNSPECIFIED && v1::Recurrence_IsValid(figure.recurrence());
}

// `months_of` gives those that a cell was posted to and relates to.
template <typename MonthsOf>
absl::StatusOr<Parts> PartsOfAccount(const FigureSource& source, const AskedCells& asked,
                                     const Wanted& wanted, MonthsOf months_of) {
  ASSIGN_OR_RETURN(const Contributions found, ContributionsTo(source, asked, wanted.up_to, wanted.page));
  Parts parts{.count = found.count, .sum = found.sum, .page = {}};
  for (const Contribution& contribution : found.page) {
    const auto [posted, related] = months_of(contribution.cell);
    parts.page.push_back(
        {contribution.sequence, contribution.amount, Period::FromIndex(posted), Period::FromIndex(related)});
  }
  return parts;
}

absl::StatusOr<Parts> SavingsParts(const FigureSource& source, const Ground& ground,
                                   const v1::SavingsFigure& figure, const Wanted& wanted) {
  if (!ground.structure().boards().contains(figure.board_id())) {
    return absl::NotFoundError(
        fmt::format("there is no board \"{}\" at {}", figure.board_id(), ground.basis.receipt()));
  }
  if (!NamesLine(figure)) {
    return InvalidField("savings", "names one line: financial_class, sign and recurrence");
  }
  ASSIGN_OR_RETURN(const Months months, SavingsMonths(figure));
  const SavingsCell line{.financial_class = figure.financial_class(),
                         .sign = figure.sign(),
                         .recurrence = figure.recurrence(),
                         .rung = figure.awaiting_validation() ? Rung::kAwaiting : Rung::kValidated};
  AskedCells asked{.account = SavingsAccount(figure.board_id()), .name = {}, .has = {}};
  asked.name = fmt::format("{} {} {} {} {}", line.Pack(), ground.restated(), months.from.index(),
                           months.to.index(), asked.account);
  asked.has = [&](Cell packed) {
    SavingsCell cell = SavingsCell::Unpack(packed);
    const int32_t month = ground.restated() ? cell.related : cell.posted;
    cell.posted = cell.related = 0;
    return cell == line && month >= months.from.index() && month <= months.to.index();
  };
  return PartsOfAccount(source, asked, wanted, [](Cell packed) {
    const SavingsCell cell = SavingsCell::Unpack(packed);
    return std::pair(cell.posted, cell.related);
  });
}

absl::StatusOr<Parts> CountParts(const FigureSource& source, const std::string& measure_id, CountKind kind,
                                 const Months& months, const Wanted& wanted) {
  AskedCells asked{.account = CountsAccount(measure_id), .name = {}, .has = {}};
  asked.name = fmt::format("{} {} {} {}", static_cast<int>(kind), months.from.index(), months.to.index(),
                           asked.account);
  asked.has = [&](Cell packed) {
    const CountCell cell = CountCell::Unpack(packed);
    return cell.kind == kind && cell.month >= months.from.index() && cell.month <= months.to.index();
  };
  return PartsOfAccount(source, asked, wanted, [](Cell packed) {
    const CountCell cell = CountCell::Unpack(packed);
    return std::pair(cell.month, cell.month);
  });
}

// From as many accounts as there are months, each with the few events that recorded and corrected it.
absl::StatusOr<Parts> BandParts(const FigureSource& source, const std::string& measure_id,
                                const Months& months, bool unknown, const Wanted& wanted) {
  std::vector<Part> all;
  Parts parts;
  for (Period month = months.from; month <= months.to; month = month.Next()) {
    ASSIGN_OR_RETURN(const std::vector<AccountPosting> postings,
                     source.PostingsUpTo(BandsAccount(measure_id, month.index()), wanted.up_to));
    for (const AccountPosting& posting : postings) {
      if (unknown ? posting.cell != kBandUnknownClockStarts : posting.cell >= kBands) continue;
      // An event is about one month, so that no two parts share a sequence.
      if (all.empty() || all.back().sequence != posting.sequence) {
        all.push_back({posting.sequence, 0, month, month});
      }
      all.back().amount += posting.delta;
      parts.sum += posting.delta;
    }
  }
  std::ranges::sort(all, {}, &Part::sequence);
  parts.count = all.size();
  const uint64_t begin = std::min(wanted.page.offset, parts.count);
  const uint64_t end = begin + std::min(wanted.page.size, parts.count - begin);
  parts.page.assign(all.begin() + static_cast<ptrdiff_t>(begin), all.begin() + static_cast<ptrdiff_t>(end));
  return parts;
}

absl::StatusOr<Parts> MeasureParts(const FigureSource& source, const Ground& ground,
                                   const v1::MeasureFigure& figure, const Wanted& wanted) {
  const auto at = ground.structure().measures().find(figure.measure_id());
  if (at == ground.structure().measures().end()) {
    return absl::NotFoundError(
        fmt::format("there is no measure \"{}\" at {}", figure.measure_id(), ground.basis.receipt()));
  }
  ASSIGN_OR_RETURN(const Months months, ParseMonths("measure", figure.period_from(), figure.period_to()));
  const bool unknown = figure.count() == "unknown_clock_starts";
  if (at->second.definition.unit() == v1::MEASURE_UNIT_WEEKLY_WAIT_BANDS) {
    if (!unknown && figure.count() != "bands") {
      return InvalidField("measure.count", "is \"bands\" or \"unknown_clock_starts\" for a measure of waits");
    }
    return BandParts(source, figure.measure_id(), months, unknown, wanted);
  }
  if (figure.count() != "numerator" && figure.count() != "denominator") {
    return InvalidField("measure.count",
                        "is \"numerator\" or \"denominator\" for a measure that is not of waits");
  }
  const CountKind kind = figure.count() == "numerator" ? CountKind::kNumerator : CountKind::kDenominator;
  return CountParts(source, figure.measure_id(), kind, months, wanted);
}

absl::StatusOr<Parts> PartsOf(const FigureSource& source, const Ground& ground,
                              const v1::ExplainRequest& request, const Wanted& wanted) {
  switch (request.figure_case()) {
    case v1::ExplainRequest::kSavings:
      return SavingsParts(source, ground, request.savings(), wanted);
    case v1::ExplainRequest::kMeasure:
      return MeasureParts(source, ground, request.measure(), wanted);
    case v1::ExplainRequest::FIGURE_NOT_SET:
      break;
  }
  return InvalidField("figure", "is missing: name an amount of savings or the counts of a measure");
}

absl::StatusOr<v1::Contribution> ContributionOf(const Part& part, const RecordedEvent& recorded) {
  const std::optional<int64_t> amount = Narrow(part.amount);
  if (!amount) return SumOutOfRange();
  v1::Contribution contribution;
  contribution.set_sequence(part.sequence);
  contribution.set_event_id(recorded.event.id());
  contribution.set_type(std::string(TypeOf(recorded.event)));
  contribution.set_stream(recorded.event.stream());
  contribution.set_occurred_on(recorded.event.occurred_on());
  contribution.set_recorded_at(FormatInstant(recorded.recorded_at));
  contribution.set_actor_role(recorded.event.actor_role());
  contribution.set_amount(*amount);
  contribution.set_posted_to_period(part.posted.ToString());
  contribution.set_relates_to_period(part.related.ToString());
  return contribution;
}

}  // namespace

absl::StatusOr<v1::ExplainResponse> AnswerExplain(const FigureSource& source,
                                                  const v1::ExplainRequest& request,
                                                  const EventLookup& lookup) {
  if (request.page_size() > kPageSizeMax) {
    return InvalidField("page_size", fmt::format("is at most {}", kPageSizeMax));
  }
  const uint64_t page_size = request.page_size() == 0 ? kPageSizeDefault : request.page_size();
  PageToken token{request.basis(), 0};
  if (!request.page_token().empty()) {
    ASSIGN_OR_RETURN(token, ReadToken(request));
  }
  ASSIGN_OR_RETURN(const Ground ground, FindGround(source, request.ledger(), token.basis));
  const Wanted wanted{ground.end.sequence, {.offset = token.offset, .size = page_size}};
  ASSIGN_OR_RETURN(const Parts parts, PartsOf(source, ground, request, wanted));

  v1::ExplainResponse response;
  *response.mutable_basis() = ground.basis;
  // The figure has to fit, not every sum on the way to it.
  const std::optional<int64_t> total = Narrow(parts.sum);
  if (!total) return SumOutOfRange();
  response.set_total(*total);
  response.set_contributions_total(parts.count);
  std::vector<Sequence> sequences;
  for (const Part& part : parts.page) sequences.push_back(part.sequence);
  ASSIGN_OR_RETURN(const std::vector<RecordedEvent> events, lookup(sequences));
  for (size_t i = 0; i < parts.page.size(); ++i) {
    ASSIGN_OR_RETURN(*response.add_contributions(), ContributionOf(parts.page[i], events[i]));
  }
  const uint64_t end = token.offset + parts.page.size();
  if (end < parts.count) response.set_next_page_token(WriteToken(request, ground, end));
  return response;
}

}  // namespace realise
