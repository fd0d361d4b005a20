// How boards, projects, measures and months hang together at a position: the fold of the facts up to it.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "libs/base/calendar.h"
#include "libs/domain/ledger_state.h"
#include "libs/projection/figure_source.h"
#include "realise/v1/query_service.pb.h"

namespace realise {

struct BoardFacts {
  std::string theme;
  Date effective_from;
  std::optional<Date> closed_from;
  std::vector<std::pair<Date, std::string>> names;  // with their first dates, in the order of the log

  // The latest name, or for AS_WAS the one in force on `date`; the first name before that.
  const std::string& Name(v1::BoardMapping mapping, Date date) const;
};

// What a measure was assigned to, from a date on.
struct Assignee {
  Date effective_from;
  bool is_project = false;
  std::string id;
};

struct MeasureFacts {
  std::string title;
  // Unit, pathway, versions and the latest baseline; the members that only Decide needs are left empty.
  state::MeasureState definition;
  std::vector<Assignee> assignees;
};

class Structure {
 public:
  // DATA_LOSS  a fact cannot be read: Decide accepts no such event.
  [[nodiscard]] static absl::StatusOr<Structure> Fold(const std::vector<FactEvent>& facts);

  // Goes on behind what was folded, in the order of the log.   DATA_LOSS  as Fold; it can no longer be used.
  [[nodiscard]] absl::Status Add(const std::vector<FactEvent>& facts);

  [[nodiscard]] static SharedStructure Share(Structure structure);

  // By id.
  const std::map<std::string, BoardFacts>& boards() const { return boards_; }
  const std::map<std::string, MeasureFacts>& measures() const { return measures_; }

  // The boards whose figures a measure is part of in a month, as things stand on its last day: those it is
  // assigned to, and those that a project is under that it is assigned to.  A set: a measure counts once for
  // a board.  As with claims, a project that was cancelled when the month began takes no part, nor does a
  // board that is closed on its last day; a published total never does.
  std::set<std::string_view> BoardsOf(const MeasureFacts& measure, Period month) const;

  // The ids of the measures that BoardsOf may name the board for, in some month, and perhaps others: whoever
  // asks about one board need not go through the measures of all.
  std::set<std::string> MeasuresEverOf(const std::string& board_id) const;

  // The sequence of the event that closed a month; nothing while it is not closed.
  std::optional<Sequence> ClosedAt(Period month) const;

 private:
  absl::Status Apply(const FactEvent& fact);
  absl::Status ApplyBoard(const v1::Event& event);
  absl::Status ApplyProject(const v1::Event& event);
  absl::Status ApplyMeasure(const v1::Event& event);
  absl::Status ApplyBaseline(const v1::BaselineSet& baseline);

  std::map<std::string, BoardFacts> boards_;
  std::map<std::string, state::ProjectState> projects_;
  // Ever assigned: measures to boards and to projects, and projects to boards.
  std::map<std::string, std::set<std::string>> measures_of_board_;
  std::map<std::string, std::set<std::string>> measures_of_project_;
  std::map<std::string, std::set<std::string>> projects_of_board_;
  std::map<std::string, MeasureFacts> measures_;
  std::map<Period, Sequence> closed_;
};

}  // namespace realise
