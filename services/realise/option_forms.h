// What options and arguments have to look like.  Each form checks one value as it is read from the command
// line; what it answers says what would be right and never what was given, which may be anything.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "CLI/CLI.hpp"

namespace realise {

// An ODS code, "RH5".
[[nodiscard]] CLI::Validator LedgerForm();
// An id of the register, "urgent-care".
[[nodiscard]] CLI::Validator IdForm();
// A month of the financial year, "2024/25-M03".
[[nodiscard]] CLI::Validator MonthForm();
// A time with its zone, or a date.
[[nodiscard]] CLI::Validator TimeForm();
// A position or a receipt, "RH5@1234".
[[nodiscard]] CLI::Validator PositionForm();
// A receipt, which is a position with a digest.
[[nodiscard]] CLI::Validator ReceiptForm();
// What --as-at takes, see BasisOptions.
[[nodiscard]] CLI::Validator AsAtForm();
// A whole number of 0 or more.
[[nodiscard]] CLI::Validator NumberForm();
// The stream of a thing, "claim/c-0042".
[[nodiscard]] CLI::Validator StreamForm();
// A type of event, "claim_validated".
[[nodiscard]] CLI::Validator EventTypeForm();
// The source of events, "/ods/RH5/claims-list".
[[nodiscard]] CLI::Validator SourceForm();
// The address of a server, "127.0.0.1:7410".
[[nodiscard]] CLI::Validator AddressForm();
// A place that a ledger is copied from or to: file:PATH, embedded:DIR, kafka:HOST:PORT, and, if `server`,
// server.
[[nodiscard]] CLI::Validator PlaceForm(bool server);
// One of a few words, which help shows.
[[nodiscard]] CLI::Validator OneOf(const std::vector<std::string>& words);

// Whether two months are in order; one that is left out is.  REQUIRES: MonthForm let them through.
[[nodiscard]] bool MonthsInOrder(const std::string& from, const std::string& to);
inline constexpr std::string_view kFromAfterTo =
    "--from: lies after --to; the first has to come before the last";

}  // namespace realise
