// Commits: whatever bytes lie in a log, decoding them is defined, and the one rule of the chain is applied.
#include <optional>

#include "libs/base/sha256.h"
#include "libs/event_log/commit.h"
#include "libs/event_log/commit_chain.h"
#include "realise/v1/commit.pb.h"
#include "tests/fuzz/fuzz_target.h"

namespace realise::fuzz {
namespace {

constexpr int kCommitsMax = 12;

void DecodeAlone(std::string_view stored) {
  const std::optional<CommitView> commit = DecodeCommit(stored);
  if (!commit) return;
  Require(EncodeCommit(commit->header, commit->body) == stored, "a commit that decodes encodes to its bytes");
  v1::CommitBody body;
  static_cast<void>(body.ParseFromArray(commit->body.data(), static_cast<int>(commit->body.size())));
}

// A header that follows `head`, or founds a ledger; then each bit of `changes` spoils one field.
CommitHeader MakeHeader(const std::optional<ChainHead>& head, uint8_t changes, Input& input) {
  CommitHeader header;
  header.ledger_id.bytes[0] = 7;
  header.recorded_at = Instant(std::chrono::microseconds(1'700'000'000'000'000));
  if (head) {
    header.ledger_id = head->ledger_id;
    header.previous = head->digest;
    header.first_sequence = head->next_sequence;
    header.recorded_at = head->recorded_at + std::chrono::microseconds(1);
  }
  header.event_count = input.TakeByte();
  if ((changes & 1) != 0) header.ledger_id.bytes[input.TakeByte() % 16] ^= input.TakeByte();
  if ((changes & 2) != 0) header.previous.bytes[input.TakeByte() % 32] ^= input.TakeByte();
  if ((changes & 4) != 0) header.first_sequence = input.TakeNumber<uint64_t>() | 1;
  if ((changes & 8) != 0)
    header.recorded_at = Instant(std::chrono::microseconds(input.TakeNumber<int64_t>()));
  if ((changes & 16) != 0) header.flags = input.TakeByte() & (kFlagClockCorrection | kFlagDemonstration);
  return header;
}

// The rule once more, in the words of the contract.
bool IsNext(const std::optional<ChainHead>& head, const std::optional<CommitView>& commit) {
  if (!commit) return false;
  const CommitHeader& header = commit->header;
  if (!head) return header.previous.IsZero() && header.first_sequence == 1;
  const bool corrects = (header.flags & kFlagClockCorrection) != 0;
  return header.ledger_id == head->ledger_id && header.previous == head->digest &&
         header.first_sequence == head->next_sequence && (corrects || header.recorded_at > head->recorded_at);
}

void OfferRecords(Input input) {
  CommitChain chain;
  for (int i = 0; i < kCommitsMax && !input.empty(); ++i) {
    const uint8_t changes = input.TakeByte();
    const std::optional<ChainHead> before = chain.head();
    const CommitHeader header = MakeHeader(before, changes, input);
    std::string stored = EncodeCommit(header, input.Take(input.TakeByte() % 32));
    if ((changes & 32) != 0) {
      char& changed = stored[input.TakeByte() % stored.size()];
      changed = static_cast<char>(changed ^ input.TakeByte());
    }
    if ((changes & 64) != 0) stored.resize(input.TakeByte());
    const std::optional<CommitView> commit = DecodeCommit(stored);
    const Digest digest = Sha256(stored);
    CommitChain resumed = before ? CommitChain(*before) : CommitChain();
    const Verdict verdict = chain.Offer(commit, digest);
    Require((verdict == Verdict::kValid) == IsNext(before, commit), "a commit is valid by the rule alone");
    Require(resumed.Offer(commit, digest) == verdict && resumed.head() == chain.head(),
            "who goes on behind a head judges as who read it all");
    if (verdict != Verdict::kValid) {
      Require(chain.head() == before, "a void commit changes nothing");
    } else {
      Require(chain.head()->digest == digest &&
                  chain.head()->next_sequence == commit->header.first_sequence + commit->header.event_count,
              "a valid commit is the head");
    }
  }
}

}  // namespace
}  // namespace realise::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const realise::fuzz::Input input(data, size);
  realise::fuzz::DecodeAlone(input.rest());
  realise::fuzz::OfferRecords(input);
  return 0;
}
