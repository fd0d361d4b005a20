#include "libs/event_log/commit_chain.h"

#include "libs/base/sabotage.h"

namespace realise {
namespace {

Verdict Judge(const std::optional<ChainHead>& head, const std::optional<CommitView>& commit) {
  if (!commit) return Verdict::kUndecodable;
  const CommitHeader& header = commit->header;
  if (head && header.ledger_id != head->ledger_id) return Verdict::kOtherLedger;
  const Digest previous = head ? head->digest : Digest{};
  if (header.previous != previous && !Sabotaged("accept_other_previous")) return Verdict::kOtherPrevious;
  if (header.first_sequence != (head ? head->next_sequence : 1)) return Verdict::kOtherSequence;
  const bool correction = (header.flags & kFlagClockCorrection) != 0;
  if (head && header.recorded_at <= head->recorded_at && !correction) return Verdict::kTimeNotRising;
  return Verdict::kValid;
}

}  // namespace

std::string_view VerdictName(Verdict verdict) {
  switch (verdict) {
    case Verdict::kValid:
      return "valid";
    case Verdict::kUndecodable:
      return "undecodable";
    case Verdict::kOtherLedger:
      return "other_ledger";
    case Verdict::kOtherPrevious:
      return "other_previous";
    case Verdict::kOtherSequence:
      return "other_sequence";
    case Verdict::kTimeNotRising:
      return "time_not_rising";
  }
  return "unknown";
}

Verdict CommitChain::Offer(const std::optional<CommitView>& commit, const Digest& digest) {
  const Verdict verdict = Judge(head_, commit);
  if (verdict != Verdict::kValid) return verdict;
  const CommitHeader& header = commit->header;
  head_ = ChainHead{
      .ledger_id = header.ledger_id,
      .digest = digest,
      .next_sequence = header.LastSequence() + 1,
      .recorded_at = header.recorded_at,
      .demonstration = head_ ? head_->demonstration : (header.flags & kFlagDemonstration) != 0,
  };
  return verdict;
}

}  // namespace realise
