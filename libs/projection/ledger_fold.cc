#include "libs/projection/ledger_fold.h"

#include <algorithm>
#include <chrono>
#include <future>
#include <limits>
#include <utility>
#include <vector>

#include "fmt/format.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "libs/base/sabotage.h"
#include "libs/base/side_thread.h"
#include "libs/base/status_macros.h"
#include "libs/domain/decide.h"
#include "libs/domain/evolve.h"
#include "libs/domain/ledger_state.h"
#include "libs/postings/postings.h"
#include "libs/projection/account_table.h"
#include "libs/projection/chunk_rows.h"
#include "libs/projection/loaded_pause.h"
#include "libs/view_store/view_rows.h"
#include "realise/v1/commit.pb.h"

namespace realise {
namespace {

constexpr uint64_t kNumberMax = std::numeric_limits<uint64_t>::max();
// Claims are looked for ahead of about so many events, whole commits at a time.
constexpr int kFetchedEvents = 500;

std::string Serialise(const google::protobuf::MessageLite& message) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    message.SerializeToCodedStream(&coded);
  }
  return bytes;
}

// The place behind `commit`, as CommitReader has it when it read no further.
void Advance(const ReadCommit& commit, internal::v1::LogPlace& place) {
  place.set_next_address(commit.address + 1);
  place.mutable_last_read()->set_address(commit.address);
  place.mutable_last_read()->set_digest(std::string(commit.digest.view()));
  if (commit.verdict != Verdict::kValid) {
    place.set_void_commits(place.void_commits() + 1);
    return;
  }
  *place.mutable_last_valid() = place.last_read();
  place.set_ledger_id(std::string(commit.header.ledger_id.view()));
  place.set_next_sequence(commit.header.LastSequence() + 1);
  place.set_recorded_at(commit.header.recorded_at.time_since_epoch().count());
  if (commit.header.previous.IsZero()) {
    place.set_demonstration((commit.header.flags & kFlagDemonstration) != 0);
  }
}

}  // namespace

// A chunk that is being ingested.
struct LedgerFold::ChunkUnderWay {
  CommitEnd last;
  uint64_t void_commits = 0;
  ChunkPermits::Permit permit;
  std::future<absl::Status> done;

  bool Done() const { return done.wait_for(std::chrono::seconds(0)) == std::future_status::ready; }
};

struct LedgerFold::Memory {
  explicit Memory(const ViewKeyspace& keys) : accounts(keys) { state.KeepNoJournal(); }

  std::optional<internal::v1::LogPlace> place;  // that the rows go up to; none before the first
  std::unique_ptr<CommitsAhead> reader;         // none until the log could be reached
  size_t unwritten_bytes = 0;                   // of commits, in the rows below
  LedgerState state;
  AccountTable accounts;
  std::optional<CommitEnd> last;  // the last commit
  ViewCommitRow last_row;
  std::vector<LedgerState::FoundAhead> found;  // for the events to come
  size_t next_found = 0;                       // of the next of them
  PostedEvents posted;                         // and not yet added to the accounts

  // Rows of the chunk, beside those of the accounts and of the state.
  KeyedRows commits;
  KeyedRows times;
  KeyedRows facts;

  std::optional<ChunkUnderWay> writing;  // the chunk before
  SideThread ingesting;                  // it
};

LedgerFold::LedgerFold(EventLog& log, ViewStore& store, LedgerFoldOptions options)
    : log_(log), store_(store), options_(std::move(options)) {}

LedgerFold::~LedgerFold() = default;

absl::StatusOr<FoldStep> LedgerFold::Step(std::chrono::milliseconds wait_max) {
  RETURN_IF_ERROR(stopped_);
  trouble_ = FoldTrouble::kNone;
  RETURN_IF_ERROR(Load());
  auto step = FoldChunk(wait_max);
  if (reload_ || !stopped_.ok()) memory_.reset();
  reload_ = false;
  if (!step.ok() && misfit_ && stopped_.ok() && absl::IsInternal(step.status())) {
    // The rows up to the misfit, and no others: from the store again, as far as it goes.
    return Step(std::chrono::milliseconds(0));
  }
  return step;
}

// The rows are loaded once, however long the log cannot be reached.
absl::Status LedgerFold::Load() {
  if (!memory_) RETURN_IF_ERROR(LoadMemory());
  if (memory_->reader) return absl::OkStatus();
  auto reader = CommitsAhead::Open(log_, options_.ledger, memory_->place);
  RETURN_IF_ERROR(FromLog(reader.status()));
  memory_->reader = std::move(*reader);
  return absl::OkStatus();
}

