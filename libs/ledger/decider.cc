#include "libs/ledger/decider.h"

#include <fmt/format.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/wire_format_lite.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "libs/base/sabotage.h"
#include "libs/base/sha256.h"
#include "libs/base/status_macros.h"
#include "libs/domain/decide.h"
#include "libs/domain/evolve.h"

namespace realise {
namespace {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedOutputStream;

// More claims than this are not kept in memory once they are in the store.
constexpr size_t kClaimsInMemoryMax = 100'000;

// What the publisher sent, without what the server assigned.
std::string Content(const v1::Event& event) {
  v1::Event sent = event;
  sent.set_stream_version(0);
  std::string bytes;
  google::protobuf::io::StringOutputStream stream(&bytes);
  CodedOutputStream coded(&stream);
  coded.SetSerializationDeterministic(true);
  sent.SerializeToCodedStream(&coded);
  coded.Trim();
  return bytes;
}

// Appends one more element of CommitBody.events.
void AppendToBody(const v1::Event& event, std::string& body) {
  const uint32_t size = static_cast<uint32_t>(event.ByteSizeLong());
  const uint32_t tag =
      WireFormatLite::MakeTag(v1::CommitBody::kEventsFieldNumber, WireFormatLite::WIRETYPE_LENGTH_DELIMITED);
  const size_t before = body.size();
  body.resize(before + CodedOutputStream::VarintSize32(tag) + CodedOutputStream::VarintSize32(size) + size);
  uint8_t* to = reinterpret_cast<uint8_t*>(body.data()) + before;
  to = CodedOutputStream::WriteVarint32ToArray(tag, to);
  to = CodedOutputStream::WriteVarint32ToArray(size, to);
  event.SerializeWithCachedSizesToArray(to);
}

v1::Refusal ToRefusal(const EventRejection& refused) {
  v1::Refusal refusal;
  refusal.set_event_index(refused.event_index);
  refusal.set_reason(std::string(ReasonName(refused.rejection.reason)));
  refusal.set_field(refused.rejection.field);
  refusal.set_message(refused.rejection.message);
  return refusal;
}

absl::Status ParseBody(const ReadCommit& commit, v1::CommitBody& body) {
  const std::string_view bytes = commit.body();
  if (body.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) &&
      static_cast<uint32_t>(body.events_size()) == commit.header.event_count) {
    return absl::OkStatus();
  }
  return absl::DataLossError(
      fmt::format("the commit of events {} to {} is valid but its body does not decode",
                  commit.header.first_sequence, commit.header.LastSequence()));
}

}  // namespace

Decider::Decider(std::string ledger, EventLog& log, DeciderStore& store, const Pipeline& pipeline)
    : ledger_(std::move(ledger)),
      log_(log),
      store_(store),
      pipeline_(pipeline),
      ids_(store, ledger_),
      index_(store, ledger_) {}

absl::StatusOr<std::optional<internal::v1::LogPlace>> Decider::Load() {
  ASSIGN_OR_RETURN(std::optional<internal::v1::LogPlace> place, store_.Load(ledger_, state_));
  if (place) {
    ids_.ExpectStored();
    if (place->next_sequence() > 0) confirmed_sequence_ = place->next_sequence() - 1;
  }
  confirmed_mark_ = state_.Mark();
  return place;
}

absl::Status Decider::Prepare(const ReadCommit& commit) {
  RETURN_IF_ERROR(ParseBody(commit, read_body_));
  std::vector<std::string> claims;
  state_.AddMissingClaims(read_body_.events(), claims);
  return FetchRows(claims);
}

absl::Status Decider::Evolve(const ReadCommit& commit) {
  Sequence sequence = commit.header.first_sequence;
  for (const v1::Event& event : read_body_.events()) {
    if (const absl::Status evolved = realise::Evolve(event, state_); !evolved.ok()) {
      return absl::DataLossError(fmt::format(
          "ledger {}: event {} is in the log but cannot be applied: {}.  A newer program wrote it, or this "
          "one has a defect; install the newer one.",
          ledger_, sequence, evolved.ToString()));
    }
    ids_.Take(EventKeyOf(event.source(), event.id()), sequence);
    ++sequence;
  }
  index_.Add({commit.header.LastSequence(), commit.address, commit.digest});
  confirmed_sequence_ = commit.header.LastSequence();
  confirmed_mark_ = state_.Mark();
  state_.Forget(confirmed_mark_);
  return absl::OkStatus();
}

