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

#include "absl/container/node_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "libs/domain/absence_filter.h"
#include "libs/domain/claim_state.h"
#include "realise/internal/v1/state.pb.h"
#include "realise/v1/event.pb.h"

namespace realise {

namespace state = ::realise::internal::v1;

// Entities of one kind by id.  Not even finding is thread-safe.
template <typename T>
class EntityTable {
 public:
  using Rows = absl::node_hash_map<std::string, T>;

  // Nothing if there is none; valid until the next change of this table.
  const T* Find(std::string_view id) const {
    const auto* row = const_cast<EntityTable*>(this)->FindRow(id);
    return row == nullptr ? nullptr : &row->second;
  }
  size_t size() const { return rows_.size(); }
  // In no particular order.
  const Rows& rows() const { return rows_; }

 private:
  friend class LedgerState;
  using Row = typename Rows::value_type;

  static absl::string_view Key(std::string_view id) { return {id.data(), id.size()}; }
  size_t Hash(std::string_view id) const { return rows_.hash_function()(Key(id)); }

  // Whoever asks about an event asks for what it is about again and again.
  Row* FindRow(std::string_view id) {
    if (found_ != nullptr && found_->first == id) return found_;
    if (!missed_.empty() && missed_ == id) return nullptr;
    return FindRow(id, Hash(id));
  }
  Row* FindRow(std::string_view id, size_t hash) {
    const auto at = rows_.find(Key(id), hash);
    if (at == rows_.end()) {
      missed_ = id;
      return nullptr;
    }
    found_ = &*at;
    return found_;
  }
  // Makes a row unless there is one.
  Row& Make(std::string_view id) {
    missed_.clear();
    return *rows_.try_emplace(Key(id)).first;
  }

  Rows rows_;
  Row* found_ = nullptr;                           // the last one
  std::string missed_;                             // the last id that was not found; empty: none
  std::vector<typename Rows::node_type> removed_;  // by rolling back, since rows were taken
};

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

  // Rows of a store: key = one letter for the kind, and the id; value = one byte for the form of rows, and
  // the bytes of the claim, or the message, serialised deterministically.  An empty value means that there is
  // no such row (any more): the store deletes it. Rows changed since the last call, sorted by key.  A row may
  // come although it is as it was.
  std::vector<std::pair<std::string, std::string>> TakeChangedRows();
  // The same, with the rows as they were at `mark`; what changed since then comes again with a later call.
  std::vector<std::pair<std::string, std::string>> TakeChangedRows(JournalMark mark);
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
  // The same of the streams of many events, which takes less time.
  void AddMissingClaims(const google::protobuf::RepeatedPtrField<v1::Event>& events,
                        std::vector<std::string>& rows);
  // Leaves claims, once there are more than `claims_max` here: those that are settled, and all if more than
  // half as many are left.  Not those that changed, since rows were taken or since the journal begins.
  // REQUIRES: the rows that were taken are in the store.
  void LetGoOfClaims(size_t claims_max);

 private:
  // `id` is the one in the table, or in its removed rows, and `row` what it belongs to, of the kind's type.
  struct RowName {
    char kind;
    const std::string* id;
    const void* row;
    friend bool operator==(const RowName& a, const RowName& b) { return a.id == b.id; }
  };
  // What a row was before a change.
  struct Change {
    RowName row;
    std::string before;   // its value; empty: there was no such row
    size_t names_before;  // of changed rows
    uint64_t takings;     // as often had rows been taken
  };

  template <typename T>
  T& Mutable(EntityTable<T>& table, char kind, std::string_view id);
  template <typename T>
  void SetVersion(EntityTable<T>& table, char kind, std::string_view id, uint64_t version, JournalMark mark);
  // Calls `use` with the table of a kind; false if there is no such kind.
  template <typename State, typename Use>
  static bool WithTable(State& state, char kind, Use use);
  std::string RowAsItIs(const RowName& row);
  void PrefetchClaim(std::string_view stream) const;
  static void SortByKey(std::vector<RowName>& rows);
  void NoteAnew(std::vector<RowName> changed);

  bool claims_left_before_ = false;
  AbsenceFilter claims_left_{60'000'000};  // at most 89 MiB
  bool journalling_ = true;
  bool noting_changes_ = true;
  JournalMark journal_begin_ = 0;
  std::deque<Change> journal_;    // the first one's mark is journal_begin_
  std::vector<RowName> changed_;  // in the order of the changes, so a row may come often
  bool some_removed_ = false;     // of their rows
  uint64_t takings_ = 0;          // as often were rows taken
};

}  // namespace realise
