#include "libs/domain/ledger_state.h"

#include <algorithm>
#include <cassert>
#include <unordered_map>

#include "fmt/format.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"

namespace realise {
namespace {

constexpr char kBoard = 'b';
constexpr char kClaim = 'c';
constexpr char kBenefit = 'f';
constexpr char kMeasure = 'm';
constexpr char kSource = 'o';
constexpr char kProject = 'p';
constexpr char kMeasurement = 'r';
constexpr char kStream = 's';
constexpr char kPeriod = 't';
constexpr char kPublisher = 'u';

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

std::string RowValue(const google::protobuf::Message& message) {
  std::string value(1, kRowForm);
  google::protobuf::io::StringOutputStream stream(&value);
  google::protobuf::io::CodedOutputStream coded(&stream);
  coded.SetSerializationDeterministic(true);
  message.SerializePartialToCodedStream(&coded);
  coded.Trim();
  return value;
}

}  // namespace

LedgerState::LedgerState() = default;

uint64_t LedgerState::StreamVersion(std::string_view stream) const {
  const state::StreamState* found = streams.Find(stream);
  return found == nullptr ? 0 : found->version();
}

template <typename T>
T& LedgerState::Mutable(EntityTable<T>& table, char kind, const std::string& id) {
  const auto [at, created] = table.rows_.try_emplace(id);
  if (journalling_) {
    journal_.push_back({kind, id, created ? nullptr : std::make_unique<T>(at->second)});
  }
  if (noting_changes_) changed_.insert(RowKey(kind, id));
  return at->second;
}

template <typename Use>
bool LedgerState::WithTable(char kind, Use use) {
  switch (kind) {
    case kBoard:
      use(boards);
      return true;
    case kClaim:
      use(claims);
      return true;
    case kBenefit:
      use(benefits);
      return true;
    case kMeasure:
      use(measures);
      return true;
    case kProject:
      use(projects);
      return true;
    case kMeasurement:
      use(measurements);
      return true;
    case kStream:
      use(streams);
      return true;
    case kPeriod:
      use(periods);
      return true;
    case kPublisher:
      use(publishers);
      return true;
    case kSource:
      use(sources);
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
state::ClaimState& LedgerState::MutableClaim(const std::string& id) { return Mutable(claims, kClaim, id); }
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
state::StreamState& LedgerState::MutableStream(const std::string& id) {
  return Mutable(streams, kStream, id);
}

JournalMark LedgerState::Mark() const { return journal_begin_ + journal_.size(); }

void LedgerState::RollBackTo(JournalMark mark) {
  assert(mark >= journal_begin_);
  while (Mark() > mark) {
    Change& change = journal_.back();
    WithTable(change.kind, [&change]<typename T>(EntityTable<T>& table) {
      if (change.before == nullptr) {
        table.rows_.erase(change.id);
      } else {
        table.rows_[change.id] = std::move(static_cast<T&>(*change.before));
      }
    });
    // The row may have been taken since it was changed.
    if (noting_changes_) changed_.insert(RowKey(change.kind, change.id));
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
  changed_.clear();
  noting_changes_ = false;
}

std::string LedgerState::RowAsItIs(std::string_view key) {
  std::string value;
  WithTable(key[0], [&]<typename T>(EntityTable<T>& table) {
    const T* row = table.Find(key.substr(1));
    if (row != nullptr) value = RowValue(*row);
  });
  return value;
}

std::vector<std::pair<std::string, std::string>> LedgerState::TakeChangedRows() {
  return TakeChangedRows(Mark());
}

std::vector<std::pair<std::string, std::string>> LedgerState::TakeChangedRows(JournalMark mark) {
  assert(mark >= journal_begin_);
  // The first change after the mark holds what a row was at the mark.
  std::unordered_map<std::string, std::string> changed_since;
  for (size_t i = mark - journal_begin_; i < journal_.size(); ++i) {
    const Change& change = journal_[i];
    std::string key = RowKey(change.kind, change.id);
    if (changed_since.contains(key)) continue;
    changed_since.emplace(std::move(key), change.before == nullptr ? "" : RowValue(*change.before));
  }
  std::vector<std::pair<std::string, std::string>> rows;
  rows.reserve(changed_.size());
  for (const std::string& key : changed_) {
    const auto then = changed_since.find(key);
    rows.emplace_back(key, then == changed_since.end() ? RowAsItIs(key) : then->second);
  }
  changed_.clear();
  if (noting_changes_) {
    for (const auto& [key, value] : changed_since) changed_.insert(key);
  }
  std::sort(rows.begin(), rows.end());
  return rows;
}

absl::Status LedgerState::LoadRow(std::string_view key, std::string_view value) {
  if (key.size() < 2 || value.empty() || value[0] != kRowForm) {
    return absl::DataLossError(
        "a row of the ledger's state is not in the form of this version; delete the store, it "
        "is made again from the log");
  }
  bool parsed = false;
  const bool known = WithTable(key[0], [&]<typename T>(EntityTable<T>& table) {
    T row;
    parsed = row.ParseFromArray(value.data() + 1, static_cast<int>(value.size() - 1));
    if (parsed) table.rows_[std::string(key.substr(1))] = std::move(row);
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
