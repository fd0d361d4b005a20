#include <iterator>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "fmt/format.h"
#include "libs/adapters/import.h"
#include "libs/base/money.h"
#include "libs/base/status_macros.h"
#include "libs/domain/decide.h"
#include "libs/domain/rejection.h"

namespace realise {
namespace {

struct ColumnField {
  std::string_view column;
  std::string_view field;  // in the event
};

constexpr ColumnField kColumns[] = {
    {"claim_id", "claim_submitted.claim_id"},
    {"benefit_id", "claim_submitted.benefit_id"},
    {"relates_to_period", "claim_submitted.relates_to_period"},
    {"posted_to_period", "claim_submitted.posted_to_period"},
    {"amount_gbp", "claim_submitted.amount_pence"},
    {"evidence_refs", "claim_submitted.evidence_refs"},
    {"method", "claim_submitted.method"},
    {"actor_role", "actor_role"},
    {"occurred_on", "occurred_on"},
    {"event_id", "id"},  // may be left out
};
constexpr std::string_view kEventId = "event_id";

std::string_view Trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

// What is wrong with a field of a row.
struct Fault {
  Reason reason;
  std::string message;
};
constexpr int kWholeLine = -1;

class ClaimsImport {
 public:
  ClaimsImport(CsvTable table, const ClaimsOptions& options, const ImportSinks& sinks)
      : table_(std::move(table)), options_(options), sinks_(sinks) {}

  absl::Status Run() {
    while (true) {
      ASSIGN_OR_RETURN(const bool more, table_.Next());
      if (!more) return absl::OkStatus();
      RETURN_IF_ERROR(Row());
    }
  }

 private:
  absl::Status Row() {
    faults_.clear();
    v1::Event event = ReadEnvelope();
    ReadClaim(*event.mutable_claim_submitted());
    FindFaultsOfForm(event);
    if (faults_.empty() && !claim_ids_.insert(event.claim_submitted().claim_id()).second) {
      Wrong("claim_id", Reason::kAlreadyExists,
            "an earlier line has this claim; each claim needs an id of its own");
    }
    for (const auto& [column, fault] : faults_) {
      table_.Report(column, ReasonName(fault.reason), fault.message);
    }
    if (!faults_.empty()) return absl::OkStatus();
    const Date known_on = *ParseDate(event.occurred_on());
    return sinks_.on_event({options_.ledger, std::move(event), table_.line(), known_on});
  }

  // Finds every column that breaks a rule of form.  CheckForm names the first alone: what it names is put
  // right in a copy, until nothing is left to name.
  void FindFaultsOfForm(v1::Event event) {
    for (size_t i = 0; i <= std::size(kColumns); ++i) {
      const std::optional<Rejection> rejection = CheckForm(event);
      if (!rejection.has_value()) return;
      std::string_view column = ClaimColumnOf(rejection->field);
      // An id that the line does not give is made of the claim's.
      if (column == kEventId && Text(kEventId).empty()) column = "claim_id";
      if (column.empty()) {
        faults_.emplace(kWholeLine, Fault{rejection->reason, rejection->message});
        return;
      }
      Wrong(column, rejection->reason, rejection->message);
      PutRight(column, event);
    }
  }

  void PutRight(std::string_view column, v1::Event& event) const {
    v1::ClaimSubmitted& claim = *event.mutable_claim_submitted();
    if (column == "claim_id") {
      claim.set_claim_id("c");
      event.set_stream("claim/c");
      if (Text(kEventId).empty()) event.set_id("e");
    } else if (column == "benefit_id") {
      claim.set_benefit_id("b");
    } else if (column == "relates_to_period") {
      claim.set_relates_to_period("2024/25-M01");
    } else if (column == "posted_to_period") {
      claim.set_posted_to_period("2024/25-M01");
    } else if (column == "amount_gbp") {
      claim.set_amount_pence(1);
    } else if (column == "evidence_refs") {
      claim.clear_evidence_refs();
    } else if (column == "method") {
      claim.set_method("m");
    } else if (column == "actor_role") {
      event.set_actor_role("r");
    } else if (column == "occurred_on") {
      event.set_occurred_on("2024-04-01");
    } else if (column == kEventId) {
      event.set_id("e");
    }
  }