absl::Status LedgerFold::LoadMemory() {
  // First, so that nothing is loaded in vain again and again while the disk is full.
  RETURN_IF_ERROR(FromStore(store_.Resume()));
  auto memory = std::make_unique<Memory>(options_.keys);
  const auto snapshot = store_.Snapshot();
  RETURN_IF_ERROR(FromStore(LoadRows(*snapshot, *memory)));
  const auto row = snapshot->Get(options_.keys.Place());
  RETURN_IF_ERROR(FromStore(row.status()));
  std::optional<internal::v1::LogPlace>& place = memory->place;
  if (*row && !place.emplace().ParseFromString(**row)) {
    return FromStore(DamagedRow(options_.keys.Place()));
  }
  const bool together = place.has_value() == memory->last.has_value() &&
                        (!place || (place->next_sequence() == memory->last->sequence + 1 &&
                                    place->last_valid().digest() == memory->last->digest.view()));
  if (!together) return FromStore(DamagedRow(options_.keys.Place()));
  folded_ = memory->last;
  void_commits_ = place ? place->void_commits() : 0;
  memory_ = std::move(memory);
  return absl::OkStatus();
}

absl::Status LedgerFold::LoadRows(ViewSnapshot& snapshot, Memory& memory) {
  ASSIGN_OR_RETURN(const auto answering, snapshot.Get(AnsweringKey(options_.keys.ledger)));
  if (answering && answering->size() != 2) return DamagedRow(AnsweringKey(options_.keys.ledger));
  answering_ = answering ? ReadUint16(*answering) : 0;
  RETURN_IF_ERROR(memory.accounts.Load(snapshot));
  const std::string states = options_.keys.Table(ViewTable::kState);
  const std::string claims = states + LedgerState::kClaimRows;
  for (snapshot.Seek(states); snapshot.On(states); snapshot.Next()) {
    if (snapshot.On(claims)) {
      memory.state.LeaveClaims();
      snapshot.Seek(KeyBehind(claims));
    }
    if (!snapshot.On(states)) break;
    RETURN_IF_ERROR(memory.state.LoadRow(snapshot.key().substr(states.size()), snapshot.value()));
  }
  RETURN_IF_ERROR(snapshot.status());
  snapshot.SeekForPrev(options_.keys.Commit(kNumberMax, kNumberMax));
  const std::string commits = options_.keys.Table(ViewTable::kCommits);
  if (!snapshot.On(commits)) return snapshot.status();
  const auto row = DecodeCommitRow(snapshot.value());
  if (!row) return DamagedRow(snapshot.key());
  memory.last_row = *row;
  memory.last = CommitEnd{ReadUint64(snapshot.key().substr(commits.size())), row->recorded_at, row->digest,
                          row->address};
  return absl::OkStatus();
}

