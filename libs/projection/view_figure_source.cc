#include "libs/projection/view_figure_source.h"

#include <algorithm>
#include <bit>
#include <chrono>
#include <limits>
#include <utility>

#include "fmt/format.h"
#include "libs/base/status_macros.h"
#include "libs/projection/account_table.h"
#include "libs/projection/contributions.h"
#include "realise/internal/v1/state.pb.h"

namespace realise {
namespace {

constexpr uint64_t kNumberMax = std::numeric_limits<uint64_t>::max();

// Commits that are read at once, for the next questions: about as many, and at most, but for those that end
// at the same sequence.
constexpr uint64_t kCommitsAtOnce = 32;
constexpr size_t kCommitsAtOnceMax = 64;

// How many sequences kCommitsAtOnce take up where `commits` take up `sequences`: a power of two.
Sequence WidthOf(Sequence sequences, uint64_t commits) {
  return std::bit_ceil(kCommitsAtOnce * std::max<Sequence>(sequences / std::max<uint64_t>(commits, 1), 1));
}

absl::StatusOr<FoldedPlace> ReadPlace(const ViewSnapshot& snapshot, const std::string& ledger,
                                      LedgerNumber number) {
  ASSIGN_OR_RETURN(const auto version, snapshot.Get(AnsweringKey(number)));
  if (!version) return absl::NotFoundError(fmt::format("nothing of ledger {} is folded yet", ledger));
  if (version->size() != 2) return DamagedRow(AnsweringKey(number));
  FoldedPlace place;
  place.version = ReadUint16(*version);
  const std::string key = ViewKeyspace{place.version, number}.Place();
  ASSIGN_OR_RETURN(const auto row, snapshot.Get(key));
  internal::v1::LogPlace in_log;
  if (!row || !in_log.ParseFromString(*row)) return DamagedRow(key);
  const internal::v1::LogAnchor& last = in_log.last_valid();
  if (in_log.next_sequence() == 0 || last.digest().size() != sizeof(Digest::bytes)) return DamagedRow(key);
  place.latest.sequence = in_log.next_sequence() - 1;
  place.latest.recorded_at = Instant(std::chrono::microseconds(in_log.recorded_at()));
  std::copy(last.digest().begin(), last.digest().end(), place.latest.digest.bytes.begin());
  place.latest.address = last.address();
  place.demonstration = in_log.demonstration();
  place.void_commits = in_log.void_commits();
  return place;
}

absl::StatusOr<FoldedPlace> PlaceAt(const ViewSnapshot& snapshot, PlaceCache& cache,
                                    const std::string& ledger, LedgerNumber number) {
  const std::optional<uint64_t> moment = snapshot.moment();
  if (!moment) return ReadPlace(snapshot, ledger, number);
  if (const auto kept = cache.Find(number, *moment)) return *kept;
  ASSIGN_OR_RETURN(const FoldedPlace place, ReadPlace(snapshot, ledger, number));
  cache.Keep(number, *moment, place);
  return place;
}

}  // namespace

absl::StatusOr<std::unique_ptr<ViewFigureSource>> ViewFigureSource::Open(const ViewStore& store,
                                                                         FigureCaches& caches,
                                                                         const std::string& ledger,
                                                                         LedgerNumber number) {
  std::unique_ptr<ViewFigureSource> source(new ViewFigureSource(ledger, store.Snapshot(), caches));
  ASSIGN_OR_RETURN(source->place_, PlaceAt(*source->snapshot_, caches.places, ledger, number));
  source->keys_ = ViewKeyspace{source->place_.version, number};
  return source;
}

absl::StatusOr<CommitEnd> ViewFigureSource::CommitHere(ViewCommitRow* row) const {
  const std::string table = keys_.Table(ViewTable::kCommits);
  if (!snapshot_->On(table)) {
    RETURN_IF_ERROR(snapshot_->status());
    return absl::NotFoundError(fmt::format("ledger {} has no such commit", ledger_));
  }
  const auto commit = DecodeCommitRow(snapshot_->value());
  if (!commit || snapshot_->key().size() != table.size() + 16) return DamagedRow(snapshot_->key());
  if (row != nullptr) *row = *commit;
  return CommitEnd{ReadUint64(snapshot_->key().substr(table.size())), commit->recorded_at, commit->digest,
                   commit->address};
}

// From the last segment back: the last commit in log order is meant, and within a segment times rise.
absl::StatusOr<CommitEnd> ViewFigureSource::CommitAtTime(Instant time) const {
  const std::string table = keys_.Table(ViewTable::kTimes);
  snapshot_->SeekForPrev(keys_.Commit(kNumberMax, kNumberMax));
  ViewCommitRow last;
  RETURN_IF_ERROR(CommitHere(&last).status());
  for (uint32_t segment = last.segment; segment > 0; --segment) {
    std::string of_segment = table;
    AppendUint32(of_segment, segment);
    snapshot_->SeekForPrev(keys_.Time(segment, time));
    RETURN_IF_ERROR(snapshot_->status());
    if (!snapshot_->On(of_segment)) continue;
    if (snapshot_->value().size() != 16) return DamagedRow(snapshot_->key());
    const std::string value(snapshot_->value());
    snapshot_->Seek(keys_.Commit(ReadUint64(value), ReadUint64(std::string_view(value).substr(8))));
    return CommitHere();
  }
  return absl::NotFoundError(fmt::format("ledger {} had no commit yet at {}", ledger_, FormatInstant(time)));
}

absl::StatusOr<CommitEnd> ViewFigureSource::CommitEndingAt(Sequence sequence) const {
  snapshot_->SeekForPrev(keys_.Commit(sequence, kNumberMax));
  ASSIGN_OR_RETURN(const CommitEnd end, CommitHere());
  if (end.sequence == sequence) return end;
  return absl::NotFoundError(fmt::format("no commit of ledger {} ends at {}", ledger_, sequence));
}

absl::StatusOr<std::vector<CommitEnd>> ViewFigureSource::CommitsEndingAt(Sequence sequence) const {
  ASSIGN_OR_RETURN(const SharedCommits commits, CommitsAround(sequence));
  const auto first = std::ranges::lower_bound(commits->ends, sequence, {}, &CommitEnd::sequence);
  const auto behind = std::ranges::upper_bound(commits->ends, sequence, {}, &CommitEnd::sequence);
  if (first != behind) return std::vector<CommitEnd>(first, behind);
  return absl::NotFoundError(fmt::format("no commit of ledger {} ends at {}", ledger_, sequence));
}

absl::StatusOr<SharedCommits> ViewFigureSource::CommitsAround(Sequence sequence) const {
  // Commits without events may still come to end at the latest sequence.
  const Sequence latest = place_.latest.sequence;
  if (sequence >= latest) return ReadCommits(sequence, sequence);
  const std::string table = keys_.Table(ViewTable::kCommits);
  const auto kept = caches_.commits.FindUpTo(table, sequence);
  if (kept && sequence <= (*kept)->up_to) return *kept;
  Sequence width = 0;
  if (kept) {
    width = WidthOf((*kept)->up_to - (*kept)->from + 1, (*kept)->ends.size());
  } else {
    snapshot_->Seek(keys_.Commit(sequence, 0));
    ViewCommitRow row;
    RETURN_IF_ERROR(CommitHere(&row).status());
    width = WidthOf(sequence, row.ordinal);
  }
  // Behind what is kept: of two pieces that begin before it only the later one would be found.
  const Sequence from = std::max(sequence - sequence % width, kept ? (*kept)->up_to + 1 : 0);
  const Sequence up_to = std::min(sequence - sequence % width + width, latest) - 1;
  ASSIGN_OR_RETURN(SharedCommits commits, ReadCommits(from, up_to));
  // They are shorter here than where the width was taken from.
  if (commits->up_to < sequence) {
    ASSIGN_OR_RETURN(commits, ReadCommits(sequence, up_to));
  }
  caches_.commits.Keep(table, commits->from, commits,
                       sizeof(CommitsRead) + commits->ends.size() * sizeof(CommitEnd));
  return commits;
}

absl::StatusOr<SharedCommits> ViewFigureSource::ReadCommits(Sequence from, Sequence up_to) const {
  CommitsRead read{.from = from, .up_to = up_to, .ends = {}};
  const std::string table = keys_.Table(ViewTable::kCommits);
  for (snapshot_->Seek(keys_.Commit(from, 0)); snapshot_->On(table); snapshot_->Next()) {
    ASSIGN_OR_RETURN(const CommitEnd end, CommitHere());
    if (end.sequence > up_to) break;
    // Those that end at the same sequence stay together.
    if (read.ends.size() >= kCommitsAtOnceMax && end.sequence != read.ends.back().sequence) {
      read.up_to = end.sequence - 1;
      break;
    }
    read.ends.push_back(end);
  }
  RETURN_IF_ERROR(snapshot_->status());
  return std::make_shared<const CommitsRead>(std::move(read));
}

absl::StatusOr<CommitEnd> ViewFigureSource::CommitHolding(Sequence sequence) const {
  snapshot_->Seek(keys_.Commit(sequence, 0));
  return CommitHere();
}

absl::StatusOr<std::optional<ViewAccountRow>> ViewFigureSource::FindAccount(
    const std::string& account) const {
  const std::string key = keys_.AccountName(account);
  ASSIGN_OR_RETURN(const auto bytes, snapshot_->Get(key));
  if (!bytes) return std::nullopt;
  const auto row = DecodeAccountRow(*bytes);
  if (!row) return DamagedRow(key);
  return row;
}

absl::StatusOr<SharedHistory> ViewFigureSource::HistoryAt(const std::string& account,
                                                          Sequence sequence) const {
  const SharedHistory kept = caches_.balances.FindUpTo(keys_, account, sequence);
  if (kept && sequence <= kept->up_to) return kept;
  ASSIGN_OR_RETURN(const auto row, FindAccount(account));
  AccountHistory read;
  if (row) {
    const SharedHistory behind = caches_.balances.FindBehind(keys_, account, sequence);
    ASSIGN_OR_RETURN(read, ReadHistory(*snapshot_, keys_, *row, sequence, {kept.get(), behind.get()}));
  }
  // Behind the latest position more is to come.
  if (!row || read.up_to == kUpToTheEnd) read.up_to = place_.latest.sequence;
  if (read.last_posting <= sequence) read.last = CellsBehind(read, sequence);
  const auto history = std::make_shared<const AccountHistory>(std::move(read));
  caches_.balances.Keep(keys_, account, history);
  return history;
}

absl::StatusOr<Cells> ViewFigureSource::BalancesAt(const std::string& account, Sequence sequence) const {
  // Nothing is known behind the latest position; what is still to come may change the balances there.
  sequence = std::min(sequence, place_.latest.sequence);
  ASSIGN_OR_RETURN(const SharedHistory history, HistoryAt(account, sequence));
  std::optional<Cells> cells = CellsBehind(*history, sequence);
  if (!cells) return SumTooLarge(account);
  return *std::move(cells);
}

absl::Status ViewFigureSource::GivePostings(const std::string& account, Sequence from, Sequence up_to,
                                            PostingsSink take) const {
  ASSIGN_OR_RETURN(const auto row, FindAccount(account));
  if (!row) return absl::OkStatus();
  return GiveStoredPostings(*snapshot_, keys_, row->number, from, up_to, take);
}

absl::StatusOr<SharedMarks> ViewFigureSource::MarksOf(const AskedCells& asked, Sequence sequence) const {
  // Nothing is known behind the latest position.
  sequence = std::min(sequence, place_.latest.sequence);
  const std::string series = keys_.Table(ViewTable::kPostings) + asked.name;
  const SharedMarks kept = caches_.contributions.FindUpTo(series, 0).value_or(nullptr);
  if (kept && sequence <= kept->up_to()) return kept;
  ASSIGN_OR_RETURN(const SharedMarks marks,
                   ExtendMarks(*this, asked, kept ? *kept : ContributionMarks(), sequence));
  // Another question may have kept more meanwhile.
  const SharedMarks now = caches_.contributions.FindUpTo(series, 0).value_or(nullptr);
  if (!now || now->up_to() < sequence) caches_.contributions.Keep(series, 0, marks, marks->bytes());
  return marks;
}

absl::StatusOr<std::vector<FactEvent>> ViewFigureSource::FactsUpTo(Sequence sequence) const {
  ASSIGN_OR_RETURN(FactsRead read, ReadFacts(0, sequence));
  return std::move(read.facts);
}

absl::StatusOr<SharedStructure> ViewFigureSource::StructureAt(Sequence sequence) const {
  return caches_.structures.Get(keys_, sequence,
                                [this](Sequence after, Sequence up_to) { return ReadFacts(after, up_to); });
}

absl::StatusOr<FactsRead> ViewFigureSource::ReadFacts(Sequence after, Sequence sequence) const {
  FactsRead read;
  const std::string table = keys_.Table(ViewTable::kFacts);
  for (snapshot_->Seek(keys_.Fact(after + 1)); snapshot_->On(table); snapshot_->Next()) {
    if (snapshot_->key().size() != table.size() + 8) return DamagedRow(snapshot_->key());
    const Sequence at = ReadUint64(snapshot_->key().substr(table.size()));
    if (at > sequence) {
      read.up_to = at - 1;
      return read;
    }
    FactEvent& fact = read.facts.emplace_back();
    fact.sequence = at;
    const std::string_view bytes = snapshot_->value();
    if (!fact.event.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
      return DamagedRow(snapshot_->key());
    }
  }
  RETURN_IF_ERROR(snapshot_->status());
  read.up_to = place_.latest.sequence;
  return read;
}

}  // namespace realise
