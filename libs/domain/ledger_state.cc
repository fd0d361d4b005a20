#include "libs/domain/ledger_state.h"

#include <algorithm>
#include <cassert>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "fmt/format.h"
#include "libs/base/prefetch.h"

namespace realise {
namespace {

constexpr char kBoard = 'b';
constexpr char kClaim = LedgerState::kClaimRows;
constexpr char kBenefit = 'f';
constexpr char kMeasure = 'm';
constexpr char kSource = 'o';
constexpr char kProject = 'p';
constexpr char kMeasurement = 'r';
constexpr char kPeriod = 't';
constexpr char kPublisher = 'u';
constexpr std::string_view kKinds = "bcfmoprtu";

// The first byte of a row's value.  A message may serialise to nothing; with it, an empty value can mean "no
// row".
constexpr char kRowForm = 1;

std::string RowKey(char kind, std::string_view id) {
  std::string key;
  key.reserve(id.size() + 1);
  key += kind;
  key += id;
  return key;
}

// None of these messages has a map, so that their bytes are always the same.
void AppendRowValue(const google::protobuf::MessageLite& message, std::string& to) {
  to += kRowForm;
  message.AppendPartialToString(&to);
}

void AppendRowValue(const ClaimState& claim, std::string& to) {
  to += kRowForm;
  to += claim.bytes();
}

template <typename T>
std::string RowValue(const T& row) {
  std::string value;
  AppendRowValue(row, value);
  return value;
}

// What a row's value says, behind its form.
std::string_view RowBytes(std::string_view value) { return value.substr(1); }

bool ParseRow(std::string_view bytes, google::protobuf::MessageLite& message) {
  return message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

bool ParseRow(std::string_view bytes, ClaimState& claim) { return claim.Parse(bytes); }

constexpr std::string_view kClaimPrefix = "claim/";

// What a stream is about: the kind of its row, 0 if there is none, and its id.
std::pair<char, std::string_view> EntityOf(std::string_view stream) {
  // Most streams are a claim's; this one is looked for without a loop over prefixes.
  if (stream.starts_with(kClaimPrefix)) return {kClaim, stream.substr(kClaimPrefix.size())};
  static constexpr std::pair<std::string_view, char> kKindOfPrefix[] = {
      {"measure/", kMeasure}, {"benefit/", kBenefit}, {"project/", kProject},
      {"board/", kBoard},     {"period/", kPeriod},   {"publisher/", kPublisher},
  };
  for (const auto& [prefix, kind] : kKindOfPrefix) {
    if (stream.starts_with(prefix)) return {kind, stream.substr(prefix.size())};
  }
  return {0, {}};
}

template <typename T>
concept HasStream = requires(const T& row) {
  row.version();
};

}  // namespace

LedgerState::LedgerState() = default;

uint64_t LedgerState::StreamVersion(std::string_view stream) const {
  const auto [kind, id] = EntityOf(stream);
  uint64_t version = 0;
  WithTable(*this, kind, [&, id = id]<typename T>(const EntityTable<T>& table) {
    if constexpr (HasStream<T>) {
      const T* found = table.Find(id);
      if (found != nullptr) version = found->version();
    }
  });
  return version;
}

void LedgerState::SetStreamVersion(std::string_view stream, uint64_t version, JournalMark mark) {
  const auto [kind, id] = EntityOf(stream);
  [[maybe_unused]] const bool known =
      WithTable(*this, kind, [&, kind = kind, id = id]<typename T>(EntityTable<T>& table) {
        if constexpr (HasStream<T>) SetVersion(table, kind, id, version, mark);
      });
  assert(known);
}

template <typename Row>
void LedgerState::Note(char kind, Row& row) {
  if (!noting_changes_ || row.noted == takings_) return;
  row.noted = takings_;
  changed_.push_back({kind, &row.id, &row});
}

template <typename T>
T& LedgerState::Mutable(EntityTable<T>& table, char kind, std::string_view id) {
  auto* row = table.FindRow(id);
  const bool created = row == nullptr;
  if (created) row = &table.Make(id);
  if (journalling_) {
    journal_.push_back(
        {{kind, &row->id, row}, created ? std::string() : RowValue(row->value), changed_.size(), takings_});
  }
  Note(kind, *row);
  return row->value;
}

// What changed since `mark` need not be noted again.
template <typename T>
void LedgerState::SetVersion(EntityTable<T>& table, char kind, std::string_view id, uint64_t version,
                             JournalMark mark) {
  auto* row = table.FindRow(id);
  assert(row != nullptr);
  const auto is_row = [row](const Change& change) { return change.row.row == row; };
  const auto changes = journal_.begin() + static_cast<ptrdiff_t>(mark - journal_begin_);
  const bool noted = journalling_ ? std::any_of(changes, journal_.end(), is_row) : row->noted == takings_;
  (noted ? row->value : Mutable(table, kind, id)).set_version(version);
}

template <typename State, typename Use>
bool LedgerState::WithTable(State& state, char kind, Use use) {
  switch (kind) {
    case kBoard:
      use(state.boards);
      return true;
    case kClaim:
      use(state.claims);
      return true;
    case kBenefit:
      use(state.benefits);
      return true;
    case kMeasure:
      use(state.measures);
      return true;
    case kProject:
      use(state.projects);
      return true;
    case kMeasurement:
      use(state.measurements);
      return true;
    case kPeriod:
      use(state.periods);
      return true;
    case kPublisher:
      use(state.publishers);
      return true;
    case kSource:
      use(state.sources);
      return true;
    default:
      return false;
  }
}

state::BoardState& LedgerState::MutableBoard(const std::string& id) { return Mutable(boards, kBoard, id); }
state::ProjectState& LedgerState::MutableProject(const std::string& id) {
  return Mutable(projects, kProject, id);
}
state::BenefitState& LedgerState::MutableBenefit(const std::string& id) {
  return Mutable(benefits, kBenefit, id);
}
ClaimState& LedgerState::MutableClaim(const std::string& id) { return Mutable(claims, kClaim, id); }
state::MeasureState& LedgerState::MutableMeasure(const std::string& id) {
  return Mutable(measures, kMeasure, id);
}
state::MeasurementState& LedgerState::MutableMeasurement(const std::string& id) {
  return Mutable(measurements, kMeasurement, id);
}
state::PeriodState& LedgerState::MutablePeriod(const std::string& id) {
  return Mutable(periods, kPeriod, id);
}
state::PublisherState& LedgerState::MutablePublisher(const std::string& id) {
  return Mutable(publishers, kPublisher, id);
}
state::SourceState& LedgerState::MutableSource(const std::string& source) {
  return Mutable(sources, kSource, source);
}

JournalMark LedgerState::Mark() const { return journal_begin_ + journal_.size(); }

void LedgerState::RollBackTo(JournalMark mark) {
  assert(mark >= journal_begin_);
  while (Mark() > mark) {
    Change& change = journal_.back();
    const bool taken = noting_changes_ && change.takings != takings_;
    WithTable(*this, change.row.kind, [&]<typename T>(EntityTable<T>& table) {
      auto& row = *static_cast<EntityTable<T>::Row*>(change.row.row);
      if (taken) {
        // A row that was taken since it was changed has changed again.
        Note(change.row.kind, row);
      } else if (changed_.size() > change.names_before) {
        row.noted = 0;
        changed_.pop_back();
      }
      if (!change.before.empty()) {
        [[maybe_unused]] const bool parsed = ParseRow(RowBytes(change.before), row.value);
        assert(parsed);
      } else if (taken) {
        table.removed_.push_back(table.Remove(row.id));
        some_removed_ = true;
      } else {
        table.Erase(row.id);
      }
    });
    journal_.pop_back();
  }
}

void LedgerState::Forget(JournalMark mark) {
  while (journal_begin_ < mark && !journal_.empty()) {
    journal_.pop_front();
    ++journal_begin_;
  }
}

void LedgerState::KeepNoJournal() {
  Forget(Mark());
  journalling_ = false;
}

void LedgerState::KeepNoChangedRows() {
  NoteAnew({});
  noting_changes_ = false;
}

void LedgerState::AppendAsItIs(const RowName& row, std::string& value) {
  WithTable(*this, row.kind, [&]<typename T>(EntityTable<T>& table) {
    const T* found =
        some_removed_ ? table.Find(*row.id) : &static_cast<const EntityTable<T>::Row*>(row.row)->value;
    if (found != nullptr) AppendRowValue(*found, value);
  });
}

StateRows LedgerState::TakeChangedRows() { return TakeChangedRows(Mark()); }

StateRows LedgerState::TakeChangedRows(JournalMark mark) {
  assert(mark >= journal_begin_);
  // The first change after the mark holds what a row was at the mark.
  absl::flat_hash_map<std::pair<char, absl::string_view>, const Change*> changed_since;
  std::vector<RowName> changed_again;
  for (size_t i = mark - journal_begin_; i < journal_.size(); ++i) {
    const Change& change = journal_[i];
    const bool first = changed_since.try_emplace({change.row.kind, *change.row.id}, &change).second;
    if (first && noting_changes_) changed_again.push_back(change.row);
  }
  StateRows rows;
  rows.Reserve(changed_.size());
  for (size_t i = 0; i < changed_.size(); ++i) {
    if (i + kPrefetchAhead < changed_.size()) PrefetchRow(changed_[i + kPrefetchAhead].row);
    const RowName& row = changed_[i];
    const auto then = changed_since.empty() ? changed_since.end() : changed_since.find({row.kind, *row.id});
    rows.Add(row.kind, *row.id, [&](std::string& value) {
      if (then == changed_since.end()) {
        AppendAsItIs(row, value);
      } else {
        value += then->second->before;
      }
    });
  }
  NoteAnew(changed_again);
  return rows;
}

// Lets go of the names of changed rows, and of the rows that were kept for theirs.
void LedgerState::NoteAnew(const std::vector<RowName>& changed) {
  changed_.clear();
  some_removed_ = false;
  ++takings_;
  for (const RowName& name : changed) {
    WithTable(*this, name.kind, [&]<typename T>(EntityTable<T>&) {
      Note(name.kind, *static_cast<EntityTable<T>::Row*>(name.row));
    });
  }
  for (const char kind : kKinds) {
    WithTable(*this, kind, []<typename T>(EntityTable<T>& table) { table.removed_.clear(); });
  }
}

void LedgerState::AddMissingClaim(std::string_view stream, std::vector<std::string>& rows) {
  const std::string_view id = ClaimOf(stream);
  if (!id.empty()) FindClaim(id, claims.Hash(id), rows);
}

std::string_view LedgerState::ClaimOf(std::string_view stream) {
  return stream.starts_with(kClaimPrefix) ? stream.substr(kClaimPrefix.size()) : std::string_view();
}

EntityTable<ClaimState>::Row* LedgerState::FindClaim(std::string_view id, uint64_t hash,
                                                     std::vector<std::string>& rows) {
  auto* claim = claims.FindRow(id, hash);
  const bool may_be_left = claim == nullptr && (claims_left_before_ || claims_left_.MayHave(hash));
  if (may_be_left) rows.push_back(RowKey(kClaim, id));
  return claim;
}

void LedgerState::LetGoOfClaims(size_t claims_max) {
  if (claims.size() <= claims_max) return;
  absl::flat_hash_set<const void*> changed;
  for (const Change& change : journal_) changed.insert(change.row.row);
  std::vector<uint64_t> left;
  const auto leave = [&](const auto& row, uint64_t hash) {
    if (row.noted == takings_ || changed.contains(&row)) return false;
    if (!claims_left_before_) left.push_back(hash);
    return true;
  };
  claims.EraseIf([&](const auto& row, uint64_t hash) { return !row.value.IsOpen() && leave(row, hash); });
  // So that this does not come again soon.
  if (claims.size() > claims_max / 2) claims.EraseIf(leave);
  for (size_t i = 0; i < left.size(); ++i) {
    if (i + kPrefetchAhead < left.size()) claims_left_.Prefetch(left[i + kPrefetchAhead]);
    claims_left_.Add(left[i]);
  }
}

absl::Status LedgerState::LoadRow(std::string_view key, std::string_view value) {
  if (key.size() < 2 || value.empty() || value[0] != kRowForm) {
    return absl::DataLossError(
        "a row of the ledger's state is not in the form of this version; delete the store, it "
        "is made again from the log");
  }
  bool parsed = false;
  const bool known = WithTable(*this, key[0], [&]<typename T>(EntityTable<T>& table) {
    T row;
    parsed = ParseRow(RowBytes(value), row);
    if (parsed) table.Make(key.substr(1)).value = std::move(row);
  });
  if (!known || !parsed) {
    return absl::DataLossError(
        fmt::format("a row of kind '{}' of the ledger's state does not decode; delete the store, it is made "
                    "again from the log",
                    key[0]));
  }
  return absl::OkStatus();
}

}  // namespace realise
