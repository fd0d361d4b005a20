// What the rules need to know of a ledger: the fold of its events.  The writer keeps one to decide on, the
// projection keeps one to post from; both are made by Evolve alone.
//
// Kept by id, claims as bytes (claim_state.h), all else as protobuf messages
// (proto/realise/internal/v1/state.proto).  Every change is journalled, so that a writer can take back what
// was void, and noted, so that a store can write only what changed.  Grows with boards, projects, benefits
// and measurements (measures x months).  Claims grow with the events, so they alone may be left in the store:
// whoever does that puts a claim back, with LoadRow, before anything is asked about it.  Not thread-safe.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "libs/domain/absence_filter.h"
#include "libs/domain/claim_state.h"
#include "libs/domain/entity_table.h"
#include "libs/domain/state_rows.h"
#include "realise/internal/v1/state.pb.h"
#include "realise/v1/event.pb.h"

namespace realise {

namespace state = ::realise::internal::v1;

// A place in the journal.
using JournalMark = uint64_t;

class LedgerState {
 public:
  LedgerState();

  EntityTable<state::BoardState> boards;
  EntityTable<state::ProjectState> projects;
  EntityTable<state::BenefitState> benefits;
  EntityTable<ClaimState> claims;
  EntityTable<state::MeasureState> measures;
  EntityTable<state::MeasurementState> measurements;  // "<measure_id>/<month index>"
  EntityTable<state::PeriodState> periods;            // "2024/25-M03"
  EntityTable<state::PublisherState> publishers;
  EntityTable<state::SourceState> sources;  // of publishers, "/ods/RH5/finance"

  // The version of the last event of a stream, "board/b-1"; 0 if it does not exist.
  uint64_t StreamVersion(std::string_view stream) const;
  // For Evolve.  What changed since `mark` was noted then.   REQUIRES: what the stream is about exists.
  void SetStreamVersion(std::string_view stream, uint64_t version, JournalMark mark);

  // Makes an entity changeable, noting what it was.  Creates it if there is none.  For Evolve.
  state::BoardState& MutableBoard(const std::string& id);
  state::ProjectState& MutableProject(const std::string& id);
  state::BenefitState& MutableBenefit(const std::string& id);
  ClaimState& MutableClaim(const std::string& id);
  state::MeasureState& MutableMeasure(const std::string& id);
  state::MeasurementState& MutableMeasurement(const std::string& id);
  state::PeriodState& MutablePeriod(const std::string& id);
  state::PublisherState& MutablePublisher(const std::string& id);
  state::SourceState& MutableSource(const std::string& source);

  // The journal.  Changes after Mark() can be taken back with RollBackTo, newest first; Forget lets go of the
  // ability to roll back behind `mark`, and of its memory.  A state that nobody rolls back calls
  // KeepNoJournal once. REQUIRES of a mark: not behind what was forgotten.
  JournalMark Mark() const;
  void RollBackTo(JournalMark mark);
  void Forget(JournalMark mark);
  void KeepNoJournal();

  // Rows changed since the last call, each once, in no order.  A row may come although it is
  // as it was.
  StateRows TakeChangedRows();
  // The same, with the rows as they were at `mark`; what changed since then comes again with a later call.
  StateRows TakeChangedRows(JournalMark mark);
  // For a state whose rows nobody takes: what changed is not noted any more.
  void KeepNoChangedRows();
  // Puts a stored row back.   DATA_LOSS  key or value do not decode.
  [[nodiscard]] absl::Status LoadRow(std::string_view key, std::string_view value);

  // Claims that are left in the store.  Their rows' keys begin with kClaimRows, and are in one piece.  Of
  // those that were let go of, unless there are very many, a few bytes stay behind, so that the store is not
  // asked for claims that are new.
  static constexpr char kClaimRows = 'c';
  // Any may have been left there before.
  void LeaveClaims() { claims_left_before_ = true; }
  // Adds the row of the claim that a stream is about, if it may be in the store and is not here.
  void AddMissingClaim(std::string_view stream, std::vector<std::string>& rows);
  // What an event is about; null: there was none here.
  struct FoundAhead {
    EntityTable<ClaimState>::Row* claim = nullptr;
    uint64_t claim_hash = 0;  // of its id; 0: it is about none
    EntityTable<state::BenefitState>::Row* benefit = nullptr;
    EntityTable<state::ProjectState>::Row* project = nullptr;
  };
  // The same of the streams of many events, which takes less time.
  void AddMissingClaims(const google::protobuf::RepeatedPtrField<v1::Event>& events,
                        std::vector<std::string>& rows);
  // Also adds what it found on the way, one for each event: valid until claims are let go of, or anything is
  // rolled back.
  void AddMissingClaims(const google::protobuf::RepeatedPtrField<v1::Event>& events,
                        std::vector<std::string>& rows, std::vector<FoundAhead>& found);
  // `event`, number `i` of those, is asked about next, and the others after it: they are found sooner.
  void Expect(const v1::Event& event, const std::vector<FoundAhead>& found, size_t i);
  // Leaves claims, once there are more than `claims_max` here: those that are settled, and all if more than
  // half as many are left.  Not those that changed, since rows were taken or since the journal begins.
  // REQUIRES: the rows that were taken are in the store.
  void LetGoOfClaims(size_t claims_max);

 private:
  // `id` is the one in the table, or in its removed rows, and `row` what it belongs to, a row of the kind's.
  struct RowName {
    char kind;
    const std::string* id;
    void* row;
  };
  // What a row was before a change.
  struct Change {
    RowName row;
    std::string before;   // its value; empty: there was no such row
    size_t names_before;  // of changed rows
    uint64_t takings;     // as often had rows been taken
  };

  template <typename Row>
  void Note(char kind, Row& row);
  template <typename T>
  T& Mutable(EntityTable<T>& table, char kind, std::string_view id);
  template <typename T>
  void SetVersion(EntityTable<T>& table, char kind, std::string_view id, uint64_t version, JournalMark mark);
  // Calls `use` with the table of a kind; false if there is no such kind.
  template <typename State, typename Use>
  static bool WithTable(State& state, char kind, Use use);
  // The id of the claim that a stream is about; empty if it is about none.
  static std::string_view ClaimOf(std::string_view stream);
  EntityTable<ClaimState>::Row* FindClaim(std::string_view id, uint64_t hash, std::vector<std::string>& rows);
  void AppendAsItIs(const RowName& row, std::string& value);
  void NoteAnew(const std::vector<RowName>& changed);

  bool claims_left_before_ = false;
  AbsenceFilter claims_left_{60'000'000};  // at most 89 MiB
  bool journalling_ = true;
  bool noting_changes_ = true;
  JournalMark journal_begin_ = 0;
  std::deque<Change> journal_;    // the first one's mark is journal_begin_
  std::vector<RowName> changed_;  // in the order of their first changes
  bool some_removed_ = false;     // of their rows
  uint64_t takings_ = 1;          // as often were rows taken, and one more: what a row that is noted has
};

}  // namespace realise
