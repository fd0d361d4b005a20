#include <utility>

#include "fmt/format.h"
#include "libs/adapters/import.h"
#include "libs/base/ids.h"
#include "libs/base/status_macros.h"
#include "libs/domain/rejection.h"

namespace realise {
namespace {

// "20170401".
std::optional<Date> ParseCompactDate(std::string_view text) {
  if (text.size() != 8) return std::nullopt;
  return ParseDate(fmt::format("{}-{}-{}", text.substr(0, 4), text.substr(4, 2), text.substr(6, 2)));
}

}  // namespace

absl::StatusOr<std::vector<OdsTrust>> ReadOdsTrusts(ReadBytes input, OnProblem on_problem) {
  ASSIGN_OR_RETURN(CsvTable table,
                   CsvTable::Open(std::move(input), {"org_code", "org_name", "open_date", "close_date"},
                                  std::move(on_problem)));
  const int code = table.Column("org_code");
  const int name = table.Column("org_name");
  const int open = table.Column("open_date");
  const int close = table.Column("close_date");
  std::vector<OdsTrust> trusts;
  while (true) {
    ASSIGN_OR_RETURN(const bool more, table.Next());
    if (!more) return trusts;
    const std::optional<Date> opened = ParseCompactDate(table.Field(open));
    const std::optional<Date> closed = ParseCompactDate(table.Field(close));
    if (!IsLedgerCode(table.Field(code))) {
      table.Report(code, ReasonName(Reason::kMalformed),
                   "the code should be 3 to 10 upper case letters and digits");
    } else if (table.Field(name).empty()) {
      table.Report(name, ReasonName(Reason::kMissingField), "the name is missing");
    } else if (!opened.has_value()) {
      table.Report(open, ReasonName(Reason::kMalformed), "the day should be written 20170401");
    } else if (!closed.has_value() && !table.Field(close).empty()) {
      table.Report(close, ReasonName(Reason::kMalformed), "the day should be written 20170401, or be empty");
    } else if (closed.has_value() && *closed < *opened) {
      table.Report(close, ReasonName(Reason::kDateOrder), "closed before it opened");
    } else {
      trusts.push_back({table.Field(code), table.Field(name), *opened, closed});
    }
  }
}

}  // namespace realise
