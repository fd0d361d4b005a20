// The one rule of the log, which every reader applies alone: a commit is valid if, and only if, its header
// decodes and names this ledger's id, its `previous` is the digest of the last valid commit, its sequence
// follows, and its recorded_at rises or it is a flagged clock correction.  Any other is void, and is passed
// over.
//
// Pure: no I/O, no clock.  Not thread-safe.
#pragma once

#include <optional>
#include <string_view>

#include "libs/base/ids.h"
#include "libs/event_log/commit.h"

namespace realise {

enum class Verdict {
  kValid,
  kUndecodable,
  kOtherLedger,
  kOtherPrevious,
  kOtherSequence,
  kTimeNotRising,
};

// "valid", "undecodable", "other_ledger" ...
[[nodiscard]] std::string_view VerdictName(Verdict verdict);

// The end of the valid history.
struct ChainHead {
  LedgerId ledger_id;
  Digest digest;               // of the last valid commit's stored bytes
  Sequence next_sequence = 1;  // of the next event
  Instant recorded_at{};       // of the last valid commit
  bool demonstration = false;

  friend bool operator==(const ChainHead&, const ChainHead&) = default;
};

class CommitChain {
 public:
  // Before a ledger's first commit: the first that decodes, has no `previous` and begins at sequence 1 founds
  // it.
  CommitChain() = default;
  // Going on behind `head`.
  explicit CommitChain(const ChainHead& head) : head_(head) {}

  // Judges the next record of the log.  `commit` has to be what DecodeCommit(stored) gave, and `digest`
  // Sha256(stored). A valid one becomes the head.
  Verdict Offer(const std::optional<CommitView>& commit, const Digest& digest);

  // Nothing before the first commit.
  const std::optional<ChainHead>& head() const { return head_; }

 private:
  std::optional<ChainHead> head_;
};

}  // namespace realise
