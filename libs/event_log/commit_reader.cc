#include "libs/event_log/commit_reader.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <utility>

#include "fmt/format.h"
#include "libs/base/sabotage.h"
#include "libs/base/sha256.h"
#include "libs/base/status_macros.h"

namespace realise {
namespace {

// Enough for the pipelines of a dozen writers that race; a commit further back is no longer looked for.
constexpr size_t kCommitsRemembered = 256;

// Of so many Reads the last record is looked at once more.  Each costs a read whenever the anchors are
// checked; in the simulation, of logs that were cut, one of 40 is parted from unseen with 1, one of 240 with
// 4, none of 1,900 with 16.
constexpr size_t kBehindMax = 4;

// Marks a status within the process; it goes out nowhere.
constexpr const char* kLogDamageMark = "realise/log-damage";

template <typename T>
bool TakeBytes(std::string_view from, T& to) {
  if (from.size() != T::kSize) return false;
  std::memcpy(to.bytes.data(), from.data(), T::kSize);
  return true;
}

// The head that a stored place stands behind; nothing in `head` before the first commit.  False if it makes
// no sense.
bool HeadOf(const internal::v1::LogPlace& place, std::optional<ChainHead>& head) {
  head.reset();
  if (place.ledger_id().empty()) return !place.has_last_valid();
  head.emplace();
  head->next_sequence = place.next_sequence();
  head->recorded_at = Instant(std::chrono::microseconds(place.recorded_at()));
  head->demonstration = place.demonstration();
  return TakeBytes(place.ledger_id(), head->ledger_id) &&
         TakeBytes(place.last_valid().digest(), head->digest);
}

template <typename T>
void Remember(T commit, std::deque<T>& commits) {
  commits.push_back(std::move(commit));
  if (commits.size() > kCommitsRemembered) commits.pop_front();
}

void SetAnchor(const ReadCommit& commit, internal::v1::LogAnchor& anchor) {
  anchor.set_address(commit.address);
  anchor.set_digest(std::string(commit.digest.view()));
}

}  // namespace

bool IsLogDamage(const absl::Status& status) { return status.GetPayload(kLogDamageMark).has_value(); }

absl::StatusOr<std::unique_ptr<CommitReader>> CommitReader::Open(
    EventLog& log, const std::string& ledger, const std::optional<internal::v1::LogPlace>& place) {
  RETURN_IF_ERROR(log.CheckLedger(ledger));
  std::unique_ptr<CommitReader> opened(new CommitReader(log, ledger));
  if (place) {
    std::optional<ChainHead> head;
    if (!HeadOf(*place, head)) {
      return absl::DataLossError(fmt::format(
          "ledger {}: the stored place to read on from is damaged; delete that store, it is rebuilt",
          ledger));
    }
    if (head) opened->chain_ = CommitChain(*head);
    opened->place_ = *place;
    RETURN_IF_ERROR(opened->CheckAnchors());
  }
  ASSIGN_OR_RETURN(opened->reader_, log.OpenReader(ledger, opened->place_.next_address()));
  return opened;
}

absl::StatusOr<std::vector<ReadCommit>> CommitReader::Read(std::chrono::milliseconds wait_max,
                                                           size_t bytes_max) {
  RETURN_IF_ERROR(stopped_);
  if (anchors_due_) RETURN_IF_ERROR(CheckAnchors());
  auto records = reader_->Read(wait_max, bytes_max);
  if (!records.ok()) {
    anchors_due_ = true;
    if (absl::IsDataLoss(records.status())) return Stop(std::string(records.status().message()));
    return records.status();
  }
  if (!records->empty()) RETURN_IF_ERROR(LookBack());
  std::vector<ReadCommit> commits;
  commits.reserve(records->size());
  for (LogRecord& record : *records) {
    ReadCommit& commit = commits.emplace_back();
    commit.address = record.address;
    commit.appended_at = record.appended_at;
    commit.stored = std::move(record.stored);
    commit.digest = Sha256(commit.stored);
    const std::optional<CommitView> decoded = DecodeCommit(commit.stored);
    if (decoded) commit.header = decoded->header;
    commit.verdict = chain_.Offer(decoded, commit.digest);
    if (commit.verdict == Verdict::kValid) {
      in_void_run_ = false;
      Remember(commit.digest, valid_commits_);
    } else if (absl::Status noted = NoteVoid(commit); !noted.ok()) {
      // What was read before it stands, and is returned; the next call says that the ledger stopped.
      commits.pop_back();
      if (commits.empty()) return noted;
      return commits;
    }
    Advance(commit);
  }
  return commits;
}

// Before records are taken in that came behind what was read so far.  If the log was cut in between, and
// written to up to where this reader stands, what it missed may have taken the link of whatever comes now, so
// that this is void to it, or valid to it alone.  Only what it read last tells.
absl::Status CommitReader::LookBack() {
  if (place_.has_last_read()) {
    behind_.push_back(place_.last_read());
    if (behind_.size() > kBehindMax) behind_.pop_front();
  }
  if (!in_void_run_) return absl::OkStatus();
  absl::Status checked = CheckAnchors();
  if (absl::IsDataLoss(checked)) return checked;
  // Out of reach: the records at hand cannot be given back to the log, so they are returned, and the anchors
  // are read before any more.
  return absl::OkStatus();
}

void CommitReader::Advance(const ReadCommit& commit) {
  place_.set_next_address(commit.address + 1);
  SetAnchor(commit, *place_.mutable_last_read());
  if (commit.verdict != Verdict::kValid) {
    place_.set_void_commits(place_.void_commits() + 1);
    return;
  }
  SetAnchor(commit, *place_.mutable_last_valid());
  const ChainHead& head = *chain_.head();
  place_.set_ledger_id(std::string(head.ledger_id.view()));
  place_.set_next_sequence(head.next_sequence);
  place_.set_recorded_at(head.recorded_at.time_since_epoch().count());
  place_.set_demonstration(head.demonstration);
}

absl::Status CommitReader::NoteVoid(const ReadCommit& commit) {
  if (!in_void_run_) {
    in_void_run_ = true;
    absl::Status checked = CheckAnchors();
    if (absl::IsDataLoss(checked)) return checked;
  }
  if (commit.verdict == Verdict::kUndecodable) return absl::OkStatus();
  if (std::find(valid_commits_.begin(), valid_commits_.end(), commit.digest) != valid_commits_.end()) {
    return absl::OkStatus();
  }
  int depth = 1;
  const auto before =
      std::find_if(void_commits_.rbegin(), void_commits_.rend(),
                   [&](const VoidCommit& other) { return other.digest == commit.header.previous; });
  if (before != void_commits_.rend()) depth = before->depth + 1;
  Remember(VoidCommit{commit.digest, depth}, void_commits_);
  if (depth <= kPipelineDepthMax) return absl::OkStatus();
  return Stop(fmt::format(
      "{} void commits are chained to each other up to address {}: writer {} reads another history", depth,
      commit.address, ToHex(commit.header.writer.view())));
}

absl::Status CommitReader::CheckAnchors() {
  RETURN_IF_ERROR(stopped_);
  if (Sabotaged("no_anchor_check")) return absl::OkStatus();
  anchors_due_ = true;
  std::map<Address, const internal::v1::LogAnchor*> anchors;
  for (const internal::v1::LogPlace* place : {&checked_, &place_}) {
    if (place->has_last_valid()) anchors.try_emplace(place->last_valid().address(), &place->last_valid());
    if (place->has_last_read()) anchors.try_emplace(place->last_read().address(), &place->last_read());
  }
  for (const internal::v1::LogAnchor& anchor : behind_) anchors.try_emplace(anchor.address(), &anchor);
  std::vector<Address> addresses;
  for (const auto& [address, anchor] : anchors) addresses.push_back(address);
  const auto records = log_.ReadEachAt(ledger_, addresses);
  auto record = records.begin();
  for (const auto& [address, anchor] : anchors) RETURN_IF_ERROR(CheckAnchor(*anchor, *record++));
  behind_.clear();
  checked_ = place_;
  anchors_due_ = false;
  return absl::OkStatus();
}

absl::Status CommitReader::CheckAnchor(const internal::v1::LogAnchor& anchor,
                                       const absl::StatusOr<LogRecord>& record) {
  if (absl::IsNotFound(record.status())) {
    return Stop(fmt::format("the record at address {}, read before, is gone", anchor.address()));
  }
  if (absl::IsDataLoss(record.status())) return Stop(std::string(record.status().message()));
  RETURN_IF_ERROR(record.status());
  if (Sha256(record->stored).view() == anchor.digest()) return absl::OkStatus();
  return Stop(
      fmt::format("the record at address {} is not the one that was read there before", anchor.address()));
}

absl::StatusOr<Address> CommitReader::End() {
  RETURN_IF_ERROR(stopped_);
  return reader_->End();
}

absl::StatusOr<bool> CommitReader::CaughtUp() {
  ASSIGN_OR_RETURN(const Address end, End());
  return next_address() >= end;
}

absl::Status CommitReader::Stop(std::string what) {
  stopped_ = absl::DataLossError(fmt::format(
      "ledger {} stopped: {}. The log was damaged, truncated, recreated or swapped underneath. Append "
      "nothing to it; "
      "compare its receipts with those of a replica or a backup, restore the log, and start again",
      ledger_, what));
  stopped_.SetPayload(kLogDamageMark, absl::Cord());
  return stopped_;
}

}  // namespace realise
