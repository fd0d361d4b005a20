// realise log, realise verify: the history, straight from the log.
#include <google/protobuf/util/json_util.h>

#include <cstdio>
#include <vector>

#include "fmt/format.h"
#include "libs/base/calendar.h"
#include "libs/domain/decide.h"
#include "services/realise/commands.h"
#include "services/realise/connection.h"
#include "services/realise/exit_codes.h"
#include "services/realise/option_forms.h"
#include "services/realise/usage.h"

namespace realise {
namespace {

// A history may be longer than memory: it is printed as it comes, so its columns have fixed widths.
constexpr const char* kHistoryLine = "{:>9}  {:<20}  {:<10}  {:<26}  {:<34}  {:>4}  {:<28}  {}\n";

void Put(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stdout); }

std::string EntryJson(const v1::HistoryEntry& entry) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string json;
  if (!google::protobuf::util::MessageToJsonString(entry, &json, options).ok()) std::abort();
  return json + "\n";
}

void PrintHead(Format format) {
  if (format == Format::kTable) {
    Put(fmt::format(kHistoryLine, "Position", "Recorded", "Happened", "Event", "Stream", "Ver", "Role",
                    "Event id"));
  } else if (format == Format::kCsv) {
    Put("sequence,recorded_at,occurred_on,type,stream,stream_version,actor_role,event_id\r\n");
  }
}

void PrintEntry(Format format, const v1::HistoryEntry& entry) {
  const v1::Event& event = entry.event();
  if (format == Format::kTable) {
    Put(fmt::format(kHistoryLine, entry.sequence(), entry.recorded_at().substr(0, 19) + "Z",
                    event.occurred_on(), TypeOf(event), event.stream(), event.stream_version(),
                    event.actor_role(), event.id()));
  } else if (format == Format::kCsv) {
    // Only the id, visible ASCII of the publisher's choice, can hold what has to be quoted.
    Put(fmt::format("{},{},{},{},{},{},{},{}\r\n", entry.sequence(), entry.recorded_at(), event.occurred_on(),
                    TypeOf(event), event.stream(), event.stream_version(), event.actor_role(),
                    CsvText(event.id())));
  } else {
    Put(EntryJson(entry));
  }
}

int PrintHistory(const Globals& globals, const v1::ReadHistoryRequest& request) {
  Connection connection(globals.server);
  grpc::ClientContext context;
  Connection::Prepare(context, std::chrono::hours(1));
  const auto reader = connection.log().ReadHistory(&context, request);
  PrintHead(globals.format);
  v1::ReadHistoryResponse response;
  while (reader->Read(&response)) {
    for (const v1::HistoryEntry& entry : response.entries()) PrintEntry(globals.format, entry);
  }
  const grpc::Status status = reader->Finish();
  return status.ok() ? kExitOk : FailedCall(status);
}

struct LogOptions {
  std::string ledger, stream, recorded_from, recorded_to;
  uint64_t from = 0;
  uint64_t to = 0;
  std::vector<std::string> types;
};

int Log(const Globals& globals, const LogOptions& options) {
  if (options.to > 0 && options.from > options.to) return WrongUsage(kFromAfterTo);
  if (!options.recorded_from.empty() && !options.recorded_to.empty() &&
      *ParseInstant(options.recorded_from) >= *ParseInstant(options.recorded_to)) {
    return WrongUsage("--recorded-from: has to lie before --recorded-to");
  }
  v1::ReadHistoryRequest request;
  request.set_ledger(options.ledger);
  request.set_from_sequence(options.from);
  request.set_to_sequence(options.to);
  request.set_stream(options.stream);
  request.set_recorded_from(options.recorded_from);
  request.set_recorded_to(options.recorded_to);
  for (const std::string& type : options.types) request.add_types(type);
  return PrintHistory(globals, request);
}

int PrintVerdict(const Globals& globals, const std::string& receipt) {
  Connection connection(globals.server);
  grpc::ClientContext context;
  Connection::Prepare(context, std::chrono::minutes(10));
  v1::VerifyReceiptRequest request;
  request.set_receipt(receipt);
  v1::VerifyReceiptResponse response;
  const grpc::Status status = connection.log().VerifyReceipt(&context, request, &response);
  if (!status.ok()) return FailedCall(status);
  const bool valid = response.verdict() == v1::RECEIPT_VERDICT_VALID;
  Sheet sheet;
  sheet.columns = {
      {"Verdict", "verdict", false}, {"Recorded", "recorded_at", false}, {"Latest receipt", "latest", false}};
  sheet.rows = {{TextCell(EnumText(v1::ReceiptVerdict_Name(response.verdict()), "RECEIPT_VERDICT_")),
                 TextCell(response.recorded_at()), TextCell(response.latest())}};
  sheet.notes = {valid ? "The history up to that receipt is the one it was given for."
                       : "This is NOT the history that the receipt was given for.  Keep the receipt and tell "
                         "the auditors."};
  PrintSheet(globals.format, sheet, response);
  return valid ? kExitOk : kExitMismatch;
}

}  // namespace

void AddLog(CLI::App& app, Globals& globals) {
  CLI::App* log = app.add_subcommand("log", "Print a ledger's history, straight from the log");
  const auto options = SharedOptions<LogOptions>();
  log->add_option("ledger", options->ledger, "The organisation's ODS code")->required()->check(LedgerForm());
  log->add_option("--from", options->from, "First position")->check(NumberForm());
  log->add_option("--to", options->to, "Last position")->check(NumberForm());
  log->add_option("--stream", options->stream, "Only this stream, claim/c-0042 for example")
      ->check(StreamForm());
  log->add_option("--type", options->types,
                  "Only this type, claim_validated for example; may be given several times")
      ->check(EventTypeForm())
      ->allow_extra_args(false);
  log->add_option("--recorded-from", options->recorded_from, "Only what was recorded at or after this time")
      ->check(TimeForm());
  log->add_option("--recorded-to", options->recorded_to, "Only what was recorded before this time")
      ->check(TimeForm());
  log->callback([&globals, options] { globals.exit_code = Log(globals, *options); });
}

void AddVerify(CLI::App& app, Globals& globals) {
  CLI::App* verify = app.add_subcommand("verify", "Say whether a receipt still pins this history");
  const auto receipt = SharedOptions<std::string>();
  verify->add_option("receipt", *receipt, "RH5@1234#<64 hexadecimal digits>, as an answer gave it")
      ->required()
      ->check(ReceiptForm());
  verify->callback([&globals, receipt] { globals.exit_code = PrintVerdict(globals, *receipt); });
}

}  // namespace realise
