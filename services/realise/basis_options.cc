#include "services/realise/basis_options.h"

#include "fmt/format.h"
#include "libs/base/calendar.h"
#include "libs/base/ids.h"
#include "libs/base/status_macros.h"
#include "services/realise/option_forms.h"

namespace realise {
namespace {

// A position of another ledger says nothing about this one.
absl::Status CheckLedger(std::string_view option, const std::string& position, const std::string& ledger) {
  const auto receipt = Receipt::Parse(position);
  if (!receipt || receipt->ledger == ledger) return absl::OkStatus();
  return absl::InvalidArgumentError(fmt::format("{}: has to be a position of {}, which is asked; it is of {}",
                                                option, ledger, receipt->ledger));
}

}  // namespace

void BasisOptions::AddTo(CLI::App& command) {
  command
      .add_option(
          "--as-at", as_at,
          "Stop summing there: a receipt or position (RH5@1234, pos:1234), a closed month\n"
          "(close:2024/25-M12), a time (2025-04-09T08:15:00Z) or a date (2025-04-09: its first moment)")
      ->check(AsAtForm());
  command.add_option("--at-least", at_least, "Wait until this position or receipt is part of the answer")
      ->check(PositionForm());
  command
      .add_option("--view", view,
                  "as-reported: by the month posted; restated: by the month a correction relates to")
      ->check(OneOf({"as-reported", "restated"}))
      ->capture_default_str();
  command.add_option("--names", names, "Board names as they are now, or as they were in the month asked for")
      ->check(OneOf({"as-now", "as-was"}))
      ->capture_default_str();
}

absl::StatusOr<v1::Basis> BasisOptions::Parse(const std::string& ledger) const {
  v1::Basis basis;
  RETURN_IF_ERROR(CheckLedger("--at-least", at_least, ledger));
  RETURN_IF_ERROR(CheckLedger("--as-at", as_at, ledger));
  basis.set_at_least(at_least);
  basis.set_view(view == "restated" ? v1::VIEW_RESTATED : v1::VIEW_AS_REPORTED);
  basis.set_boards(names == "as-was" ? v1::BOARD_MAPPING_AS_WAS : v1::BOARD_MAPPING_AS_NOW);
  if (as_at.empty()) return basis;
  if (as_at.starts_with("close:")) {
    basis.set_closed_period(as_at.substr(6));
  } else if (as_at.starts_with("pos:")) {
    basis.set_position(fmt::format("{}@{}", ledger, as_at.substr(4)));
  } else if (const auto time = ParseInstant(as_at)) {
    basis.set_time(FormatInstant(*time));
  } else {
    basis.set_position(as_at);
  }
  return basis;
}

}  // namespace realise
