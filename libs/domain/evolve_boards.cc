// Boards, projects and the finance calendar.
#include "libs/base/status_macros.h"
#include "libs/domain/evolve_rules.h"
#include "libs/domain/project_boards.h"

namespace realise::evolve {

absl::Status ApplyBoardEstablished(const v1::Event& event, LedgerState& state) {
  const v1::BoardEstablished& body = event.board_established();
  if (state.boards.Find(body.board_id()) != nullptr) return DoesNotFit(event, "the board exists");
  ASSIGN_OR_RETURN(const Date from, DateOf(event, body.effective_from()));
  state::BoardState& board = state.MutableBoard(body.board_id());
  board.set_name(body.name());
  board.set_effective_from(DayNumber(from));
  return absl::OkStatus();
}

absl::Status ApplyBoardRenamed(const v1::Event& event, LedgerState& state) {
  const v1::BoardRenamed& body = event.board_renamed();
  if (state.boards.Find(body.board_id()) == nullptr) return DoesNotFit(event, "no such board");
  ASSIGN_OR_RETURN(const Date from, DateOf(event, body.effective_from()));
  state::BoardState& board = state.MutableBoard(body.board_id());
  board.set_name(body.name());
  board.set_renamed_from(DayNumber(from));
  return absl::OkStatus();
}

absl::Status ApplyBoardClosed(const v1::Event& event, LedgerState& state) {
  const v1::BoardClosed& body = event.board_closed();
  if (state.boards.Find(body.board_id()) == nullptr) return DoesNotFit(event, "no such board");
  ASSIGN_OR_RETURN(const Date from, DateOf(event, body.effective_from()));
  state.MutableBoard(body.board_id()).set_closed_from(DayNumber(from));
  return absl::OkStatus();
}

absl::Status ApplyProjectProposed(const v1::Event& event, LedgerState& state) {
  const v1::ProjectProposed& body = event.project_proposed();
  if (state.projects.Find(body.project_id()) != nullptr) return DoesNotFit(event, "the project exists");
  state.MutableProject(body.project_id());
  return absl::OkStatus();
}

absl::Status ApplyProjectAssignedToBoard(const v1::Event& event, LedgerState& state) {
  const v1::ProjectAssignedToBoard& body = event.project_assigned_to_board();
  const state::ProjectState* project = state.projects.Find(body.project_id());
  if (project == nullptr) return DoesNotFit(event, "no such project");
  if (state.boards.Find(body.board_id()) == nullptr) return DoesNotFit(event, "no such board");
  ASSIGN_OR_RETURN(const Date from, DateOf(event, body.effective_from()));
  if (!project->assignments().empty() &&
      project->assignments().rbegin()->effective_from() >= DayNumber(from)) {
    return DoesNotFit(event, "a later assignment exists");
  }
  state::Assignment& assignment = *state.MutableProject(body.project_id()).add_assignments();
  assignment.set_effective_from(DayNumber(from));
  assignment.set_board_id(body.board_id());
  return absl::OkStatus();
}

absl::Status ApplyProjectCancelled(const v1::Event& event, LedgerState& state) {
  const v1::ProjectCancelled& body = event.project_cancelled();
  if (state.projects.Find(body.project_id()) == nullptr) return DoesNotFit(event, "no such project");
  ASSIGN_OR_RETURN(const Date from, DateOf(event, body.effective_from()));
  state.MutableProject(body.project_id()).set_cancelled_from(DayNumber(from));
  return absl::OkStatus();
}

absl::Status ApplyProjectClosed(const v1::Event& event, LedgerState& state) {
  const v1::ProjectClosed& body = event.project_closed();
  if (state.projects.Find(body.project_id()) == nullptr) return DoesNotFit(event, "no such project");
  ASSIGN_OR_RETURN(const Date from, DateOf(event, body.effective_from()));
  state.MutableProject(body.project_id()).set_closed_from(DayNumber(from));
  return absl::OkStatus();
}

absl::Status ApplyPeriodOpened(const v1::Event& event, LedgerState& state) {
  const std::string& period = event.period_opened().period();
  if (state.periods.Find(period) != nullptr) return DoesNotFit(event, "the period was opened before");
  state.MutablePeriod(period).set_closed(false);
  return absl::OkStatus();
}

absl::Status ApplyPeriodClosed(const v1::Event& event, LedgerState& state) {
  const std::string& period = event.period_closed().period();
  const state::PeriodState* found = state.periods.Find(period);
  if (found == nullptr || found->closed()) return DoesNotFit(event, "the period is not open");
  state.MutablePeriod(period).set_closed(true);
  return absl::OkStatus();
}

}  // namespace realise::evolve
