// realise append: events from a file of JSON lines.
#include "libs/adapters/event_lines.h"
#include "libs/adapters/input_file.h"
#include "libs/adapters/line_reader.h"
#include "services/realise/commands.h"
#include "services/realise/event_sender.h"
#include "services/realise/exit_codes.h"
#include "services/realise/option_forms.h"
#include "services/realise/tally_sheet.h"

namespace realise {
namespace {

struct AppendOptions {
  std::string ledger;
  std::string file;
  bool check = false;
};

LineProblem AtLine(const EventLineFault& fault, int64_t line) {
  return {.line = line, .field = fault.field, .reason = fault.reason, .message = fault.message};
}

int Append(const Globals& globals, const AppendOptions& options) {
  Progress progress(options.check ? "check" : "append");
  int64_t bytes_read = 0;
  int64_t bytes_total = 0;
  auto input = OpenInputFile(options.file, [&](int64_t read, int64_t total) {
    bytes_read = read;
    bytes_total = total;
  });
  if (!input.ok()) return Failed(input.status());
  Connection connection(globals.server);
  ProblemList problems(options.check);
  EventSender sender(connection, options.check, [&](const LineProblem& problem) { problems.Add(problem); });
  LineReader lines(*std::move(input));
  absl::Status status;
  std::string line;
  while (status.ok()) {
    const auto more = lines.Next(line);
    if (!more.ok()) status = more.status();
    if (!more.ok() || !*more) break;
    if (line.empty()) continue;
    v1::AppendRequest request;
    request.set_ledger(options.ledger);
    if (const auto fault = ReadEventLine(line, request)) {
      problems.Add(AtLine(*fault, lines.number()));
      continue;
    }
    status = sender.Send(std::move(request), lines.number());
    progress.Show(static_cast<uint64_t>(bytes_read), static_cast<uint64_t>(bytes_total), "bytes");
  }
  status.Update(sender.Finish());
  return PrintTally(globals, sender, problems, options.check, status);
}

}  // namespace

void AddAppend(CLI::App& app, Globals& globals) {
  CLI::App* append = app.add_subcommand("append", "Append events from a file, one a line in protobuf JSON");
  const auto options = SharedOptions<AppendOptions>();
  append->add_option("file", options->file, "The file, plain or gzip; - for the standard input")->required();
  append
      ->add_option("--ledger", options->ledger,
                   "The organisation's ODS code; not needed where a line is a whole request with a ledger")
      ->check(LedgerForm());
  append->add_flag("--check,-n,--dry-run", options->check,
                   "Decide, list everything that would be refused, append nothing");
  append->callback([&globals, options] { globals.exit_code = Append(globals, *options); });
}

}  // namespace realise
