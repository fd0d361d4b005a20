// Imports: whatever a file holds, what comes out has the form of an event, and what is said repeats nothing.
#include <vector>

#include "libs/adapters/import.h"
#include "libs/domain/decide.h"
#include "libs/domain/nhs_number.h"
#include "tests/fuzz/fuzz_target.h"

namespace realise::fuzz {
namespace {

ImportSinks Sinks() {
  return {.on_event =
              [](const ImportedEvent& imported) {
                Require(!imported.ledger.empty(), "an event is for a ledger");
                Require(!CheckForm(imported.event), "what is imported has the form of an event");
                return absl::OkStatus();
              },
          .on_problem =
              [](const ImportProblem& problem) {
                Require(problem.line > 0 && !problem.reason.empty() && !problem.message.empty(),
                        "a problem says where and why");
                Require(!ContainsNhsNumber(problem.message), "a problem repeats no NHS number");
              }};
}

void ImportBedsAndDischarges(const std::string& text) {
  // Both files in one input, with a line that no file holds between them.
  const size_t between = text.find("\n====\n");
  if (between == std::string::npos) return;
  BedsInput input;
  input.beds = ReadFromText(text.substr(0, between + 1));
  input.discharges = ReadFromText(text.substr(between + 6));
  static_cast<void>(ImportBeds(std::move(input), {}, Sinks()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Input input(data, size);
  const char which = static_cast<char>(input.TakeByte());
  const std::string text(input.rest());
  const ImportSinks sinks = Sinks();
  if (which == 'c') static_cast<void>(ImportClaims(ReadFromText(text), {"RH5", "/ods/RH5/finance"}, sinks));
  if (which == 'r') static_cast<void>(ImportRttBands(ReadFromText(text), {}, sinks));
  if (which == 'd') static_cast<void>(ReadDefinitionBreaks(ReadFromText(text), sinks.on_problem));
  if (which == 'o') static_cast<void>(ReadOdsTrusts(ReadFromText(text), sinks.on_problem));
  if (which == 'b') ImportBedsAndDischarges(text);
  return 0;
}

}  // namespace realise::fuzz
