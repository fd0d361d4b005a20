// realise explain savings | measure

#include "fmt/format.h"
#include "services/realise/basis_options.h"
#include "services/realise/commands.h"
#include "services/realise/connection.h"

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

Sheet ExplainSheet(const v1::ExplainResponse& response, const ExplainOptions& options, bool money) {
  Sheet sheet;
  const std::string what =
      money ? fmt::format("{}, {}, {}, {}{}", options.board, options.financial_class, options.sign,
                          options.recurrence, options.awaiting ? ", awaiting validation" : "")
            : fmt::format("{}, {}", options.measure, options.count);
  sheet.title = fmt::format("What makes the figure: {}, {} to {}\n{}", what, options.from, options.to,
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
  const auto amount_cell = [money](int64_t amount) { return money ? PoundsCell(amount) : WholeCell(amount); };
  for (const v1::Contribution& c : response.contributions()) {
    sheet.rows.push_back({WholeCell(static_cast<int64_t>(c.sequence())),
                          TextCell(c.recorded_at().substr(0, 19) + "Z"), TextCell(c.occurred_on()),
                          TextCell(c.type()), TextCell(c.stream()), TextCell(c.actor_role()),
                          TextCell(c.posted_to_period()), TextCell(c.relates_to_period()),
                          amount_cell(c.amount()), TextCell(c.event_id())});
  }
  sheet.notes = {fmt::format("{} events sum to exactly {}",
                             WholeCell(static_cast<int64_t>(response.contributions_total())).shown,
                             amount_cell(response.total()).shown)};
  return sheet;
}

// Gathers all pages into one answer.
grpc::Status AskAllPages(Connection& connection, v1::ExplainRequest request, v1::ExplainResponse& all) {
  request.set_page_size(kPageSize);
  do {
    grpc::ClientContext context;
    Connection::Prepare(context);
    v1::ExplainResponse page;
    const grpc::Status status = connection.query().Explain(&context, request, &page);
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

void Explain(Globals& globals, const ExplainOptions& options, v1::ExplainRequest request) {
  const auto basis = options.basis.Parse(options.ledger);
  if (!basis.ok()) {
    globals.exit_code = Failed(basis.status());
    return;
  }
  request.set_ledger(options.ledger);
  *request.mutable_basis() = *basis;
  Connection connection(globals.server);
  v1::ExplainResponse response;
  const grpc::Status status = AskAllPages(connection, request, response);
  if (!status.ok()) {
    globals.exit_code = FailedCall(status);
    return;
  }
  PrintSheet(globals.format, ExplainSheet(response, options, request.has_savings()), response);
}

void AddFigure(CLI::App& command, ExplainOptions& options) {
  command.add_option("ledger", options.ledger, "The organisation's ODS code")->required();
  command.add_option("--from", options.from, "First month, 2024/25-M01")->required();
  command.add_option("--to", options.to, "Last month, 2024/25-M12")->required();
  options.basis.AddTo(command);
}

}  // namespace

void AddExplain(CLI::App& app, Globals& globals) {
  CLI::App* explain =
      app.add_subcommand("explain", "List the events that make a figure; they sum to it exactly");
  explain->require_subcommand(1);
  const auto options = SharedOptions<ExplainOptions>();

  CLI::App* savings = explain->add_subcommand("savings", "An amount of a board's savings");
  AddFigure(*savings, *options);
  savings->add_option("--board", options->board, "The board")->required();
  savings->add_option("--class", options->financial_class, "The financial class")
      ->check(CLI::IsMember(EnumTexts(*v1::FinancialClass_descriptor(), "FINANCIAL_CLASS_")))
      ->capture_default_str();
  savings->add_option("--sign", options->sign, "benefit or disbenefit")
      ->check(CLI::IsMember(EnumTexts(*v1::BenefitSign_descriptor(), "BENEFIT_SIGN_")))
      ->capture_default_str();
  savings->add_option("--recurrence", options->recurrence, "recurrent or non-recurrent")
      ->check(CLI::IsMember(EnumTexts(*v1::Recurrence_descriptor(), "RECURRENCE_")))
      ->capture_default_str();
  savings->add_flag("--awaiting", options->awaiting, "What awaits validation, in place of what is validated");
  savings->callback([&globals, options] {
    v1::ExplainRequest request;
    v1::SavingsFigure& figure = *request.mutable_savings();
    figure.set_board_id(options->board);
    figure.set_financial_class(static_cast<v1::FinancialClass>(
        EnumValue(*v1::FinancialClass_descriptor(), "FINANCIAL_CLASS_", options->financial_class)));
    figure.set_sign(static_cast<v1::BenefitSign>(
        EnumValue(*v1::BenefitSign_descriptor(), "BENEFIT_SIGN_", options->sign)));
    figure.set_recurrence(static_cast<v1::Recurrence>(
        EnumValue(*v1::Recurrence_descriptor(), "RECURRENCE_", options->recurrence)));
    figure.set_awaiting_validation(options->awaiting);
    figure.set_period_from(options->from);
    figure.set_period_to(options->to);
    Explain(globals, *options, request);
  });

  CLI::App* measure =
      explain->add_subcommand("measure", "A count of a measure: what bed days and waits are made of");
  AddFigure(*measure, *options);
  measure->add_option("--measure", options->measure, "The measure")->required();
  measure->add_option("--count", options->count, "What is counted")
      ->check(CLI::IsMember({"numerator", "denominator", "bands", "unknown_clock_starts"}))
      ->capture_default_str();
  measure->callback([&globals, options] {
    v1::ExplainRequest request;
    v1::MeasureFigure& figure = *request.mutable_measure();
    figure.set_measure_id(options->measure);
    figure.set_period_from(options->from);
    figure.set_period_to(options->to);
    figure.set_count(options->count);
    Explain(globals, *options, request);
  });
}

}  // namespace realise
