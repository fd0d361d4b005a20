// How boards, projects, measures and months hang together at a position: the fold of the facts up to it.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
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

// A part of a structure.  Copies share it until one of them is changed.  Thread-safe as long as what a copy
// was made of lives while the copy is changed.
template <typename T>
class SharedPart {
 public:
  const T& operator*() const { return *part_; }
  const T* operator->() const { return part_.get(); }

  T& Mutable() {
    if (part_.use_count() > 1) part_ = std::make_shared<T>(*part_);
    return *part_;
  }

 private:
  std::shared_ptr<T> part_ = std::make_shared<T>();
};

// A copy costs little: it shares what is not changed afterwards.
class Structure {
 public:
  // DATA_LOSS  a fact cannot be read: Decide accepts no such event.
  [[nodiscard]] static absl::StatusOr<Structure> Fold(std::span<const FactEvent> facts);

  // One with facts behind those that were folded, in the order of the log.   DATA_LOSS  as Fold.
  [[nodiscard]] absl::StatusOr<SharedStructure> With(std::span<const FactEvent> facts) const;

  [[nodiscard]] static SharedStructure Share(Structure structure);

  // By id.
  const std::map<std::string, BoardFacts>& boards() const { return *boards_; }
  const std::map<std::string, MeasureFacts>& measures() const { return *measures_; }

  // The boards whose figures a measure is part of in a month, as things stand on its last day: those it is
  // assigned to, and those that a project is under that it is assigned to.  A set: a measure counts once for
  // a board.  As with claims, a project that was cancelled when the month began takes no part, nor does a
  // board that is closed on its last day; a published total never does.
  std::set<std::string_view> BoardsOf(const MeasureFacts& measure, Period month) const;

  // Whether BoardsOf names the board.
  bool IsOf(std::string_view board_id, const MeasureFacts& measure, Period month) const;

  // The ids of the measures in a unit that BoardsOf may name the board for, in some month, and perhaps
  // others: whoever asks about one board need not go through the measures of all.
  const std::set<std::string>& MeasuresEverOf(const std::string& board_id, v1::MeasureUnit unit) const;

  // The sequence of the event that closed a month; nothing while it is not closed.
  std::optional<Sequence> ClosedAt(Period month) const;

  // What it is made of: where it is, which is the same for a part that two structures share, and how many
  // entries it has.
  struct Part {
    const void* at = nullptr;
    size_t entries = 0;
  };
  std::vector<Part> Parts() const;

 private:
  absl::Status Add(std::span<const FactEvent> facts);
  absl::Status Apply(const FactEvent& fact);
  absl::Status ApplyBoard(const v1::Event& event);
  absl::Status ApplyProject(const v1::Event& event);
  absl::Status ApplyMeasure(const v1::Event& event);
  absl::Status ApplyBaseline(const v1::BaselineSet& baseline);
  // The board that an assignee stands for in a month; null if it stands for none.
  const std::string* BoardThrough(const Assignee& assignee, Period month) const;

  // Ever assigned: measures to projects and, through those too, to boards; projects to boards.
  struct Assigned {
    std::map<std::pair<std::string, v1::MeasureUnit>, std::set<std::string>> measures_of_board;
    std::map<std::string, std::map<std::string, v1::MeasureUnit>> measures_of_project;
    std::map<std::string, std::set<std::string>> boards_of_project;
    size_t entries = 0;

    void ToBoard(const std::string& board_id, const std::string& measure_id, v1::MeasureUnit unit);
  };

  SharedPart<std::map<std::string, BoardFacts>> boards_;
  SharedPart<std::map<std::string, state::ProjectState>> projects_;
  SharedPart<Assigned> assigned_;
  SharedPart<std::map<std::string, MeasureFacts>> measures_;
  SharedPart<std::map<Period, Sequence>> closed_;
};

}  // namespace realise
