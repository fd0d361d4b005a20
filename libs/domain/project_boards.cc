#include "libs/domain/project_boards.h"

namespace realise {

const std::string* BoardOn(const state::ProjectState& project, Date date) {
  const std::string* board = nullptr;
  for (const state::Assignment& assignment : project.assignments()) {
    if (assignment.effective_from() > DayNumber(date)) break;
    board = &assignment.board_id();
  }
  return board;
}

}  // namespace realise
