#include "libs/projection/structure.h"

#include <algorithm>

#include "absl/status/status.h"
#include "fmt/format.h"
#include "libs/base/status_macros.h"
#include "libs/domain/project_boards.h"

namespace realise {

namespace {

absl::Status Unreadable(std::string_view what) {
  return absl::DataLossError(fmt::format("a fact cannot be read: {}", what));
}

absl::StatusOr<Date> DateOf(const std::string& text) {
  const std::optional<Date> date = ParseDate(text);
  if (!date) return Unreadable("a date is malformed");
  return *date;
}

absl::StatusOr<Period> MonthOf(const std::string& text) {
  const std::optional<Period> month = Period::Parse(text);
  if (!month) return Unreadable("a month is malformed");
  return *month;
}

}  // namespace

const std::string& BoardFacts::Name(v1::BoardMapping mapping, Date date) const {
  if (mapping != v1::BOARD_MAPPING_AS_WAS) return names.back().second;
  const std::string* name = &names.front().second;
  for (const auto& [from, later] : names) {
    if (from <= date) name = &later;
  }
  return *name;
}

absl::StatusOr<Structure> Structure::Fold(std::span<const FactEvent> facts) {
  Structure structure;
  RETURN_IF_ERROR(structure.Add(facts));
  return structure;
}

absl::StatusOr<SharedStructure> Structure::With(std::span<const FactEvent> facts) const {
  Structure structure = *this;
  RETURN_IF_ERROR(structure.Add(facts));
  return Share(std::move(structure));
}

// Shared for the reason that figure_source.h gives.
SharedStructure Structure::Share(Structure structure) {
  return std::make_shared<const Structure>(std::move(structure));
}

absl::Status Structure::Add(std::span<const FactEvent> facts) {
  for (const FactEvent& fact : facts) RETURN_IF_ERROR(Apply(fact));
  return absl::OkStatus();
}

absl::Status Structure::Apply(const FactEvent& fact) {
  switch (fact.event.body_case()) {
    case v1::Event::kBoardEstablished:
    case v1::Event::kBoardRenamed:
    case v1::Event::kBoardClosed:
      return ApplyBoard(fact.event);
    case v1::Event::kProjectAssignedToBoard:
    case v1::Event::kProjectCancelled:
      return ApplyProject(fact.event);
    case v1::Event::kMeasureDefined:
    case v1::Event::kMeasureRedefined:
    case v1::Event::kMeasureAssigned:
      return ApplyMeasure(fact.event);
    case v1::Event::kBaselineSet:
      return ApplyBaseline(fact.event.baseline_set());
    case v1::Event::kPeriodClosed: {
      ASSIGN_OR_RETURN(const Period month, MonthOf(fact.event.period_closed().period()));
      closed_.Mutable().emplace(month, fact.sequence);
      return absl::OkStatus();
    }
    default:
      return absl::OkStatus();
  }
}

absl::Status Structure::ApplyBoard(const v1::Event& event) {
  if (event.has_board_established()) {
    const v1::BoardEstablished& body = event.board_established();
    ASSIGN_OR_RETURN(const Date from, DateOf(body.effective_from()));
    boards_.Mutable()[body.board_id()] = {body.theme(), from, std::nullopt, {{from, body.name()}}};
    return absl::OkStatus();
  }
  const bool renamed = event.has_board_renamed();
  auto& boards = boards_.Mutable();
  const auto board =
      boards.find(renamed ? event.board_renamed().board_id() : event.board_closed().board_id());
  if (board == boards.end()) return Unreadable("its board was not established");
  ASSIGN_OR_RETURN(const Date from, DateOf(renamed ? event.board_renamed().effective_from()
                                                   : event.board_closed().effective_from()));
  if (renamed) {
    board->second.names.emplace_back(from, event.board_renamed().name());
  } else {
    board->second.closed_from = from;
  }
  return absl::OkStatus();
}

absl::Status Structure::ApplyProject(const v1::Event& event) {
  if (event.has_project_cancelled()) {
    ASSIGN_OR_RETURN(const Date from, DateOf(event.project_cancelled().effective_from()));
    projects_.Mutable()[event.project_cancelled().project_id()].set_cancelled_from(DayNumber(from));
    return absl::OkStatus();
  }
  const v1::ProjectAssignedToBoard& body = event.project_assigned_to_board();
  ASSIGN_OR_RETURN(const Date from, DateOf(body.effective_from()));
  state::Assignment& assignment = *projects_.Mutable()[body.project_id()].add_assignments();
  assignment.set_effective_from(DayNumber(from));
  assignment.set_board_id(body.board_id());
  Assigned& assigned = assigned_.Mutable();
  assigned.entries += assigned.boards_of_project[body.project_id()].insert(body.board_id()).second;
  const auto measures = assigned.measures_of_project.find(body.project_id());
  if (measures == assigned.measures_of_project.end()) return absl::OkStatus();
  for (const auto& [measure_id, unit] : measures->second) {
    assigned.ToBoard(body.board_id(), measure_id, unit);
  }
  return absl::OkStatus();
}

absl::Status Structure::ApplyMeasure(const v1::Event& event) {
  if (event.has_measure_defined()) {
    const v1::MeasureDefined& body = event.measure_defined();
    MeasureFacts& measure = measures_.Mutable()[body.measure_id()];
    measure.title = body.title();
    measure.definition.set_unit(body.unit());
    measure.definition.set_pathway(body.pathway());
    measure.definition.set_published_total(body.published_total());
    measure.definition.add_versions()->set_version(1);
    return absl::OkStatus();
  }
  const bool redefined = event.has_measure_redefined();
  auto& measures = measures_.Mutable();
  const auto at = measures.find(redefined ? event.measure_redefined().measure_id()
                                          : event.measure_assigned().measure_id());
  if (at == measures.end()) return Unreadable("its measure was not defined");
  if (redefined) {
    const v1::MeasureRedefined& body = event.measure_redefined();
    ASSIGN_OR_RETURN(const Period break_from, MonthOf(body.break_from()));
    state::DefinitionVersion& version = *at->second.definition.add_versions();
    version.set_version(body.version());
    version.set_break_from(break_from.index());
    version.set_comparable(body.comparable());
    return absl::OkStatus();
  }
  const v1::MeasureAssigned& body = event.measure_assigned();
  ASSIGN_OR_RETURN(const Date from, DateOf(body.effective_from()));
  const bool is_project = body.has_project_id();
  at->second.assignees.push_back({from, is_project, is_project ? body.project_id() : body.board_id()});
  Assigned& assigned = assigned_.Mutable();
  const v1::MeasureUnit unit = at->second.definition.unit();
  if (!is_project) {
    assigned.ToBoard(body.board_id(), body.measure_id(), unit);
    return absl::OkStatus();
  }
  assigned.entries += assigned.measures_of_project[body.project_id()].emplace(body.measure_id(), unit).second;
  const auto boards = assigned.boards_of_project.find(body.project_id());
  if (boards == assigned.boards_of_project.end()) return absl::OkStatus();
  for (const std::string& board_id : boards->second) {
    assigned.ToBoard(board_id, body.measure_id(), unit);
  }
  return absl::OkStatus();
}

absl::Status Structure::ApplyBaseline(const v1::BaselineSet& baseline) {
  auto& measures = measures_.Mutable();
  const auto at = measures.find(baseline.measure_id());
  if (at == measures.end()) return Unreadable("its measure was not defined");
  at->second.definition.set_baseline_version(baseline.definition_version());
  at->second.definition.set_baseline_numerator(baseline.numerator());
  at->second.definition.set_baseline_denominator(baseline.denominator());
  return absl::OkStatus();
}

void Structure::Assigned::ToBoard(const std::string& board_id, const std::string& measure_id,
                                  v1::MeasureUnit unit) {
  entries += measures_of_board[{board_id, unit}].insert(measure_id).second;
}

const std::string* Structure::BoardThrough(const Assignee& assignee, Period month) const {
  const Date day = month.LastDay();
  if (assignee.effective_from > day) return nullptr;
  const std::string* board_id = &assignee.id;
  if (assignee.is_project) {
    const auto project = projects_->find(assignee.id);
    if (project == projects_->end()) return nullptr;
    const bool cancelled = project->second.has_cancelled_from() &&
                           project->second.cancelled_from() <= DayNumber(month.FirstDay());
    board_id = cancelled ? nullptr : BoardOn(project->second, day);
    if (board_id == nullptr) return nullptr;
  }
  const auto board = boards_->find(*board_id);
  if (board == boards_->end()) return nullptr;
  if (board->second.closed_from && *board->second.closed_from <= day) return nullptr;
  return &board->first;
}

std::set<std::string_view> Structure::BoardsOf(const MeasureFacts& measure, Period month) const {
  std::set<std::string_view> boards;
  if (measure.definition.published_total()) return boards;
  for (const Assignee& assignee : measure.assignees) {
    if (const std::string* board_id = BoardThrough(assignee, month)) boards.insert(*board_id);
  }
  return boards;
}

bool Structure::IsOf(std::string_view board_id, const MeasureFacts& measure, Period month) const {
  if (measure.definition.published_total()) return false;
  return std::ranges::any_of(measure.assignees, [&](const Assignee& assignee) {
    const std::string* of = BoardThrough(assignee, month);
    return of != nullptr && *of == board_id;
  });
}

const std::set<std::string>& Structure::MeasuresEverOf(const std::string& board_id,
                                                       v1::MeasureUnit unit) const {
  static const std::set<std::string> kNone;
  const auto of_board = assigned_->measures_of_board.find({board_id, unit});
  return of_board == assigned_->measures_of_board.end() ? kNone : of_board->second;
}

std::optional<Sequence> Structure::ClosedAt(Period month) const {
  const auto at = closed_->find(month);
  if (at == closed_->end()) return std::nullopt;
  return at->second;
}

std::vector<Structure::Part> Structure::Parts() const {
  return {{&*boards_, boards_->size()},
          {&*projects_, projects_->size()},
          {&*assigned_, assigned_->entries},
          {&*measures_, measures_->size()},
          {&*closed_, closed_->size()}};
}

}  // namespace realise
