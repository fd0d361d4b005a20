// realise explain savings | measure
#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "fmt/format.h"
#include "libs/base/money.h"
#include "services/realise/basis_options.h"
#include "services/realise/commands.h"
#include "services/realise/connection.h"
#include "services/realise/exit_codes.h"
#include "services/realise/option_forms.h"
#include "services/realise/usage.h"

namespace realise {
namespace {

constexpr uint32_t kPageSize = 1000;

struct ExplainOptions {
  std::string ledger;
  std::string board;
  std::string financial_class = "cash-releasing";
  std::string sign = "benefit";
  std::string recurrence = "recurrent";
  bool awaiting = false;
  bool net_cash = false;
  std::string measure;
  std::string count = "numerator";
  std::string from;
  std::string to;
  BasisOptions basis;
};

// The value of an enum by the text that EnumText gives it; 0, the unspecified one, if there is none.
int EnumValue(const google::protobuf::EnumDescriptor& type, std::string_view prefix,
              const std::string& text) {
  for (int i = 0; i < type.value_count(); ++i) {
    if (EnumText(type.value(i)->name(), prefix) == text) return type.value(i)->number();
  }
  return 0;
}

std::vector<std::string> EnumTexts(const google::protobuf::EnumDescriptor& type, std::string_view prefix) {
  std::vector<std::string> texts;
  for (int i = 1; i < type.value_count(); ++i) texts.push_back(EnumText(type.value(i)->name(), prefix));
  return texts;
}

// What is explained, and, for net cash, the line of each contribution.
struct Explained {
  bool money = false;
  v1::ExplainResponse response;
  std::vector<std::string> lines;  // beside the contributions; empty if all are of one line
};

std::string FigureName(const ExplainOptions& options, bool money) {
  if (!money) return fmt::format("{}, {}", options.measure, options.count);
  if (options.net_cash) return fmt::format("{}, net cash", options.board);
  return fmt::format("{}, {}, {}, {}{}", options.board, options.financial_class, options.sign,
                     options.recurrence, options.awaiting ? ", awaiting validation" : "");
}

Sheet ExplainSheet(const Explained& explained, const ExplainOptions& options) {
  const bool money = explained.money;
  const v1::ExplainResponse& response = explained.response;
  Sheet sheet;
  sheet.title = fmt::format("What makes the figure: {}, {} to {}\n{}", FigureName(options, money),
                            options.from.empty() ? "from the start" : options.from, options.to,
                            DescribeBasis(response.basis()));
  sheet.columns = {{"Position", "sequence", true},
                   {"Recorded", "recorded_at", false},
                   {"Happened", "occurred_on", false},
                   {"Event", "type", false},
                   {"Stream", "stream", false},
                   {"Role", "actor_role", false},
                   {"Posted to", "posted_to_period", false},
                   {"Relates to", "relates_to_period", false},
                   {money ? "Pounds" : "Count", money ? "amount_gbp" : "amount", true},
                   {"Event id", "event_id", false}};
  const bool by_line = options.net_cash;
  if (by_line) sheet.columns.push_back({"Line", "line", false});
  const auto amount_cell = [money](int64_t amount) { return money ? PoundsCell(amount) : WholeCell(amount); };
  for (const v1::Contribution& c : response.contributions()) {
    sheet.rows.push_back({WholeCell(static_cast<int64_t>(c.sequence())),
                          TextCell(c.recorded_at().substr(0, 19) + "Z"), TextCell(c.occurred_on()),
                          TextCell(c.type()), TextCell(c.stream()), TextCell(c.actor_role()),
                          TextCell(c.posted_to_period()), TextCell(c.relates_to_period()),
                          amount_cell(c.amount()), TextCell(c.event_id())});
    if (by_line) sheet.rows.back().push_back(TextCell(explained.lines[sheet.rows.size() - 1]));
  }
  const uint64_t count = response.contributions_total();
  sheet.notes = {fmt::format("{} {} to exactly {}", WholeCell(static_cast<int64_t>(count)).shown,
                             count == 1 ? "event sums" : "events sum", amount_cell(response.total()).shown)};
  return sheet;
}

// Gathers all pages into one answer.
grpc::Status AskAllPages(Connection& connection, v1::ExplainRequest request, v1::ExplainResponse& all) {
  request.set_page_size(kPageSize);
  do {
    grpc::ClientContext context;
    Connection::Prepare(context);
    v1::ExplainResponse page;
    grpc::Status status = connection.query().Explain(&context, request, &page);
    if (!status.ok()) return status;
    request.set_page_token(page.next_page_token());
    if (all.contributions().empty()) {
      all = std::move(page);
    } else {
      all.mutable_contributions()->MergeFrom(page.contributions());
    }
  } while (!request.page_token().empty());
  all.clear_next_page_token();
  return grpc::Status::OK;
}

// The lines that net cash is made of: cash-releasing and income, less their dis-benefits, which are negative.
std::vector<v1::SavingsFigure> NetCashLines(const v1::SavingsFigure& figure) {
  std::vector<v1::SavingsFigure> lines;
  for (const auto financial_class :
       {v1::FINANCIAL_CLASS_CASH_RELEASING, v1::FINANCIAL_CLASS_INCOME_GENERATION}) {
    for (const auto sign : {v1::BENEFIT_SIGN_BENEFIT, v1::BENEFIT_SIGN_DISBENEFIT}) {
      for (const auto recurrence : {v1::RECURRENCE_RECURRENT, v1::RECURRENCE_NON_RECURRENT}) {
        lines.push_back(figure);
        lines.back().set_financial_class(financial_class);
        lines.back().set_sign(sign);
        lines.back().set_recurrence(recurrence);
      }
    }
  }
  return lines;
}

std::string LineName(const v1::SavingsFigure& line) {
  return fmt::format("{}, {}, {}",
                     EnumText(v1::FinancialClass_Name(line.financial_class()), "FINANCIAL_CLASS_"),
                     EnumText(v1::BenefitSign_Name(line.sign()), "BENEFIT_SIGN_"),
                     EnumText(v1::Recurrence_Name(line.recurrence()), "RECURRENCE_"));
}

// Asks for every line, all at the position of the first answer, and puts them together in the order of the
// log.
grpc::Status AskNetCash(Connection& connection, v1::ExplainRequest request, Explained& explained) {
  struct LinePart {
    v1::Contribution contribution;
    std::string line;
  };
  std::vector<LinePart> parts;
  int64_t total = 0;
  for (const v1::SavingsFigure& line : NetCashLines(request.savings())) {
    *request.mutable_savings() = line;
    v1::ExplainResponse answer;
    grpc::Status status = AskAllPages(connection, request, answer);
    if (!status.ok()) return status;
    const std::optional<int64_t> sum = CheckedAdd(total, answer.total());
    if (!sum) return {grpc::StatusCode::OUT_OF_RANGE, "a sum does not fit into 64 bits"};
    total = *sum;
    for (v1::Contribution& contribution : *answer.mutable_contributions()) {
      parts.push_back({std::move(contribution), LineName(line)});
    }
    *explained.response.mutable_basis() = answer.basis();
    request.mutable_basis()->set_position(answer.basis().receipt());
  }
  std::ranges::stable_sort(parts, {}, [](const LinePart& part) { return part.contribution.sequence(); });
  for (LinePart& part : parts) {
    *explained.response.add_contributions() = std::move(part.contribution);
    explained.lines.push_back(std::move(part.line));
  }
  explained.response.set_total(total);
  explained.response.set_contributions_total(parts.size());
  return grpc::Status::OK;
}

int Explain(const Globals& globals, const ExplainOptions& options, v1::ExplainRequest request) {
  const auto basis = options.basis.Parse(options.ledger);
  if (!basis.ok()) return WrongUsage(std::string(basis.status().message()));
  if (!MonthsInOrder(options.from, options.to)) return WrongUsage(kFromAfterTo);
  request.set_ledger(options.ledger);
  *request.mutable_basis() = *basis;
  Connection connection(globals.server);
  Explained explained;
  explained.money = request.has_savings();
  const grpc::Status status = options.net_cash ? AskNetCash(connection, request, explained)
                                               : AskAllPages(connection, request, explained.response);
  if (!status.ok()) return FailedCall(status);
  PrintSheet(globals.format, ExplainSheet(explained, options), explained.response);
  return kExitOk;
}

void AddFigure(CLI::App& command, ExplainOptions& options) {
  command.add_option("ledger", options.ledger, "The organisation's ODS code")
      ->required()
      ->check(LedgerForm());
  command.add_option("--to", options.to, "Last month, 2024/25-M12")->required()->check(MonthForm());
  options.basis.AddTo(command);
}

void AddSavings(CLI::App& command, ExplainOptions& options) {
  AddFigure(command, options);
  command.add_option("--from", options.from, "First month; from the start on if left out")
      ->check(MonthForm());
  command.add_option("--board", options.board, "The board")->required()->check(IdForm());
  CLI::Option* net_cash =
      command.add_flag("--net-cash", options.net_cash,
                       "The board's net cash: cash-releasing and income, less their dis-benefits");
  command.add_option("--class", options.financial_class, "The financial class")
      ->check(OneOf(EnumTexts(*v1::FinancialClass_descriptor(), "FINANCIAL_CLASS_")))
      ->capture_default_str()
      ->excludes(net_cash);
  command.add_option("--sign", options.sign, "benefit or disbenefit")
      ->check(OneOf(EnumTexts(*v1::BenefitSign_descriptor(), "BENEFIT_SIGN_")))
      ->capture_default_str()
      ->excludes(net_cash);
  command.add_option("--recurrence", options.recurrence, "recurrent or non-recurrent")
      ->check(OneOf(EnumTexts(*v1::Recurrence_descriptor(), "RECURRENCE_")))
      ->capture_default_str()
      ->excludes(net_cash);
  command.add_flag("--awaiting", options.awaiting, "What awaits validation, in place of what is validated")
      ->excludes(net_cash);
}

v1::ExplainRequest SavingsRequest(const ExplainOptions& options) {
  v1::ExplainRequest request;
  v1::SavingsFigure& figure = *request.mutable_savings();
  figure.set_board_id(options.board);
  figure.set_financial_class(static_cast<v1::FinancialClass>(
      EnumValue(*v1::FinancialClass_descriptor(), "FINANCIAL_CLASS_", options.financial_class)));
  figure.set_sign(
      static_cast<v1::BenefitSign>(EnumValue(*v1::BenefitSign_descriptor(), "BENEFIT_SIGN_", options.sign)));
  figure.set_recurrence(static_cast<v1::Recurrence>(
      EnumValue(*v1::Recurrence_descriptor(), "RECURRENCE_", options.recurrence)));
  figure.set_awaiting_validation(options.awaiting);
  figure.set_period_from(options.from);
  figure.set_period_to(options.to);
  return request;
}

}  // namespace

void AddExplain(CLI::App& app, Globals& globals) {
  CLI::App* explain =
      app.add_subcommand("explain", "List the events that make a figure; they sum to it exactly");
  explain->require_subcommand(1);
  const auto options = SharedOptions<ExplainOptions>();

  CLI::App* savings = explain->add_subcommand("savings", "An amount of a board's savings");
  AddSavings(*savings, *options);
  savings->callback(
      [&globals, options] { globals.exit_code = Explain(globals, *options, SavingsRequest(*options)); });

  CLI::App* measure =
      explain->add_subcommand("measure", "A count of a measure: what bed days and waits are made of");
  AddFigure(*measure, *options);
  measure->add_option("--from", options->from, "First month, 2024/25-M01")->required()->check(MonthForm());
  measure->add_option("--measure", options->measure, "The measure")->required()->check(IdForm());
  measure->add_option("--count", options->count, "What is counted")
      ->check(OneOf({"numerator", "denominator", "bands", "unknown_clock_starts"}))
      ->capture_default_str();
  measure->callback([&globals, options] {
    v1::ExplainRequest request;
    v1::MeasureFigure& figure = *request.mutable_measure();
    figure.set_measure_id(options->measure);
    figure.set_period_from(options->from);
    figure.set_period_to(options->to);
    figure.set_count(options->count);
    globals.exit_code = Explain(globals, *options, request);
  });
}

}  // namespace realise
