#include "tests/simulation/oracle.h"

#include <algorithm>
#include <cstdlib>

#include "libs/base/sha256.h"
#include "realise/v1/commit.pb.h"

namespace realise::simulation {
namespace {

std::string IdOf(const v1::Event& event) { return event.source() + '\0' + event.id(); }

}  // namespace

Oracle::Oracle(World& world) : world_(world) { Read(); }

void Oracle::Read() {
  LedgerId ledger;
  Instant recorded_at{};
  for (const LogRecord& record : world_.log.records()) {
    const std::optional<CommitView> commit = DecodeCommit(record.stored);
    const bool first = digests_.empty();
    const bool valid =
        commit && commit->header.previous == digest() &&
        commit->header.first_sequence == events_.size() + 1 &&
        (first ||
         (commit->header.ledger_id == ledger &&
          (commit->header.recorded_at > recorded_at || (commit->header.flags & kFlagClockCorrection) != 0)));
    if (!valid) {
      ++void_records_;
      continue;
    }
    ledger = commit->header.ledger_id;
    recorded_at = commit->header.recorded_at;
    Take(*commit, Sha256(record.stored));
  }
}

void Oracle::Take(const CommitView& commit, const Digest& digest) {
  v1::CommitBody body;
  if (!body.ParseFromString(std::string(commit.body)) ||
      body.events_size() != static_cast<int>(commit.header.event_count)) {
    world_.Anomaly("a valid commit does not decode");
  }
  for (const v1::Event& event : body.events()) {
    events_.push_back({event, digests_.size()});
    const Sequence sequence = events_.size();
    if (!ids_.emplace(IdOf(event), sequence).second) {
      world_.Anomaly(fmt::format("event {} is in the log twice", event.id()));
    }
    std::vector<Sequence>& versions = streams_[event.stream()];
    versions.push_back(sequence);
    if (event.stream_version() != versions.size()) {
      world_.Anomaly(fmt::format("event {} has version {} and not {}", event.id(), event.stream_version(),
                                 versions.size()));
    }
  }
  digests_.push_back(digest);
  ends_.emplace(commit.header.LastSequence(), digest);
}

uint64_t Oracle::VersionAt(const std::string& stream, Sequence sequence) const {
  const auto found = streams_.find(stream);
  if (found == streams_.end()) return 0;
  return static_cast<uint64_t>(std::upper_bound(found->second.begin(), found->second.end(), sequence) -
                               found->second.begin());
}

bool Oracle::IsCommitEnd(const Receipt& receipt) const {
  return receipt.digest && ends_.count({receipt.sequence, *receipt.digest}) == 1;
}

void Oracle::Anomaly(const Call& call, const std::string& what) {
  const std::string id = call.request.events_size() > 0 ? call.request.events(0).id() : "nothing";
  world_.Anomaly(fmt::format("request with event {}, answered {} at {}: {}", id,
                             call.outcome->status.ToString(), call.outcome->receipt.ToString(), what));
}

void Oracle::CheckCalls(const std::vector<Call>& calls) {
  for (const Call& call : calls) {
    if (!call.outcome) continue;
    if (!IsCommitEnd(call.outcome->receipt)) Anomaly(call, "its receipt is not of this history");
    if (call.outcome->status.ok() && !call.request.dry_run()) CheckAccepted(call);
    CheckRefused(call);
  }
}

void Oracle::CheckAccepted(const Call& call) {
  const AppendOutcome& outcome = *call.outcome;
  if (outcome.events.size() != call.request.events_size()) {
    return Anomaly(call, "not every event was answered");
  }
  Sequence first_new = 0;
  std::set<size_t> commits;
  for (int i = 0; i < outcome.events.size(); ++i) {
    const v1::Appended& appended = outcome.events[i];
    const v1::Event& sent = call.request.events(i);
    const auto found = ids_.find(IdOf(sent));
    if (found == ids_.end()) return Anomaly(call, "it was acknowledged, and is not there");
    if (found->second != appended.sequence()) return Anomaly(call, "it stands elsewhere");
    const Recorded& recorded = events_[found->second - 1];
    if (recorded.event.stream_version() != appended.stream_version()) Anomaly(call, "it has another version");
    if (appended.sequence() > outcome.receipt.sequence) Anomaly(call, "its receipt does not cover it");
    v1::Event content = recorded.event;
    content.set_stream_version(0);
    if (content.SerializeAsString() != sent.SerializeAsString()) Anomaly(call, "it has other content");
    if (appended.already_recorded()) continue;
    if (first_new == 0) first_new = appended.sequence();
    commits.insert(recorded.commit);
  }
  if (commits.size() > 1) Anomaly(call, "its events are in several commits");
  if (first_new == 0) return;
  // Sent again after its first sending had come through, it is answered as already recorded: so what is new
  // came behind everything that was acknowledged before.
  if (first_new <= call.acknowledged_before) Anomaly(call, "it came before what was acknowledged before it");
  for (const v1::ExpectedVersion& expected : call.request.expected_versions()) {
    if (VersionAt(expected.stream(), first_new - 1) != expected.version()) {
      Anomaly(call, "it was accepted on another version than it expected");
    }
  }
  const std::optional<Receipt> at_least = Receipt::Parse(call.request.at_least());
  if (at_least && first_new <= at_least->sequence) Anomaly(call, "it was decided before what it waited for");
}

void Oracle::CheckRefused(const Call& call) {
  for (const v1::Refusal& refusal : call.outcome->refusals) {
    const auto index = static_cast<int>(refusal.event_index());
    if (index >= call.request.events_size()) return Anomaly(call, "it was refused for an event it has not");
    const std::string why = WhyNotRefused(call.request.events(index), refusal.reason(),
                                          call.outcome->receipt.sequence, refusal.message(), call.request);
    if (!why.empty())
      Anomaly(call, fmt::format("refused with {} ({}), but {}", refusal.reason(), refusal.message(), why));
  }
}

// Empty if it had to be refused.  In a dry run later events see earlier ones, so those are checked by their
// expected versions alone.
std::string Oracle::WhyNotRefused(const v1::Event& event, const std::string& reason, Sequence at,
                                  const std::string& message, const v1::AppendRequest& request) const {
  if (reason == "RECEIPT_MISMATCH") return "the receipt was handed out";
  if (reason == "CONFLICTING_DUPLICATE") {
    const auto found = ids_.find(IdOf(event));
    return found != ids_.end() && found->second <= at ? "" : "there is no such event there";
  }
  if (reason == "WRONG_EXPECTED_VERSION") {
    const v1::ExpectedVersion& expected = request.expected_versions(0);
    const uint64_t version = VersionAt(expected.stream(), at);
    if (version == expected.version()) return "the stream is at that version there";
    const std::string told = fmt::format("at version {}, not at {}", version, expected.version());
    return message.find(told) != std::string::npos ? "" : fmt::format("it is {} there", told);
  }
  const bool there = VersionAt(event.stream(), at) > 0;
  if (request.events_size() > 1 || request.dry_run()) return "";
  if (reason == "UNKNOWN_BOARD" && there) return "the board is there";
  if (reason == "ALREADY_EXISTS" && !there) return "it is not there";
  return "";
}

void Oracle::CheckReceipts(const std::vector<Receipt>& receipts) {
  for (const Receipt& receipt : receipts) {
    if (!IsCommitEnd(receipt))
      world_.Anomaly(fmt::format("the receipt {} is not of this history", receipt.ToString()));
  }
}

bool Oracle::Agrees(const SimulatedFold& fold) const {
  const std::vector<Digest>& read = fold.digests();
  return read.size() <= digests_.size() && std::equal(read.begin(), read.end(), digests_.begin());
}

}  // namespace realise::simulation
