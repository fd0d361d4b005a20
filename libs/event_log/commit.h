// The bytes of a commit.  Their grammar, frozen for ever, stands in proto/realise/v1/commit.proto.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "libs/base/calendar.h"
#include "libs/base/ids.h"

namespace realise {

inline constexpr uint32_t kCommitEventsMax = 1000;
inline constexpr size_t kEventBytesMax = 64 * 1024;
inline constexpr size_t kCommitBodyBytesMax = 512 * 1024;
inline constexpr size_t kCommitHeaderBytes = 100;

// Bits of CommitHeader::flags; a commit with any other bit does not decode.
inline constexpr uint32_t kFlagClockCorrection = 1;  // recorded_at may go back
inline constexpr uint32_t kFlagDemonstration = 2;    // in a ledger's first commit: its times are simulated

struct CommitHeader {
  LedgerId ledger_id;
  Digest previous;  // zero in the first commit
  WriterId writer;
  Sequence first_sequence = 1;  // of the first event, or of the next one if there is none
  uint32_t event_count = 0;
  uint32_t flags = 0;
  Instant recorded_at{};

  // The sequence of the last event up to here.
  Sequence LastSequence() const { return first_sequence + event_count - 1; }
  friend bool operator==(const CommitHeader&, const CommitHeader&) = default;
};

// A decoded commit; `body` points into the stored bytes that it was decoded from.
struct CommitView {
  CommitHeader header;
  std::string_view body;
};

// The stored bytes.  REQUIRES: event_count and body within the limits above.
[[nodiscard]] std::string EncodeCommit(const CommitHeader& header, std::string_view body);

// Nothing if the header does not decode: wrong magic, length, limits, or an unknown flag.  The body is not
// looked at.
[[nodiscard]] std::optional<CommitView> DecodeCommit(std::string_view stored);

}  // namespace realise