  std::string Text(std::string_view column) const {
    const std::optional<int> at = table_.Find(column);
    return at.has_value() ? std::string(Trimmed(table_.Field(*at))) : std::string();
  }

  void Wrong(std::string_view column, Reason reason, std::string message) {
    faults_.emplace(table_.Column(column), Fault{reason, std::move(message)});
  }

  std::string Required(std::string_view column, std::string_view what) {
    std::string text = Text(column);
    if (text.empty()) Wrong(column, Reason::kMissingField, fmt::format("empty; it should hold {}", what));
    return text;
  }

  v1::Event ReadEnvelope() {
    const std::string claim_id = Text("claim_id");
    v1::Event event;
    event.set_id(Text(kEventId));
    if (event.id().empty()) event.set_id("claim-submitted:" + claim_id);
    event.set_source(options_.source);
    event.set_stream("claim/" + claim_id);
    event.set_actor_role(
        Required("actor_role", "the role that claims, project-lead for example; never a name"));
    event.set_occurred_on(Required("occurred_on", "the day of the claim, 2025-07-04 for example"));
    if (!event.occurred_on().empty() && !ParseDate(event.occurred_on()).has_value()) {
      Wrong("occurred_on", Reason::kMalformed, "the day should be written 2025-07-04");
    }
    event.set_schema_version(1);
    return event;
  }

  std::string ReadPeriod(std::string_view column) {
    std::string text = Required(column, "a month, 2024/25-M03 for June 2024");
    if (!text.empty() && !Period::Parse(text).has_value()) {
      Wrong(column, Reason::kMalformed, "the month should be written 2024/25-M03, which is June 2024");
    }
    return text;
  }

  void ReadClaim(v1::ClaimSubmitted& claim) {
    claim.set_claim_id(Required("claim_id", "an id of lower case letters, digits, '.', '_' and '-'"));
    claim.set_benefit_id(Required("benefit_id", "the id of the benefit in the register"));
    claim.set_relates_to_period(ReadPeriod("relates_to_period"));
    claim.set_posted_to_period(ReadPeriod("posted_to_period"));
    const std::string amount = Required("amount_gbp", "pounds, 24500.00 for example; 0 if it has no price");
    const std::optional<int64_t> pence = ParsePounds(amount);
    if (!amount.empty() && !pence.has_value()) {
      Wrong("amount_gbp", Reason::kMalformed,
            "the amount should be pounds with at most two decimals, 24500.00 or -12500; no currency sign, no "
            "brackets");
    }
    claim.set_amount_pence(pence.value_or(0));
    claim.set_method(Required("method", "how the amount was worked out"));
    const std::string refs = Text("evidence_refs");
    for (size_t at = 0; at < refs.size();) {
      const size_t end = std::min(refs.find(';', at), refs.size());
      const std::string_view ref = Trimmed(std::string_view(refs).substr(at, end - at));
      if (!ref.empty()) claim.add_evidence_refs(std::string(ref));
      at = end + 1;
    }
  }

  CsvTable table_;
  const ClaimsOptions& options_;
  const ImportSinks& sinks_;
  std::set<std::string> claim_ids_;
  std::map<int, Fault> faults_;  // of the row, by column: the first of each
};

}  // namespace

absl::Status ImportClaims(ReadBytes input, const ClaimsOptions& options, const ImportSinks& sinks) {
  std::vector<std::string> required;
  for (const ColumnField& column : kColumns) {
    if (column.column != kEventId) required.emplace_back(column.column);
  }
  ASSIGN_OR_RETURN(CsvTable table, CsvTable::Open(std::move(input), required, sinks.on_problem));
  return ClaimsImport(std::move(table), options, sinks).Run();
}

std::string_view ClaimColumnOf(std::string_view field) {
  if (field == "stream") return "claim_id";
  // A repeated field may come with its index.
  field = field.substr(0, field.find('['));
  for (const ColumnField& column : kColumns) {
    if (column.field == field) return column.column;
  }
  return {};
}

}  // namespace realise
