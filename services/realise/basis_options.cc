#include "services/realise/basis_options.h"

#include "fmt/format.h"
#include "libs/base/calendar.h"
#include "libs/base/ids.h"

namespace realise {

void BasisOptions::AddTo(CLI::App& command) {
  command.add_option(
      "--as-at", as_at,
      "Stop summing there: a receipt or position (RH5@1234, pos:1234), a closed month\n"
      "(close:2024/25-M12), a time (2025-04-09T08:15:00Z) or a date (2025-04-09: its first moment)");
  command.add_option("--at-least", at_least, "Wait until this position or receipt is part of the answer");
  command
      .add_option("--view", view,
                  "as-reported: by the month posted; restated: by the month a correction relates to")
      ->check(CLI::IsMember({"as-reported", "restated"}))
      ->capture_default_str();
  command.add_option("--names", names, "Board names as they are now, or as they were in the month asked for")
      ->check(CLI::IsMember({"as-now", "as-was"}))
      ->capture_default_str();
}

absl::StatusOr<v1::Basis> BasisOptions::Parse(const std::string& ledger) const {
  v1::Basis basis;
  basis.set_at_least(at_least);
  basis.set_view(view == "restated" ? v1::VIEW_RESTATED : v1::VIEW_AS_REPORTED);
  basis.set_boards(names == "as-was" ? v1::BOARD_MAPPING_AS_WAS : v1::BOARD_MAPPING_AS_NOW);
  if (as_at.empty()) return basis;
  if (as_at.rfind("close:", 0) == 0) {
    basis.set_closed_period(as_at.substr(6));
  } else if (as_at.rfind("pos:", 0) == 0) {
    basis.set_position(fmt::format("{}@{}", ledger, as_at.substr(4)));
  } else if (Receipt::Parse(as_at)) {
    basis.set_position(as_at);
  } else if (const auto time = ParseInstant(as_at)) {
    basis.set_time(FormatInstant(*time));
  } else {
    return absl::InvalidArgumentError(
        "--as-at: has to be a receipt (RH5@1234#...), pos:1234, close:2024/25-M12, a time "
        "(2025-04-09T08:15:00Z) or a "
        "date (2025-04-09)");
  }
  return basis;
}

}  // namespace realise