absl::StatusOr<FoldStep> LedgerFold::FoldChunk(std::chrono::milliseconds wait_max) {
  CommitsAhead& reader = *memory_->reader;
  size_t& bytes = memory_->unwritten_bytes;
  // A chunk that the log could not be asked about when it was to be written.
  if (bytes > 0) return Write(reader.place(), {});
  ChunkPermits::Permit permit;
  size_t bytes_max = std::min(kUnpermittedBytes, options_.chunk_bytes);
  // That the chunk before is written is said behind this step, which is then not to take longer.
  LoadedPause pause(memory_->writing ? 0 : 2 * options_.catch_up_bytes);
  while (bytes < options_.chunk_bytes) {
    if (memory_->writing && memory_->writing->Done()) RETURN_IF_ERROR(AwaitWritten());
    if (bytes >= bytes_max) {
      ASSIGN_OR_RETURN(permit, TakePermit());
      if (options_.permits != nullptr && !permit) break;
      bytes_max = options_.chunk_bytes;
    }
    internal::v1::LogPlace place = reader.place();
    // Not beyond this chunk: what is read ahead takes memory too.
    const bool ahead = bytes + 2 * options_.read_bytes <= bytes_max;
    const bool wanted = permit && options_.permits->waiting() > 0;  // by another ledger
    const auto more_within = wanted ? std::chrono::milliseconds(0) : pause.After(bytes);
    const auto batch = reader.Read(bytes == 0 ? wait_max : more_within,
                                   std::min(options_.read_bytes, bytes_max - bytes), ahead);
    if (!batch.ok() && (bytes == 0 || absl::IsDataLoss(batch.status()))) {
      RETURN_IF_ERROR(AwaitWritten());
      return FromLog(batch.status());
    }
    if (!batch.ok() || (*batch)->commits.empty()) break;
    pause.Note((*batch)->commits.size());
    for (size_t i = 0, fetched = 0; i < (*batch)->commits.size(); ++i) {
      if (i == fetched) {
        const auto end = FetchClaims(**batch, i);
        RETURN_IF_ERROR(FromStore(end.status()));
        fetched = *end;
      }
      const ReadCommit& commit = (*batch)->commits[i];
      if (misfit_ && commit.address == misfit_->address) return StopAtMisfit(place);
      RETURN_IF_ERROR(Fold(commit, (*batch)->bodies[i]));
      Advance(commit, place);
      bytes += commit.stored.size();
    }
    RETURN_IF_ERROR(AddPosted());
  }
  const bool more = bytes >= options_.chunk_bytes;
  FoldStep step;
  if (bytes > 0) {
    ASSIGN_OR_RETURN(step, Write(reader.place(), std::move(permit)));
  }
  // Nothing to fold meanwhile.
  if (!more) {
    reader.LetGo();
    RETURN_IF_ERROR(AwaitWritten());
    memory_->ingesting.End();
  }
  return step;
}

// The one of the chunk that is being written, unless another ledger waits for it.
absl::StatusOr<ChunkPermits::Permit> LedgerFold::TakePermit() {
  if (options_.permits == nullptr) return ChunkPermits::Permit();
  const bool has_one = memory_->writing && memory_->writing->permit;
  if (has_one && options_.permits->waiting() == 0) return std::move(memory_->writing->permit);
  RETURN_IF_ERROR(AwaitWritten());
  return options_.permits->Take();
}

// `place` is the one before the misfit.
absl::StatusOr<FoldStep> LedgerFold::StopAtMisfit(const internal::v1::LogPlace& place) {
  if (memory_->unwritten_bytes > 0) {
    absl::Status written = Write(place, {}).status();
    if (written.ok()) written = AwaitWritten();
    // The reader stands behind the misfit already.
    reload_ = !written.ok();
    RETURN_IF_ERROR(written);
  }
  unfit_ = misfit_->sequence;
  return Stop(misfit_->what,
              "This is a defect of Realise, not of the ledger: nothing is lost. Report the position and "
              "the type, and install a release that can apply the event; it goes on from there by itself.");
}

absl::Status LedgerFold::Fold(const ReadCommit& commit, const v1::CommitBody* body) {
  if (commit.verdict != Verdict::kValid) return absl::OkStatus();
  RETURN_IF_ERROR(FoldEvents(commit, body));
  AddCommitRows(commit);
  return absl::OkStatus();
}

absl::Status LedgerFold::FoldEvents(const ReadCommit& commit, const v1::CommitBody* body) {
  Memory& memory = *memory_;
  const Sequence first = commit.header.first_sequence;
  if (body == nullptr) {
    return Unfit(commit, first, "", "the body of its commit does not decode");
  }
  if (static_cast<uint32_t>(body->events_size()) != commit.header.event_count) {
    return Unfit(commit, first, "", "its commit has another number of events than it says");
  }
  for (int i = 0; i < body->events_size(); ++i) {
    const v1::Event& event = body->events(i);
    const Sequence sequence = first + static_cast<Sequence>(i);
    memory.state.Expect(event, memory.found, memory.next_found++);
    if (event.body_case() == v1::Event::BODY_NOT_SET) {
      return Unfit(commit, sequence, "", "this release does not know its type");
    }
    memory.posted.BeginEvent(sequence);
    const bool posted = AppendPostings(event, memory.state, memory.posted).ok();
    if (!posted || !Evolve(event, memory.state).ok()) {
      // The state is as it was.
      const bool follows = event.stream_version() == memory.state.StreamVersion(event.stream()) + 1;
      return Unfit(commit, sequence, TypeOf(event),
                   !follows ? "its stream version does not follow"
                   : posted ? "it cannot be applied"
                            : "it cannot be posted");
    }
    if (IsFact(event)) memory.facts.emplace_back(options_.keys.Fact(sequence), Serialise(event));
  }
  return absl::OkStatus();
}

