#include "libs/rpc/event_lookup.h"

#include <algorithm>
#include <optional>
#include <span>
#include <string_view>

#include "fmt/format.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/wire_format_lite.h"
#include "libs/base/status_macros.h"
#include "libs/event_log/commit.h"
#include "realise/v1/commit.pb.h"

namespace realise {
namespace {

using google::protobuf::internal::WireFormatLite;

// Commits read together, and in memory at once; they may have half a megabyte each.
constexpr size_t kCommitsAtOnce = 16;

// Takes the event behind so many others from what is left of a commit's body.  Those before it are not
// parsed: that would take a hundred times as long.   False if the body does not decode up to there.
bool TakeEvent(std::string_view& body, uint64_t others, v1::Event& event) {
  constexpr uint32_t kEventTag =
      WireFormatLite::MakeTag(v1::CommitBody::kEventsFieldNumber, WireFormatLite::WIRETYPE_LENGTH_DELIMITED);
  google::protobuf::io::CodedInputStream input(reinterpret_cast<const uint8_t*>(body.data()),
                                               static_cast<int>(body.size()));
  while (const uint32_t tag = input.ReadTag()) {
    if (tag != kEventTag) {
      if (!WireFormatLite::SkipField(&input, tag)) return false;
      continue;
    }
    uint32_t bytes = 0;
    if (!input.ReadVarint32(&bytes)) return false;
    const std::string_view rest = body.substr(static_cast<size_t>(input.CurrentPosition()));
    if (bytes > rest.size()) return false;
    if (others-- == 0) {
      body = rest.substr(bytes);
      return event.ParseFromArray(rest.data(), static_cast<int>(bytes));
    }
    input.Skip(static_cast<int>(bytes));
  }
  return false;
}

// Adds the events of one commit.
absl::Status AddEvents(std::string_view stored, std::span<const Sequence> sequences,
                       std::vector<RecordedEvent>& events) {
  std::optional<CommitView> commit = DecodeCommit(stored);
  Sequence next = commit ? commit->header.first_sequence : 0;
  for (const Sequence sequence : sequences) {
    RecordedEvent& recorded = events.emplace_back();
    if (!commit || sequence < next || sequence > commit->header.LastSequence() ||
        !TakeEvent(commit->body, sequence - next, recorded.event)) {
      return absl::DataLossError(
          fmt::format("the commit that holds {} is not where the view says; check the log", sequence));
    }
    recorded.recorded_at = commit->header.recorded_at;
    next = sequence + 1;
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<RecordedEvent>> LookUpEvents(EventLog& log, const FigureSource& source,
                                                        const std::vector<Sequence>& sequences) {
  std::vector<RecordedEvent> events;
  events.reserve(sequences.size());
  std::vector<CommitEnd> commits;
  for (auto next = sequences.begin(); next != sequences.end();) {
    commits.clear();
    for (auto at = next; at != sequences.end() && commits.size() < kCommitsAtOnce;) {
      ASSIGN_OR_RETURN(commits.emplace_back(), source.CommitHolding(*at));
      at = std::upper_bound(at, sequences.end(), std::max(*at, commits.back().sequence));
    }
    std::vector<Address> addresses;
    for (const CommitEnd& commit : commits) addresses.push_back(commit.address);
    const auto records = log.ReadEachAt(source.ledger(), addresses);
    for (size_t i = 0; i < commits.size(); ++i) {
      RETURN_IF_ERROR(records[i].status());
      const auto behind = std::upper_bound(next, sequences.end(), commits[i].sequence);
      RETURN_IF_ERROR(AddEvents(records[i]->stored, {next, behind}, events));
      next = behind;
    }
  }
  return events;
}

}  // namespace realise
