// Boards and the projects under them.
#include <algorithm>

#include "fmt/format.h"
#include "libs/domain/decide_rules.h"
#include "libs/domain/project_boards.h"

namespace realise::decide {
namespace {

Date DateOfDay(int32_t day) { return Date(std::chrono::days(day)); }

Rejection BoardIsClosed(const Proposal& proposal, const state::BoardState& board, std::string_view field) {
  return proposal.Reject(Reason::kBoardClosed, field,
                         fmt::format("The board is closed from {} on; name another board, or an earlier date",
                                     FormatDate(DateOfDay(board.closed_from()))));
}

Rejection NoSuchBoard(const Proposal& proposal) {
  return proposal.Reject(Reason::kUnknownBoard, "board_id",
                         "There is no board of this id; establish it first");
}

Rejection NoSuchProject(const Proposal& proposal) {
  return proposal.Reject(Reason::kUnknownProject, "project_id",
                         "There is no project of this id; propose it first");
}

Rejection BeforeTheBoard(const Proposal& proposal, const state::BoardState& board) {
  return proposal.Reject(Reason::kDateOrder, "effective_from",
                         fmt::format("The board exists from {} on; name that date or a later one",
                                     FormatDate(DateOfDay(board.effective_from()))));
}

Rejection MustBeAfter(const Proposal& proposal, Date earlier, std::string_view what) {
  return proposal.Reject(Reason::kDateOrder, "effective_from",
                         fmt::format("The date has to be after {}, {}", FormatDate(earlier), what));
}

}  // namespace

Verdict DecideBoardEstablished(const Proposal& proposal) {
  if (proposal.state.boards.Find(proposal.event.board_established().board_id()) == nullptr)
    return std::nullopt;
  return proposal.Reject(Reason::kAlreadyExists, "board_id", "A board has this id; choose another");
}

Verdict DecideBoardRenamed(const Proposal& proposal) {
  const v1::BoardRenamed& body = proposal.event.board_renamed();
  const state::BoardState* board = proposal.state.boards.Find(body.board_id());
  if (board == nullptr) return NoSuchBoard(proposal);
  const Date from = DateOf(body.effective_from());
  if (ClosedOn(*board, from)) return BoardIsClosed(proposal, *board, "effective_from");
  if (DayNumber(from) < board->effective_from()) return BeforeTheBoard(proposal, *board);
  if (board->has_renamed_from() && DayNumber(from) <= board->renamed_from()) {
    return MustBeAfter(proposal, DateOfDay(board->renamed_from()), "when the board got its latest name");
  }
  return std::nullopt;
}

Verdict DecideBoardClosed(const Proposal& proposal) {
  const v1::BoardClosed& body = proposal.event.board_closed();
  const state::BoardState* board = proposal.state.boards.Find(body.board_id());
  if (board == nullptr) return NoSuchBoard(proposal);
  if (board->has_closed_from()) {
    return proposal.Reject(
        Reason::kBoardClosed, "board_id",
        fmt::format("The board is closed already, from {} on", FormatDate(DateOfDay(board->closed_from()))));
  }
  const Date from = DateOf(body.effective_from());
  if (DayNumber(from) <= board->effective_from()) {
    return MustBeAfter(proposal, DateOfDay(board->effective_from()), "when the board was established");
  }
  if (board->has_last_claimed_month()) {
    const Date claimed = Period::FromIndex(board->last_claimed_month()).LastDay();
    if (from <= claimed) return MustBeAfter(proposal, claimed, "the last day claimed for under the board");
  }
  return std::nullopt;
}

Verdict DecideProjectProposed(const Proposal& proposal) {
  if (proposal.state.projects.Find(proposal.event.project_proposed().project_id()) == nullptr)
    return std::nullopt;
  return proposal.Reject(Reason::kAlreadyExists, "project_id", "A project has this id; choose another");
}

Verdict DecideProjectAssignedToBoard(const Proposal& proposal) {
  const v1::ProjectAssignedToBoard& body = proposal.event.project_assigned_to_board();
  const Date from = DateOf(body.effective_from());
  const state::BoardState* board = proposal.state.boards.Find(body.board_id());
  if (board == nullptr) return NoSuchBoard(proposal);
  if (ClosedOn(*board, from)) return BoardIsClosed(proposal, *board, "effective_from");
  const state::ProjectState* project = proposal.state.projects.Find(body.project_id());
  if (project == nullptr) return NoSuchProject(proposal);
  // A closed project may move: its benefits go on being claimed.
  if (CancelledOn(*project, from)) {
    return proposal.Reject(Reason::kProjectEnded, "effective_from",
                           fmt::format("The project is cancelled from {} on; name an earlier date",
                                       FormatDate(DateOfDay(project->cancelled_from()))));
  }
  if (DayNumber(from) < board->effective_from()) return BeforeTheBoard(proposal, *board);
  if (!project->assignments().empty()) {
    const int32_t last = project->assignments().rbegin()->effective_from();
    if (DayNumber(from) <= last)
      return MustBeAfter(proposal, DateOfDay(last), "the project's latest assignment");
  }
  if (project->has_last_claimed_month()) {
    const Date claimed = Period::FromIndex(project->last_claimed_month()).LastDay();
    if (from <= claimed) return MustBeAfter(proposal, claimed, "the last day of the last month claimed for");
  }
  return std::nullopt;
}

Verdict DecideProjectCancelled(const Proposal& proposal) {
  const state::ProjectState* project =
      proposal.state.projects.Find(proposal.event.project_cancelled().project_id());
  if (project == nullptr) return NoSuchProject(proposal);
  // A closed project may still be cancelled: the change that it made can be undone later.
  if (project->has_cancelled_from()) {
    return proposal.Reject(Reason::kProjectEnded, "project_id",
                           fmt::format("The project is cancelled already, from {} on",
                                       FormatDate(DateOfDay(project->cancelled_from()))));
  }
  return std::nullopt;
}

Verdict DecideProjectClosed(const Proposal& proposal) {
  const state::ProjectState* project =
      proposal.state.projects.Find(proposal.event.project_closed().project_id());
  if (project == nullptr) return NoSuchProject(proposal);
  if (project->has_cancelled_from() || project->has_closed_from()) {
    const int32_t ended = project->has_cancelled_from() ? project->cancelled_from() : project->closed_from();
    return proposal.Reject(
        Reason::kProjectEnded, "project_id",
        fmt::format("The project is {} already, from {} on",
                    project->has_cancelled_from() ? "cancelled" : "closed", FormatDate(DateOfDay(ended))));
  }
  return std::nullopt;
}

}  // namespace realise::decide
