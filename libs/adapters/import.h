// Published files and finance's lists, turned into events.  Pure but for the bytes that a ReadBytes gives: no
// network, no clock.  The same file gives the same events with the same ids, so that a second import changes
// nothing.
//
// Each function reads its input to the end and hands every event to `on_event`, in an order in which its
// ledger takes them; events of several ledgers may be mixed.  What it cannot take it reports and passes over.
//   INVALID_ARGUMENT  the file is of another kind: nothing was handed over.
//   any other         what the input or `on_event` answered; reading stopped there.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/adapters/csv_reader.h"
#include "libs/base/calendar.h"
#include "realise/v1/event.pb.h"

namespace realise {

struct ImportedEvent {
  std::string ledger;
  v1::Event event;
  int64_t line = 0;  // that it comes from; 0 if it is made of many
  Date known_on;     // the day on which the publication, or the claim, could be known
};

struct ImportSinks {
  std::function<absl::Status(ImportedEvent)> on_event;
  OnProblem on_problem;
};

// Codes of the ledgers to import for; all if empty.
using LedgerFilter = std::set<std::string, std::less<>>;

inline constexpr std::string_view kImporterRole = "publication-importer";

// The second Thursday of the month after: the day on which NHS England publishes a month of beds.  RTT comes
// a month later.
[[nodiscard]] Date PublishedOn(Period period);

inline constexpr std::string_view kRttSource = "/nhs-england/rtt";

// Referral to treatment, completed pathways of a month in weekly bands by provider and treatment function.
// Gives a measure "rtt-admitted-c_100" or "rtt-nonadmitted-x02" for each row, and the month's waits.  C_999,
// which repeats the sum of the others, is marked as a published total.  N is the sum of the bands; what the
// published total has more are unknown clock starts.  Total, median and 95th percentile are told apart by
// their values, whatever their headings say.
[[nodiscard]] absl::Status ImportRttBands(ReadBytes input, const LedgerFilter& ledgers,
                                          const ImportSinks& sinks);

inline constexpr std::string_view kBedsSource = "/nhs-england/uec-sitrep";
inline constexpr std::string_view kBedsMeasure = "los-adult-ga";

// A month from which a trust counts in another way.
struct DefinitionBreak {
  std::string ledger;
  std::string measure_id;
  Period break_from = Period::FromIndex(0);
  bool comparable = false;
  // The day on which it was noticed, if that was after figures counted in the new way had been taken for old
  // ones; these are then recorded as they were taken, and corrected.  Without it the break was known from the
  // start.
  std::optional<Date> noticed_on;
  std::string reason;
};

// Reads ledger, measure_id, break_from, comparable (yes or no), noticed_on (may be empty), reason.
[[nodiscard]] absl::StatusOr<std::vector<DefinitionBreak>> ReadDefinitionBreaks(ReadBytes input,
                                                                                OnProblem on_problem);

// Two files that are read together.
struct BedsInput {
  ReadBytes beds;        // adult general and acute beds occupied, daily average by trust and month
  ReadBytes discharges;  // patients discharged by trust and day
  std::vector<DefinitionBreak> breaks;
};

// Length of stay of adults in general and acute beds: one measure, kBedsMeasure, for each trust that is in
// both files. Numerator: beds x days.  Denominator: discharges.  A day without a figure, or with 0 discharges
// (what the publication shows for a trust that sent nothing), was not reported.  A month with such days
// counts the days reported on both sides and is partial; a month without any day reported, or without beds,
// is not reported.
[[nodiscard]] absl::Status ImportBeds(BedsInput input, const LedgerFilter& ledgers, const ImportSinks& sinks);

// A trust, present or past.
struct OdsTrust {
  std::string code;
  std::string name;
  Date open_date;
  std::optional<Date> close_date;  // the last day on which it was open
};

// The list of trusts of the Organisation Data Service.  It gives no events: it says which ledger codes exist.
[[nodiscard]] absl::StatusOr<std::vector<OdsTrust>> ReadOdsTrusts(ReadBytes input, OnProblem on_problem);

struct ClaimsOptions {
  std::string ledger;
  std::string source;  // of the events, "/ods/RH5/finance" for example
};

// Claims from a list; README.md has the columns.
[[nodiscard]] absl::Status ImportClaims(ReadBytes input, const ClaimsOptions& options,
                                        const ImportSinks& sinks);

// The column of a claims list that fills a field of an event, "amount_gbp" for
// "claim_submitted.amount_pence"; empty if none does.  With it a refusal by the ledger can be shown beside
// the line.
[[nodiscard]] std::string_view ClaimColumnOf(std::string_view field);

}  // namespace realise
