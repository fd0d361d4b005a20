#include "tests/bench/peers/postgresql/ledger_events.h"

#include <utility>

#include "libs/base/status_macros.h"
#include "libs/event_log/commit.h"

namespace realise::peers {
namespace {

constexpr char kEventsTag = (1 << 3) | 2;  // field 1 of CommitBody, with a length

// Takes an event off the front of a body: its bytes as they were stored, which a parsed body does not keep.
std::optional<std::string_view> TakeEvent(std::string_view& body) {
  if (body.empty() || body[0] != kEventsTag) return std::nullopt;
  uint64_t length = 0;
  size_t at = 1;
  for (int shift = 0; shift < 35; shift += 7) {
    if (at == body.size()) return std::nullopt;
    const auto byte = static_cast<uint8_t>(body[at++]);
    length |= uint64_t{byte & 0x7fU} << shift;
    if (byte < 0x80) break;
  }
  if (length > body.size() - at) return std::nullopt;
  const std::string_view event = body.substr(at, length);
  body.remove_prefix(at + length);
  return event;
}

}  // namespace

absl::StatusOr<LedgerEvents> LedgerEvents::Open(const std::string& path) {
  ASSIGN_OR_RETURN(auto file, CommitFileReader::Open(path));
  return LedgerEvents(std::move(file));
}

absl::StatusOr<std::optional<LedgerEvent>> LedgerEvents::Next() {
  while (body_.empty()) {
    ASSIGN_OR_RETURN(std::optional<std::string> stored, file_->Next());
    if (!stored) return std::nullopt;
    stored_ = *std::move(stored);
    const auto commit = DecodeCommit(stored_);
    if (!commit || commit->header.first_sequence != next_sequence_) {
      return absl::DataLossError("a commit does not decode, or does not follow the one before");
    }
    body_ = commit->body;
  }
  const auto event = TakeEvent(body_);
  if (!event) return absl::DataLossError("the body of a commit is not a list of events");
  return LedgerEvent{.sequence = next_sequence_++, .bytes = *event};
}

}  // namespace realise::peers
