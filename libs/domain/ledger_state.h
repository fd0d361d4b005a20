// What the rules need to know of a ledger: the fold of its events.  The writer keeps one to decide on, the projection
// keeps one to post from; both are made by Evolve alone.
//
// Kept as protobuf messages (proto/realise/internal/v1/state.proto) by id.  Every change is journalled, so that a writer
// can take back what was void, and marked, so that a store can write only what changed.
// Grows with boards, projects, benefits, claims (benefits x months) and measurements (measures x months).
// Not thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "realise/internal/v1/state.pb.h"
#include "realise/v1/event.pb.h"

namespace realise {

namespace state = ::realise::internal::v1;

// Entities of one kind by id.
template <typename T>
class EntityTable {
 public:
  // Nothing if there is none; valid until the next change of this table.
  const T* Find(std::string_view id) const {
    const auto at = rows_.find(std::string(id));
    return at == rows_.end() ? nullptr : &at->second;
  }
  size_t size() const { return rows_.size(); }
  // In no particular order.
  const std::unordered_map<std::string, T>& rows() const { return rows_; }

 private:
  friend class LedgerState;
  std::unordered_map<std::string, T> rows_;
};

// A place in the journal.
using JournalMark = uint64_t;

class LedgerState {
 public:
  LedgerState();

  EntityTable<state::BoardState> boards;
  EntityTable<state::ProjectState> projects;
  EntityTable<state::BenefitState> benefits;
  EntityTable<state::ClaimState> claims;
  EntityTable<state::MeasureState> measures;
  EntityTable<state::MeasurementState> measurements;  // "<measure_id>/<month index>"
  EntityTable<state::PeriodState> periods;            // "2024/25-M03"
  EntityTable<state::StreamState> streams;

  // The version of a stream; 0 if it does not exist.
  uint64_t StreamVersion(std::string_view stream) const;

  // Makes an entity changeable, noting what it was.  Creates it if there is none.  For Evolve.
  state::BoardState& MutableBoard(const std::string& id);
  state::ProjectState& MutableProject(const std::string& id);
  state::BenefitState& MutableBenefit(const std::string& id);
  state::ClaimState& MutableClaim(const std::string& id);
  state::MeasureState& MutableMeasure(const std::string& id);
  state::MeasurementState& MutableMeasurement(const std::string& id);
  state::PeriodState& MutablePeriod(const std::string& id);
  state::StreamState& MutableStream(const std::string& id);

  // The journal.  Changes after Mark() can be taken back with RollBackTo, newest first; Forget lets go of the ability to
  // roll back behind `mark`, and of its memory.  A state that nobody rolls back calls KeepNoJournal once.
  JournalMark Mark() const;
  void RollBackTo(JournalMark mark);
  void Forget(JournalMark mark);
  void KeepNoJournal();

  // Rows of a store: key = one letter for the kind, and the id; value = the message, serialised deterministically.
  // Rows changed since the last call, sorted by key.
  std::vector<std::pair<std::string, std::string>> TakeChangedRows();
  // Puts a stored row back.   DATA_LOSS  key or value do not decode.
  [[nodiscard]] absl::Status LoadRow(std::string_view key, std::string_view value);

 private:
  template <typename T>
  T& Mutable(EntityTable<T>& table, char kind, const std::string& id);
  template <typename T>
  void AppendRow(const EntityTable<T>& table, std::string_view id, std::string& value) const;

  struct Undo {
    std::function<void()> run;
  };
  bool journalling_ = true;
  JournalMark journal_begin_ = 0;
  std::vector<Undo> journal_;
  std::unordered_set<std::string> changed_;  // row keys
};

}  // namespace realise