absl::Status LedgerFold::AddPosted() {
  RETURN_IF_ERROR(FromStore(memory_->accounts.Add(memory_->posted, store_)));
  memory_->posted.Clear();
  return absl::OkStatus();
}

// Puts the claims that some of the commits from `begin` on are about into the state, if they are in the
// store; up to which, is the answer.  So few that what was looked at is still in the CPU's caches when it is
// folded.
absl::StatusOr<size_t> LedgerFold::FetchClaims(const CommitBatch& batch, size_t begin) {
  std::vector<std::string> rows;
  memory_->found.clear();
  memory_->next_found = 0;
  size_t end = begin;
  for (int events = 0; end < batch.bodies.size() && events < kFetchedEvents; ++end) {
    const v1::CommitBody* body = batch.bodies[end];
    if (body == nullptr) continue;
    memory_->state.AddMissingClaims(body->events(), rows, memory_->found);
    events += body->events_size();
  }
  if (rows.empty()) return end;
  std::vector<std::string> keys;
  keys.reserve(rows.size());
  for (const std::string& row : rows) keys.push_back(options_.keys.State(row));
  ASSIGN_OR_RETURN(const auto values, store_.Snapshot()->GetAll(keys));
  for (size_t i = 0; i < rows.size(); ++i) {
    if (values[i]) RETURN_IF_ERROR(memory_->state.LoadRow(rows[i], *values[i]));
  }
  return end;
}

void LedgerFold::AddCommitRows(const ReadCommit& commit) {
  Memory& memory = *memory_;
  const CommitHeader& header = commit.header;
  ViewCommitRow row{.recorded_at = header.recorded_at,
                    .segment = memory.last_row.segment,
                    .ordinal = memory.last_row.ordinal + 1,
                    .digest = commit.digest,
                    .address = commit.address};
  if (!memory.last || header.recorded_at <= memory.last->recorded_at) ++row.segment;
  memory.commits.emplace_back(options_.keys.Commit(header.LastSequence(), row.ordinal), EncodeCommitRow(row));
  std::string end;
  AppendUint64(end, header.LastSequence());
  AppendUint64(end, row.ordinal);
  memory.times.emplace_back(options_.keys.Time(row.segment, row.recorded_at), std::move(end));
  memory.last = CommitEnd{header.LastSequence(), header.recorded_at, commit.digest, commit.address};
  memory.last_row = row;
}

// A large chunk is ingested while the next one is folded.
absl::StatusOr<FoldStep> LedgerFold::Write(const internal::v1::LogPlace& place, ChunkPermits::Permit permit) {
  FoldStep step{.read = true, .ingested = memory_->unwritten_bytes > options_.catch_up_bytes};
  // Void records before the first commit: there is nothing yet that a place could stand in.
  if (!memory_->last) {
    memory_->unwritten_bytes = 0;
    return step;
  }
  RETURN_IF_ERROR(FromLog(memory_->reader->CheckAnchors()));
  RETURN_IF_ERROR(AddPosted());
  RETURN_IF_ERROR(AwaitWritten());
  ChunkRows rows = TakeRows(place);
  ChunkUnderWay chunk{
      .last = *memory_->last, .void_commits = place.void_commits(), .permit = std::move(permit), .done = {}};
  memory_->unwritten_bytes = 0;
  if (step.ingested) {
    chunk.done =
        memory_->ingesting.Begin([&store = store_, keys = options_.keys, rows = std::move(rows)]() mutable {
          return store.Ingest([&](ViewRowSink put) { return rows.GiveTo(put, keys); });
        });
    memory_->writing = std::move(chunk);
    return step;
  }
  if (Sabotaged("position_outside_batch")) {
    ViewRows position;
    position.Put(options_.keys.Place(), Serialise(place));
    RETURN_IF_ERROR(FromStore(store_.Write(position)));
  }
  const auto give = [&](ViewRowSink put) { return rows.GiveTo(put, options_.keys); };
  RETURN_IF_ERROR(FromStore(store_.Write(give)));
  Written(chunk);
  return step;
}

absl::Status LedgerFold::AwaitWritten() {
  if (!memory_ || !memory_->writing) return absl::OkStatus();
  ChunkUnderWay chunk = *std::exchange(memory_->writing, std::nullopt);
  RETURN_IF_ERROR(FromStore(chunk.done.get()));
  Written(chunk);
  return absl::OkStatus();
}

