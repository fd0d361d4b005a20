#include "libs/domain/ledger_state.h"

#include <algorithm>
#include <cassert>
#include <map>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "fmt/format.h"

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
std::string RowValue(const google::protobuf::MessageLite& message) {
  std::string value(1 + message.ByteSizeLong(), kRowForm);
  message.SerializeWithCachedSizesToArray(reinterpret_cast<uint8_t*>(value.data()) + 1);
  return value;
}

std::string RowValue(const ClaimState& claim) {
  std::string value;
  value.reserve(1 + claim.bytes().size());
  value += kRowForm;
  value += claim.bytes();
  return value;
}

// What a row's value says, behind its form.
std::string_view RowBytes(std::string_view value) { return value.substr(1); }

bool ParseRow(std::string_view bytes, google::protobuf::MessageLite& message) {
  return message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

bool ParseRow(std::string_view bytes, ClaimState& claim) { return claim.Parse(bytes); }

// The eight bytes of an id behind the prefix that all share: they put most ids in order without a look at the
// ids.
uint64_t OrderBehind(size_t prefix_bytes, std::string_view id) {
  uint64_t order = 0;
  for (size_t i = prefix_bytes; i < prefix_bytes + 8; ++i) {
    order = order << 8 | (i < id.size() ? static_cast<uint8_t>(id[i]) : 0);
  }
  return order;
}

// Rows lie scattered over memory.  What is asked for early is there when it is looked at.
constexpr size_t kAhead = 8;
void Prefetch(const void* row) {
  constexpr size_t kCacheLineBytes = 64;
  __builtin_prefetch(row);
  __builtin_prefetch(static_cast<const char*>(row) + kCacheLineBytes);
}

// What a stream is about: the kind of its row, 0 if there is none, and its id.
std::pair<char, std::string_view> EntityOf(std::string_view stream) {
  // Most streams are a claim's; this one is looked for without a loop over prefixes.
  static constexpr std::string_view kClaimPrefix = "claim/";
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

template <typename T>
T& LedgerState::Mutable(EntityTable<T>& table, char kind, std::string_view id) {
  auto* row = table.FindRow(id);
  const bool created = row == nullptr;
  if (created) row = &table.Make(id);
  const RowName name = {kind, &row->first, &row->second};
  if (journalling_) {
    journal_.push_back({name, created ? std::string() : RowValue(row->second), changed_.size(), takings_});
  }
  if (noting_changes_) changed_.push_back(name);
  return row->second;
}

// What changed since `mark` need not be noted again.
template <typename T>
void LedgerState::SetVersion(EntityTable<T>& table, char kind, std::string_view id, uint64_t version,
                             JournalMark mark) {
  auto* row = table.FindRow(id);
  assert(row != nullptr);
  const auto is_row = [row](const RowName& name) { return name.id == &row->first; };
  const auto changes = journal_.begin() + static_cast<ptrdiff_t>(mark - journal_begin_);
  const bool noted = journalling_ ? std::any_of(changes, journal_.end(),
                                                [&](const Change& change) { return is_row(change.row); })
                                  : !changed_.empty() && is_row(changed_.back());
  (noted ? row->second : Mutable(table, kind, id)).set_version(version);
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
    // A row that was taken since it was changed has changed again.
    const bool taken = noting_changes_ && change.takings != takings_;
    if (taken) {
      changed_.push_back(change.row);
    } else if (noting_changes_) {
      changed_.erase(changed_.begin() + static_cast<ptrdiff_t>(change.names_before), changed_.end());
    }
    WithTable(*this, change.row.kind, [&]<typename T>(EntityTable<T>& table) {
      const auto row = table.rows_.find(*change.row.id);
      table.found_ = nullptr;
      if (!change.before.empty()) {
        [[maybe_unused]] const bool parsed = ParseRow(RowBytes(change.before), row->second);
        assert(parsed);
      } else if (taken) {
        table.removed_.push_back(table.rows_.extract(row));
        some_removed_ = true;
      } else {
        table.rows_.erase(row);
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

std::string LedgerState::RowAsItIs(const RowName& row) {
  std::string value;
  WithTable(*this, row.kind, [&]<typename T>(EntityTable<T>& table) {
    const T* found = some_removed_ ? table.Find(*row.id) : static_cast<const T*>(row.row);
    if (found != nullptr) value = RowValue(*found);
  });
  return value;
}

std::vector<std::pair<std::string, std::string>> LedgerState::TakeChangedRows() {
  return TakeChangedRows(Mark());
}

std::vector<std::pair<std::string, std::string>> LedgerState::TakeChangedRows(JournalMark mark) {
  assert(mark >= journal_begin_);
  // The first change after the mark holds what a row was at the mark.
  absl::flat_hash_map<std::pair<char, absl::string_view>, const Change*> changed_since;
  std::vector<RowName> changed_again;
  for (size_t i = mark - journal_begin_; i < journal_.size(); ++i) {
    const Change& change = journal_[i];
    const bool first = changed_since.try_emplace({change.row.kind, *change.row.id}, &change).second;
    if (first && noting_changes_) changed_again.push_back(change.row);
  }
  SortByKey(changed_);
  std::vector<std::pair<std::string, std::string>> rows;
  rows.reserve(changed_.size());
  for (size_t i = 0; i < changed_.size(); ++i) {
    if (i + kAhead < changed_.size()) Prefetch(changed_[i + kAhead].row);
    const RowName& row = changed_[i];
    // A row that was removed and made again has two places.
    std::string key = RowKey(row.kind, *row.id);
    if (!rows.empty() && rows.back().first == key) continue;
    const auto then = changed_since.empty() ? changed_since.end() : changed_since.find({row.kind, *row.id});
    rows.emplace_back(std::move(key), then == changed_since.end() ? RowAsItIs(row) : then->second->before);
  }
  NoteAnew(std::move(changed_again));
  return rows;
}

// Each row once, by kind and id.
void LedgerState::SortByKey(std::vector<RowName>& rows) {
  std::map<char, std::string_view> shared;  // by kind: what all ids begin with
  for (size_t i = 0; i < rows.size(); ++i) {
    if (i + kAhead < rows.size()) Prefetch(rows[i + kAhead].id);
    const RowName& row = rows[i];
    const auto [at, first] = shared.try_emplace(row.kind, *row.id);
    std::string_view& prefix = at->second;
    const auto end = std::mismatch(prefix.begin(), prefix.end(), row.id->begin(), row.id->end()).first;
    if (!first) prefix = prefix.substr(0, static_cast<size_t>(end - prefix.begin()));
  }
  struct Ordered {
    uint64_t order;
    RowName row;
  };
  std::vector<Ordered> ordered;
  ordered.reserve(rows.size());
  for (const RowName& row : rows) ordered.push_back({OrderBehind(shared[row.kind].size(), *row.id), row});
  std::sort(ordered.begin(), ordered.end(), [](const Ordered& a, const Ordered& b) {
    if (a.row.kind != b.row.kind) return a.row.kind < b.row.kind;
    if (a.order != b.order) return a.order < b.order;
    return a.row.id != b.row.id && *a.row.id < *b.row.id;
  });
  rows.clear();
  for (const Ordered& next : ordered) {
    if (rows.empty() || !(rows.back() == next.row)) rows.push_back(next.row);
  }
}

// Lets go of the names of changed rows, and of the rows that were kept for theirs.
void LedgerState::NoteAnew(std::vector<RowName> changed) {
  changed_ = std::move(changed);
  some_removed_ = false;
  ++takings_;
  for (const char kind : kKinds) {
    WithTable(*this, kind, []<typename T>(EntityTable<T>& table) { table.removed_.clear(); });
  }
}

void LedgerState::AddMissingClaim(std::string_view stream, std::vector<std::string>& rows) {
  const auto [kind, id] = EntityOf(stream);
  if (kind != kClaim) return;
  const size_t hash = claims.Hash(id);
  if (claims.FindRow(id, hash) != nullptr) return;
  if (claims_left_before_ || claims_left_.MayHave(hash)) rows.push_back(RowKey(kind, id));
}

void LedgerState::AddMissingClaims(const google::protobuf::RepeatedPtrField<v1::Event>& events,
                                   std::vector<std::string>& rows) {
  const auto size = static_cast<size_t>(events.size());
  for (size_t i = 0; i < size; ++i) {
    if (i + 2 * kAhead < size) Prefetch(&events[static_cast<int>(i + 2 * kAhead)]);
    if (i + kAhead < size) {
      const v1::Event& ahead = events[static_cast<int>(i + kAhead)];
      PrefetchClaim(ahead.stream());
      if (ahead.has_claim_submitted()) {
        benefits.rows_.prefetch(EntityTable<state::BenefitState>::Key(ahead.claim_submitted().benefit_id()));
      }
    }
    const v1::Event& event = events[static_cast<int>(i)];
    AddMissingClaim(event.stream(), rows);
    if (!event.has_claim_submitted()) continue;
    if (const auto* benefit = benefits.FindRow(event.claim_submitted().benefit_id())) Prefetch(benefit);
  }
}

void LedgerState::PrefetchClaim(std::string_view stream) const {
  const auto [kind, id] = EntityOf(stream);
  if (kind != kClaim) return;
  claims.rows_.prefetch(EntityTable<ClaimState>::Key(id));
  if (!claims_left_before_) claims_left_.Prefetch(claims.Hash(id));
}

void LedgerState::LetGoOfClaims(size_t claims_max) {
  if (claims.size() <= claims_max) return;
  absl::flat_hash_set<const std::string*> changed;
  for (const RowName& row : changed_) changed.insert(row.id);
  for (const Change& change : journal_) changed.insert(change.row.id);
  std::vector<uint64_t> left;
  const auto leave = [&](const auto& row) {
    if (changed.contains(&row.first)) return false;
    if (!claims_left_before_) left.push_back(claims.Hash(row.first));
    return true;
  };
  const auto leave_if = [&](const auto& condition) {
    std::vector<EntityTable<ClaimState>::Rows::iterator> rows;
    rows.reserve(claims.size());
    for (auto row = claims.rows_.begin(); row != claims.rows_.end(); ++row) rows.push_back(row);
    for (size_t i = 0; i < rows.size(); ++i) {
      if (i + kAhead < rows.size()) Prefetch(&*rows[i + kAhead]);
      if (condition(*rows[i]) && leave(*rows[i])) claims.rows_.erase(rows[i]);
    }
  };
  leave_if([](const auto& row) { return !row.second.IsOpen(); });
  // So that this does not come again soon.
  if (claims.size() > claims_max / 2) leave_if([](const auto&) { return true; });
  for (size_t i = 0; i < left.size(); ++i) {
    if (i + kAhead < left.size()) claims_left_.Prefetch(left[i + kAhead]);
    claims_left_.Add(left[i]);
  }
  claims.found_ = nullptr;
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
    if (parsed) table.Make(key.substr(1)).second = std::move(row);
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