void Decider::Confirm(const CommitUnderWay& first, Address address) {
  index_.Add({first.header.LastSequence(), address, first.digest});
  confirmed_sequence_ = first.header.LastSequence();
  confirmed_mark_ = first.state_mark;
  state_.Forget(confirmed_mark_);
}

void Decider::FreeIds(const CommitUnderWay& commit) {
  for (const EventUnderWay& event : commit.events) ids_.Free(*event.key);
}

AppendOutcome Decider::Decide(Command& command, bool demonstration, CommitUnderWay& commit) {
  Attempt attempt{command, commit, demonstration, commit.events.size(), command.malformed, {}};
  const JournalMark mark = state_.Mark();
  if (attempt.GoesOn()) attempt.outcome.status = MatchIds(attempt);
  const bool only_known =
      attempt.rejections.empty() && commit.events.size() == attempt.events_before && !attempt.dry();
  // What was recorded before was expected then.
  if (attempt.GoesOn() && !only_known) attempt.outcome.status = FetchClaims(*command.request);
  if (attempt.GoesOn() && !only_known) CheckVersions(attempt);
  if (attempt.GoesOn()) attempt.outcome.status = CheckReceipt(attempt);
  if (attempt.GoesOn() && !only_known) CheckSimulatedTime(attempt);
  if (attempt.GoesOn()) attempt.outcome.status = DecideEvents(attempt);
  Finish(attempt, mark);
  return std::move(attempt.outcome);
}

absl::Status Decider::MatchIds(Attempt& attempt) {
  Command& command = attempt.command;
  CommitUnderWay& commit = attempt.commit;
  ASSIGN_OR_RETURN(const auto stored, ids_.FindStored(command.keys));
  attempt.outcome.events.Reserve(static_cast<int>(command.keys.size()));
  for (size_t i = 0; i < command.keys.size(); ++i) {
    v1::Event& event = *command.request->mutable_events(static_cast<int>(i));
    v1::Appended& appended = *attempt.outcome.events.Add();
    appended.set_event_id(event.id());
    if (attempt.Undecidable(i)) continue;
    const Sequence next = commit.next_sequence();
    if (const auto taken = ids_.FindOrTake(command.keys[i], stored[i], next); taken) {
      RETURN_IF_ERROR(MatchKnown(attempt, i, *taken));
      if (!attempt.GoesOn()) return absl::OkStatus();
    } else {
      commit.events.push_back({&event, &command.keys[i], i});
      appended.set_sequence(next);
    }
  }
  return absl::OkStatus();
}

absl::Status Decider::MatchKnown(Attempt& attempt, size_t index, Sequence sequence) {
  const v1::Event& event = attempt.command.request->events(static_cast<int>(index));
  ASSIGN_OR_RETURN(const Known known, FindKnown(attempt, sequence));
  if (Content(*known.event) != Content(event)) {
    attempt.rejections.push_back(
        {static_cast<uint32_t>(index),
         {Reason::kConflictingDuplicate, "id",
          fmt::format("event {} has this source and id, and other content; a new fact needs a new id",
                      sequence)}});
    return absl::OkStatus();
  }
  v1::Appended& appended = attempt.outcome.events[static_cast<int>(index)];
  appended.set_sequence(sequence);
  appended.set_stream_version(known.event->stream_version());
  appended.set_already_recorded(true);
  if (sequence >= attempt.outcome.receipt.sequence) {
    attempt.outcome.receipt = known.receipt;
    attempt.outcome.receipt.sequence = std::max(sequence, known.receipt.sequence);
  }
  return absl::OkStatus();
}

absl::StatusOr<Decider::Known> Decider::FindKnown(const Attempt& attempt, Sequence sequence) {
  const CommitUnderWay& commit = attempt.commit;
  if (sequence >= commit.header.first_sequence) {
    return Known{commit.events[sequence - commit.header.first_sequence].event, {}};
  }
  if (const CommitUnderWay* sent = pipeline_.Holding(sequence); sent != nullptr) {
    return Known{sent->events[sequence - sent->header.first_sequence].event,
                 {ledger_, sent->header.LastSequence(), sent->digest}};
  }
  return FindRecorded(sequence);
}