void LedgerFold::Written(const ChunkUnderWay& chunk) {
  memory_->accounts.LetGoOfBalances(options_.cells_max);
  memory_->state.LetGoOfClaims(options_.claims_max);
  if (answering_ == 0) answering_ = options_.keys.version;
  folded_ = chunk.last;
  void_commits_ = chunk.void_commits;
}

ChunkRows LedgerFold::TakeRows(const internal::v1::LogPlace& place) {
  Memory& memory = *memory_;
  ChunkRows rows{.answering = std::nullopt,
                 .accounts = memory.accounts.TakeRows(),
                 .commits = std::exchange(memory.commits, {}),
                 .facts = std::exchange(memory.facts, {}),
                 .place = Serialise(place),
                 .states = memory.state.TakeChangedRows(),
                 .times = std::exchange(memory.times, {})};
  if (answering_ == 0) AppendUint16(rows.answering.emplace(), options_.keys.version);
  return rows;
}

absl::Status LedgerFold::CheckAnchors() {
  RETURN_IF_ERROR(stopped_);
  if (!memory_ || !memory_->reader) return absl::OkStatus();
  return FromLog(memory_->reader->CheckAnchors());
}

absl::StatusOr<bool> LedgerFold::CaughtUp() {
  RETURN_IF_ERROR(stopped_);
  if (!memory_ || !memory_->reader || memory_->unwritten_bytes > 0) return false;
  const auto caught_up = memory_->reader->CaughtUp();
  RETURN_IF_ERROR(FromLog(caught_up.status()));
  if (*caught_up) RETURN_IF_ERROR(AwaitWritten());
  return *caught_up;
}

void LedgerFold::Rest() {
  if (!memory_ || memory_->unwritten_bytes > 0 || memory_->writing) return;
  memory_->state.LetGoOfClaims(0);
  memory_->accounts.LetGoOfBalances(0);
}

size_t LedgerFold::kept() const {
  return memory_ ? memory_->state.claims.size() + memory_->accounts.cells_in_memory() : 0;
}

absl::Status LedgerFold::TakeOver() {
  if (answering_ == options_.keys.version) return absl::OkStatus();
  ViewRows rows;
  std::string version;
  AppendUint16(version, options_.keys.version);
  rows.Put(AnsweringKey(options_.keys.ledger), version);
  const ViewKeyspace old{answering_, options_.keys.ledger};
  RETURN_IF_ERROR(CheckHeldByLog(old));
  RETURN_IF_ERROR(FromStore(store_.Write(rows, {old.Prefix()})));
  answering_ = options_.keys.version;
  return absl::OkStatus();
}

// The new version was folded from the beginning, so no anchor of its own tells it that the log is not the one
// that the old version read: the last commit of the old one does.
absl::Status LedgerFold::CheckHeldByLog(const ViewKeyspace& old) {
  const auto snapshot = store_.Snapshot();
  snapshot->SeekForPrev(old.Commit(kNumberMax, kNumberMax));
  RETURN_IF_ERROR(FromStore(snapshot->status()));
  const std::string commits = old.Table(ViewTable::kCommits);
  if (!snapshot->On(commits)) return absl::OkStatus();
  const std::string end(snapshot->key().substr(commits.size()));
  const auto had = DecodeCommitRow(snapshot->value());
  if (!had || end.size() != 16) return FromStore(DamagedRow(snapshot->key()));
  const auto row = snapshot->Get(options_.keys.Table(ViewTable::kCommits) + end);
  RETURN_IF_ERROR(FromStore(row.status()));
  const auto has = *row ? DecodeCommitRow(**row) : std::nullopt;
  if (has && has->digest == had->digest) return absl::OkStatus();
  return FromLog(absl::DataLossError(fmt::format(
      "ledger {} stopped: fold version {} had folded {}@{}, and the log no longer has that commit",
      options_.ledger, old.version, options_.ledger, ReadUint64(end))));
}

absl::Status LedgerFold::Unfit(const ReadCommit& commit, Sequence sequence, std::string_view type,
                               std::string_view why) {
  const std::string event = type.empty() ? std::string() : fmt::format(" ({})", type);
  reload_ = true;
  misfit_ = Misfit{commit.address, sequence,
                   fmt::format("the fold of ledger {} stopped before {}@{}{}: {}", options_.ledger,
                               options_.ledger, sequence, event, why)};
  return absl::InternalError(misfit_->what);
}

}  // namespace realise
