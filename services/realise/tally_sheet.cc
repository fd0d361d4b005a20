#include "services/realise/tally_sheet.h"

#include <algorithm>

#include "fmt/format.h"
#include "services/realise/exit_codes.h"

namespace realise {
namespace {

Sheet ProblemSheet(const ProblemList& problems) {
  Sheet sheet;
  sheet.columns = {{"Line", "line", true},
                   {"Field or column", "field", false},
                   {"Rule", "reason", false},
                   {"What is wrong, and what would be right", "message", false}};
  std::vector<LineProblem> sorted = problems.problems();
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.line < b.line; });
  for (const LineProblem& problem : sorted) {
    sheet.rows.push_back({WholeCell(problem.line), TextCell(problem.field), TextCell(problem.reason),
                          TextCell(problem.message)});
  }
  return sheet;
}

Sheet TallySheet(const EventSender& sender, bool check) {
  Sheet sheet;
  sheet.columns = {{"Ledger", "ledger", false},
                   {check ? "Would be recorded" : "Recorded", "recorded", true},
                   {"Already recorded", "already_recorded", true},
                   {check ? "Would be refused" : "Refused", "refused", true},
                   {"Unknown, send again", "unknown", true},
                   {check ? "Decided at" : "Receipt", "receipt", false}};
  for (const auto& [ledger, tally] : sender.tallies()) {
    sheet.rows.push_back({TextCell(ledger), WholeCell(static_cast<int64_t>(tally.appended)),
                          WholeCell(static_cast<int64_t>(tally.already_recorded)),
                          WholeCell(static_cast<int64_t>(tally.refused)),
                          WholeCell(static_cast<int64_t>(tally.failed)), TextCell(tally.receipt)});
  }
  return sheet;
}

// Json has no message of its own for a tally: its refusals are those of an answer.
v1::AppendResponse AsResponse(const EventSender& sender, const ProblemList& problems) {
  v1::AppendResponse response;
  for (const auto& [ledger, tally] : sender.tallies()) response.set_receipt(tally.receipt);
  for (const LineProblem& problem : problems.problems()) {
    v1::Refusal& refusal = *response.add_refusals();
    refusal.set_event_index(static_cast<uint32_t>(problem.line));
    refusal.set_reason(problem.reason);
    refusal.set_field(problem.field);
    refusal.set_message(problem.message);
  }
  return response;
}

}  // namespace

void ProblemList::Add(const LineProblem& problem) {
  ++count_;
  if (check_) {
    problems_.push_back(problem);
    return;
  }
  const std::string where = problem.field.empty() ? "" : problem.field + ": ";
  Say(fmt::format("line {}: {}{}: {}", problem.line, where, problem.reason, problem.message));
}

int PrintTally(const Globals& globals, const EventSender& sender, const ProblemList& problems, bool check,
               const absl::Status& status) {
  const bool nothing_done = sender.tallies().empty() && problems.count() == 0;
  if (!status.ok() && nothing_done) return Failed(status);
  const v1::AppendResponse response = AsResponse(sender, problems);
  if (check && problems.count() > 0) PrintSheet(globals.format, ProblemSheet(problems), response);
  if (!check || problems.count() == 0) PrintSheet(globals.format, TallySheet(sender, check), response);
  if (!status.ok()) return Failed(status);
  const bool unknown = std::any_of(sender.tallies().begin(), sender.tallies().end(),
                                   [](const auto& tally) { return tally.second.failed > 0; });
  if (unknown) return kExitUnavailable;
  return problems.count() > 0 ? kExitFailed : kExitOk;
}

}  // namespace realise
