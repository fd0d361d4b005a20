// realise replay: an audit.  Reads the raw commits, checks the chain, folds them in this process without any
// view, and compares every board's figures with what the server answers.
#include <vector>

#include "fmt/format.h"
#include "libs/base/status_macros.h"
#include "libs/projection/answers.h"
#include "libs/projection/memory_fold.h"
#include "libs/projection/projection.h"
#include "services/realise/answer_sheets.h"
#include "services/realise/basis_options.h"
#include "services/realise/commands.h"
#include "services/realise/connection.h"
#include "services/realise/exit_codes.h"
#include "services/realise/option_forms.h"
#include "services/realise/usage.h"

namespace realise {
namespace {

struct ReplayOptions {
  std::string ledger;
  bool verify = false;
  std::string figures = "savings";
  std::string period;
  BasisOptions basis;
};

// Reads all commits and folds them.
absl::Status FoldFromLog(Connection& connection, MemoryFold& fold, grpc::Status& called) {
  v1::ReadCommitsRequest request;
  request.set_ledger(fold.ledger());
  grpc::ClientContext context;
  Connection::Prepare(context, std::chrono::hours(1));
  const auto reader = connection.log().ReadCommits(&context, request);
  Progress progress("replay " + fold.ledger());
  v1::ReadCommitsResponse response;
  while (reader->Read(&response)) {
    for (const std::string& commit : response.commits()) {
      absl::Status added = fold.Add(commit);
      if (!added.ok()) {
        context.TryCancel();
        return added;
      }
    }
    progress.Show(fold.Latest().sequence, 0, "events");
  }
  called = reader->Finish();
  return absl::OkStatus();
}

// One question, asked of both.
template <typename Request, typename Response>
absl::Status Compare(Connection& connection, const MemoryFold& fold, const Request& request,
                     std::string_view what,
                     absl::StatusOr<Response> (*answer)(const FigureSource&, const Request&),
                     grpc::Status (v1::QueryService::Stub::*call)(grpc::ClientContext*, const Request&,
                                                                  Response*)) {
  grpc::ClientContext context;
  Connection::Prepare(context);
  Response served;
  const grpc::Status called = (connection.query().*call)(&context, request, &served);
  const auto folded = answer(fold, request);
  if (!called.ok() || !folded.ok()) {
    // Both may say that there is nothing to answer, and then they have to say the same.
    if (!called.ok() && !folded.ok() &&
        static_cast<int>(called.error_code()) == static_cast<int>(folded.status().code())) {
      return absl::OkStatus();
    }
    return absl::DataLossError(fmt::format("{}: the server says \"{}\", the replay \"{}\"", what,
                                           called.error_message(), std::string(folded.status().message())));
  }
  if (folded->SerializeAsString() == served.SerializeAsString()) return absl::OkStatus();
  return absl::DataLossError(fmt::format("{}: the figures differ.\nserver: {}\nreplay: {}", what,
                                         served.ShortDebugString(), folded->ShortDebugString()));
}

absl::Status CompareAll(Connection& connection, const MemoryFold& fold, const v1::Basis& basis,
                        int& compared) {
  for (const v1::View view : {v1::VIEW_AS_REPORTED, v1::VIEW_RESTATED}) {
    v1::QuerySavingsRequest savings;
    savings.set_ledger(fold.ledger());
    *savings.mutable_basis() = basis;
    savings.mutable_basis()->set_view(view);
    RETURN_IF_ERROR(
        Compare(connection, fold, savings, "savings", &AnswerSavings, &v1::QueryService::Stub::QuerySavings));
    v1::QueryBedDaysRequest bed_days;
    bed_days.set_ledger(fold.ledger());
    *bed_days.mutable_basis() = savings.basis();
    RETURN_IF_ERROR(Compare(connection, fold, bed_days, "bed days", &AnswerBedDays,
                            &v1::QueryService::Stub::QueryBedDays));
    v1::QueryWaitsRequest waits;
    waits.set_ledger(fold.ledger());
    *waits.mutable_basis() = savings.basis();
    RETURN_IF_ERROR(
        Compare(connection, fold, waits, "waits", &AnswerWaits, &v1::QueryService::Stub::QueryWaits));
    waits.set_all_measures(true);
    RETURN_IF_ERROR(Compare(connection, fold, waits, "waits by measure", &AnswerWaits,
                            &v1::QueryService::Stub::QueryWaits));
    compared += 4;
  }
  return absl::OkStatus();
}

// Where to compare: where the question says, or the latest commit and every close.
absl::StatusOr<std::vector<v1::Basis>> Places(const ReplayOptions& options, const v1::Basis& basis,
                                              const MemoryFold& fold) {
  if (!options.basis.as_at.empty()) return std::vector<v1::Basis>{basis};
  const CommitEnd latest = fold.Latest();
  std::vector<v1::Basis> places;
  ASSIGN_OR_RETURN(const auto facts, fold.FactsUpTo(latest.sequence));
  for (const FactEvent& fact : facts) {
    if (!fact.event.has_period_closed()) continue;
    places.push_back(basis);
    places.back().set_closed_period(fact.event.period_closed().period());
  }
  places.push_back(basis);
  places.back().set_position(
      Receipt{.ledger = options.ledger, .sequence = latest.sequence, .digest = latest.digest}.ToString());
  places.back().set_at_least(places.back().position());
  return places;
}

template <typename Request, typename Response>
int PrintAnswer(const Globals& globals, const MemoryFold& fold, Request request, const v1::Basis& basis,
                absl::StatusOr<Response> (*answer)(const FigureSource&, const Request&),
                Sheet (*to_sheet)(const Response&, const std::string&)) {
  request.set_ledger(fold.ledger());
  *request.mutable_basis() = basis;
  const auto response = answer(fold, request);
  if (!response.ok()) return FailedQuestion(response.status());
  PrintSheet(globals.format, to_sheet(*response, fold.ledger()), *response);
  return kExitOk;
}

int PrintFigures(const Globals& globals, const ReplayOptions& options, const v1::Basis& basis,
                 const MemoryFold& fold) {
  if (options.figures == "bed-days") {
    v1::QueryBedDaysRequest request;
    request.set_period_to(options.period);
    return PrintAnswer(globals, fold, request, basis, &AnswerBedDays, &BedDaysSheet);
  }
  if (options.figures == "waits") {
    v1::QueryWaitsRequest request;
    request.set_period(options.period);
    return PrintAnswer(globals, fold, request, basis, &AnswerWaits, &WaitsSheet);
  }
  v1::QuerySavingsRequest request;
  request.set_period(options.period);
  return PrintAnswer(globals, fold, request, basis, &AnswerSavings, &SavingsSheet);
}

int Replay(const Globals& globals, const ReplayOptions& options) {
  const auto basis = options.basis.Parse(options.ledger);
  if (!basis.ok()) return WrongUsage(std::string(basis.status().message()));
  Connection connection(globals.server);
  MemoryFold fold(options.ledger, kFoldVersion);
  grpc::Status called;
  const absl::Status folded = FoldFromLog(connection, fold, called);
  if (!folded.ok()) return Failed(folded);
  if (!called.ok()) return FailedCall(called);
  const CommitEnd latest = fold.Latest();
  const Receipt receipt{.ledger = options.ledger, .sequence = latest.sequence, .digest = latest.digest};
  if (!options.verify) return PrintFigures(globals, options, *basis, fold);
  const auto places = Places(options, *basis, fold);
  if (!places.ok()) return Failed(places.status());
  int compared = 0;
  for (const v1::Basis& place : *places) {
    const absl::Status same = CompareAll(connection, fold, place, compared);
    if (!same.ok()) {
      Failed(same);
      return kExitMismatch;
    }
  }
  Sheet sheet;
  sheet.columns = {{"Ledger", "ledger", false},
                   {"Events", "events", true},
                   {"Positions compared", "positions", true},
                   {"Answers compared", "answers", true},
                   {"Result", "result", false},
                   {"Receipt", "receipt", false}};
  sheet.rows = {{TextCell(options.ledger), WholeCell(static_cast<int64_t>(latest.sequence)),
                 WholeCell(static_cast<int64_t>(places->size())), WholeCell(compared), TextCell("identical"),
                 TextCell(receipt.ToString())}};
  v1::AnsweredBasis pinned;
  pinned.set_receipt(receipt.ToString());
  PrintSheet(globals.format, sheet, pinned);
  return kExitOk;
}

}  // namespace

void AddReplay(CLI::App& app, Globals& globals) {
  CLI::App* replay = app.add_subcommand(
      "replay", "Work the figures out again from the log alone, checking the chain on the way");
  const auto options = SharedOptions<ReplayOptions>();
  replay->add_option("ledger", options->ledger, "The organisation's ODS code")
      ->required()
      ->check(LedgerForm());
  replay->add_flag(
      "--verify", options->verify,
      "Compare every board's figures with the server's, at every close and at the latest commit, or where\n"
      "--as-at says; exit status 6 at the first difference");
  replay->add_option("--figures", options->figures, "Which figures to print without --verify")
      ->check(OneOf({"savings", "bed-days", "waits"}))
      ->capture_default_str();
  replay->add_option("--period", options->period, "The month of the figures; the latest if left out")
      ->check(MonthForm());
  options->basis.AddTo(*replay);
  replay->callback([&globals, options] { globals.exit_code = Replay(globals, *options); });
}

}  // namespace realise