absl::StatusOr<Decider::Known> Decider::FindRecorded(Sequence sequence) {
  if (!again_row_ || sequence < again_first_ || sequence > again_row_->last_sequence) {
    again_row_.reset();
    ASSIGN_OR_RETURN(const CommitRow row, index_.Holding(sequence));
    auto record = log_.ReadAt(ledger_, row.address);
    if (absl::IsNotFound(record.status())) {
      return absl::DataLossError(fmt::format("ledger {}: the commit of event {} is gone", ledger_, sequence));
    }
    RETURN_IF_ERROR(record.status());
    ReadCommit commit;
    commit.digest = Sha256(record->stored);
    if (commit.digest != row.digest) {
      return absl::DataLossError(
          fmt::format("ledger {}: the commit of event {} is not what it was", ledger_, sequence));
    }
    commit.stored = std::move(record->stored);
    commit.header = DecodeCommit(commit.stored)->header;
    RETURN_IF_ERROR(ParseBody(commit, again_body_));
    again_first_ = commit.header.first_sequence;
    again_row_ = row;
  }
  return Known{&again_body_.events(static_cast<int>(sequence - again_first_)),
               {ledger_, again_row_->last_sequence, again_row_->digest}};
}

absl::Status Decider::FetchClaims(const v1::AppendRequest& request) {
  std::vector<std::string> claims;
  for (const v1::ExpectedVersion& expected : request.expected_versions()) {
    state_.AddMissingClaim(expected.stream(), claims);
  }
  found_.clear();
  state_.AddMissingClaims(request.events(), claims, found_);
  return FetchRows(claims);
}

absl::Status Decider::FetchRows(const std::vector<std::string>& rows) {
  if (rows.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const auto values, store_.FindStateRows(ledger_, rows));
  for (size_t i = 0; i < rows.size(); ++i) {
    if (values[i]) RETURN_IF_ERROR(state_.LoadRow(rows[i], *values[i]));
  }
  return absl::OkStatus();
}

void Decider::CheckVersions(Attempt& attempt) {
  const v1::AppendRequest& request = *attempt.command.request;
  for (const v1::ExpectedVersion& expected : request.expected_versions()) {
    const uint64_t version = state_.StreamVersion(expected.stream());
    if (version == expected.version() || Sabotaged("skip_stream_version")) continue;
    const auto& events = request.events();
    const auto first = std::find_if(events.begin(), events.end(), [&](const v1::Event& event) {
      return event.stream() == expected.stream();
    });
    const auto index = first == events.end() ? 0 : std::distance(events.begin(), first);
    attempt.rejections.push_back(
        {static_cast<uint32_t>(index),
         {Reason::kWrongExpectedVersion, "expected_versions",
          fmt::format("the stream is at version {}, not at {}; read it and decide again", version,
                      expected.version())}});
    if (!attempt.GoesOn()) break;
  }
}

absl::Status Decider::CheckReceipt(Attempt& attempt) {
  const std::optional<Receipt>& at_least = attempt.command.at_least;
  if (!at_least || !at_least->digest) return absl::OkStatus();
  ASSIGN_OR_RETURN(const bool ours, HasCommit(at_least->sequence, *at_least->digest));
  if (ours) return absl::OkStatus();
  ++receipt_mismatches_;
  attempt.rejections.push_back(
      {0,
       {Reason::kReceiptMismatch, "at_least",
        "this history has no commit with that digest at that position; compare where "
        "the receipt came from"}});
  return absl::OkStatus();
}

void Decider::CheckSimulatedTime(Attempt& attempt) {
  if (!attempt.command.simulated_time || attempt.demonstration) return;
  attempt.rejections.push_back(
      {0, {Reason::kSimulatedTime, "simulated_time", "only a ledger made for demonstration takes one"}});
}

absl::Status Decider::DecideEvents(Attempt& attempt) {
  const auto& events = attempt.commit.events;
  const Sources sources =
      attempt.command.request->registered_sources_only() ? Sources::kRegisteredOnly : Sources::kAny;
  for (size_t i = attempt.events_before; i < events.size(); ++i) {
    v1::Event& event = *events[i].event;
    state_.Expect(event, found_, events[i].index);
    std::optional<Rejection> rejection =
        realise::Decide(state_, event, attempt.commit.header.recorded_at, sources);
    if (rejection) {
      attempt.rejections.push_back({static_cast<uint32_t>(events[i].index), *std::move(rejection)});
      if (attempt.dry()) continue;
      return absl::OkStatus();
    }
    event.set_stream_version(state_.StreamVersion(event.stream()) + 1);
    if (const absl::Status evolved = realise::Evolve(event, state_); !evolved.ok()) {
      // Nothing of it is in the log, so only this command is refused, loudly; the ledger is whole.
      return absl::InternalError(fmt::format(
          "an event that was accepted cannot be applied; this is a defect: {}", evolved.ToString()));
    }
    v1::Appended& appended = attempt.outcome.events[static_cast<int>(events[i].index)];
    appended.set_stream_version(event.stream_version());
  }
  return absl::OkStatus();
}

