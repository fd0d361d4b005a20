// The finance calendar.
#include "fmt/format.h"
#include "libs/domain/decide_rules.h"

namespace realise::decide {

Verdict DecidePeriodOpened(const Proposal& proposal) {
  const std::string& text = proposal.event.period_opened().period();
  if (proposal.state.periods.Find(text) != nullptr) {
    return proposal.Reject(Reason::kAlreadyExists, "period", fmt::format("{} was opened before", text));
  }
  // Posting into it would change what the later month reported to date.
  for (const auto& [other, state] : proposal.state.periods.rows()) {
    if (state.closed() && PeriodOf(other) > PeriodOf(text)) {
      return proposal.Reject(
          Reason::kPeriodOrder, "period",
          fmt::format("A later month than {} is closed; post to an open month what relates to it", text));
    }
  }
  return std::nullopt;
}

Verdict DecidePeriodClosed(const Proposal& proposal) {
  const std::string& text = proposal.event.period_closed().period();
  const state::PeriodState* found = proposal.state.periods.Find(text);
  if (found == nullptr) {
    return proposal.Reject(Reason::kPeriodNotOpen, "period", fmt::format("{} was not opened", text));
  }
  if (found->closed()) {
    return proposal.Reject(Reason::kPeriodClosed, "period", fmt::format("{} is closed already", text));
  }
  const Period period = PeriodOf(text);
  std::optional<Period> oldest;
  for (const auto& [other, state] : proposal.state.periods.rows()) {
    if (!state.closed() && (!oldest || PeriodOf(other) < *oldest)) oldest = PeriodOf(other);
  }
  if (oldest && *oldest < period) {
    return proposal.Reject(Reason::kPeriodOrder, "period",
                           fmt::format("{} is still open; close it before {}", oldest->ToString(), text));
  }
  if (auto refused = CheckBegun(proposal, period, "period")) return refused;
  if (proposal.today <= period.LastDay()) {
    return proposal.Reject(
        Reason::kPeriodNotEnded, "period",
        fmt::format("{} goes on until {}; close it after that day", text, FormatDate(period.LastDay())));
  }
  return std::nullopt;
}

}  // namespace realise::decide
