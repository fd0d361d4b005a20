#include "tools/demo_programme/measurements.h"

#include <optional>
#include <utility>

#include "fmt/format.h"
#include "libs/adapters/input_file.h"
#include "libs/base/status_macros.h"

namespace realise::demo {

absl::StatusOr<Measurements> LoadMeasurements(const std::string& folder, const LedgerFilter& ledgers) {
  Measurements measurements;
  std::optional<ImportProblem> first_problem;
  const OnProblem on_problem = [&](const ImportProblem& problem) {
    if (!first_problem.has_value()) first_problem = problem;
  };
  const ImportSinks sinks = {[&](ImportedEvent event) {
                               std::string ledger = event.ledger;
                               measurements[ledger].push_back(std::move(event));
                               return absl::OkStatus();
                             },
                             on_problem};
  ASSIGN_OR_RETURN(ReadBytes break_list, OpenInputFile(folder + "/definition_breaks.csv"));
  ASSIGN_OR_RETURN(std::vector<DefinitionBreak> breaks,
                   ReadDefinitionBreaks(std::move(break_list), on_problem));
  ASSIGN_OR_RETURN(ReadBytes beds, OpenInputFile(folder + "/ga_beds_trust_monthly_2022-04_2025-08.csv.gz"));
  ASSIGN_OR_RETURN(ReadBytes discharges,
                   OpenInputFile(folder + "/discharges_trust_daily_2022-04_2025-08.csv.gz"));
  RETURN_IF_ERROR(ImportBeds({std::move(beds), std::move(discharges), std::move(breaks)}, ledgers, sinks));
  ASSIGN_OR_RETURN(ReadBytes rtt, OpenInputFile(folder + "/rtt_completed_provider_bands_2025-09.csv.gz"));
  RETURN_IF_ERROR(ImportRttBands(std::move(rtt), ledgers, sinks));
  if (first_problem.has_value()) {
    return absl::InvalidArgumentError(
        fmt::format("line {}: {}", first_problem->line, first_problem->message));
  }
  return measurements;
}

}  // namespace realise::demo