void Decider::Finish(Attempt& attempt, JournalMark mark) {
  CommitUnderWay& commit = attempt.commit;
  AppendOutcome& outcome = attempt.outcome;
  const bool accepted = outcome.status.ok() && attempt.rejections.empty();
  const Sequence first_own = commit.header.first_sequence + attempt.events_before;
  for (v1::Appended& appended : outcome.events) {
    // A duplicate within the command: only now is it known what became of the first.
    if (appended.already_recorded() && appended.sequence() >= first_own) {
      const size_t first = commit.events[appended.sequence() - commit.header.first_sequence].index;
      appended.set_stream_version(outcome.events[static_cast<int>(first)].stream_version());
    }
    if (attempt.dry() && appended.sequence() >= first_own) appended.set_sequence(0);
  }
  if (accepted && !attempt.dry()) {
    if (commit.events.size() > attempt.events_before) outcome.receipt = Receipt();
    commit.body.reserve(commit.body.size() + attempt.command.body_bytes_max);
    for (size_t i = attempt.events_before; i < commit.events.size(); ++i) {
      AppendToBody(*commit.events[i].event, commit.body);
    }
    return;
  }
  state_.RollBackTo(mark);
  FreeEvents(commit, attempt.events_before);
  outcome.receipt = Receipt();
  for (const EventRejection& refused : attempt.rejections) {
    outcome.refusals.push_back(ToRefusal(refused));
    if (!attempt.dry()) break;
  }
  if (attempt.dry()) return;
  outcome.events.Clear();
  if (outcome.status.ok()) {
    const Rejection& first = attempt.rejections.front().rejection;
    outcome.status =
        absl::Status(CodeOf(first.reason), fmt::format("{}: {}", ReasonName(first.reason), first.message));
  }
}

void Decider::FreeEvents(CommitUnderWay& commit, size_t from) {
  for (size_t i = from; i < commit.events.size(); ++i) ids_.Free(*commit.events[i].key);
  commit.events.resize(from);
}

// Its rows stay in memory until they are in the store, so that what is asked for is always found in one of
// the two.
void Decider::BeginSave(const internal::v1::LogPlace& place) {
  auto chunk = std::make_unique<DeciderStore::Chunk>();
  chunk->place = place;
  chunk->ids = ids_.Recent(confirmed_sequence_);
  chunk->commits = index_.recent();
  chunk->state_rows = state_.TakeChangedRows(confirmed_mark_);
  if (!unsaved_rows_.empty()) {
    unsaved_rows_.Add(std::exchange(chunk->state_rows, {}));
    chunk->state_rows = std::exchange(unsaved_rows_, {});
  }
  const size_t commits = chunk->commits.size();
  auto done = side_.Begin([&chunk = *chunk, &store = store_, ledger = ledger_] {
    SortByKey(chunk.ids);
    chunk.state_rows.Sort();
    return store.Save(ledger, chunk);
  });
  save_ = SaveUnderWay{std::move(chunk), confirmed_sequence_, commits, std::move(done)};
}

bool Decider::SaveDone() const {
  // One that is deferred is done by whoever asks for it.
  return save_ && save_->done.wait_for(std::chrono::seconds(0)) != std::future_status::timeout;
}

absl::Status Decider::EndSave() {
  SaveUnderWay save = *std::exchange(save_, std::nullopt);
  absl::Status saved = save.done.get();
  side_.End();
  if (!saved.ok()) {
    unsaved_rows_.Add(save.chunk->state_rows);
    return saved;
  }
  ids_.ForgetRecent(save.last);
  index_.ForgetRecent(save.commits);
  state_.LetGoOfClaims(kClaimsInMemoryMax);
  return absl::OkStatus();
}

absl::Status Decider::Save(const internal::v1::LogPlace& place) {
  BeginSave(place);
  return EndSave();
}

}  // namespace realise
