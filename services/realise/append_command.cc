// realise append: events from a file of JSON lines.
#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <cctype>
#include <optional>

#include "fmt/format.h"
#include "libs/adapters/input_file.h"
#include "services/realise/commands.h"
#include "services/realise/event_sender.h"
#include "services/realise/exit_codes.h"
#include "services/realise/line_reader.h"
#include "services/realise/tally_sheet.h"

namespace realise {
namespace {

struct AppendOptions {
  std::string ledger;
  std::string file;
  bool check = false;
};

// What the parser says may hold a piece of the line, and so what nobody should see: only the name of a field
// that does not exist is taken from it.
std::string UnknownField(std::string_view parser_message) {
  constexpr std::string_view kEnd = ": Cannot find field.";
  const size_t end = parser_message.find(kEnd);
  if (end == std::string_view::npos) return "";
  std::string_view name = parser_message.substr(0, end);
  name = name.substr(name.find_last_of(" :)") + 1);
  const bool plain = std::all_of(name.begin(), name.end(), [](char c) {
    return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.';
  });
  return plain ? std::string(name) : "";
}

// An Event, or a whole AppendRequest (which has "events"), in protobuf JSON.
std::optional<LineProblem> ParseLine(const std::string& line, int64_t number, v1::AppendRequest& request) {
  google::protobuf::util::JsonParseOptions strict;
  auto status = google::protobuf::util::JsonStringToMessage(line, request.add_events(), strict);
  if (status.ok()) return std::nullopt;
  v1::AppendRequest whole;
  if (google::protobuf::util::JsonStringToMessage(line, &whole, strict).ok() && whole.events_size() > 0) {
    request = std::move(whole);
    return std::nullopt;
  }
  const std::string field = UnknownField(std::string(status.message()));
  return LineProblem{.line = number,
                     .field = field,
                     .reason = field.empty() ? "MALFORMED" : "UNKNOWN_FIELD",
                     .message = field.empty()
                                    ? "has to be one event in protobuf JSON, on one line"
                                    : "there is no such field; proto/realise/v1/event.proto has them all"};
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
    if (const auto problem = ParseLine(line, lines.number(), request)) {
      problems.Add(*problem);
      continue;
    }
    if (request.ledger().empty()) request.set_ledger(options.ledger);
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
  append->add_option("--ledger", options->ledger,
                     "The organisation's ODS code; not needed where a line is a whole request with a ledger");
  append->add_flag("--check,-n,--dry-run", options->check,
                   "Decide, list everything that would be refused, append nothing");
  append->callback([&globals, options] { globals.exit_code = Append(globals, *options); });
}

}  // namespace realise
