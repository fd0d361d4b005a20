#include "libs/event_log/commit_chain.h"

#include <set>
#include <string>
#include <vector>

#include "fmt/format.h"
#include "gtest/gtest.h"
#include "libs/base/sha256.h"
#include "rapidcheck.h"
#include "tests/support/commit_building.h"

namespace realise {
namespace {

Verdict OfferStored(CommitChain& chain, const std::string& stored) {
  return chain.Offer(DecodeCommit(stored), Sha256(stored));
}

// One of two writers: what it has read of the log, and the head that it believes in, with what it has under
// way.
struct Writer {
  CommitChain read;
  size_t position = 0;
  ChainHead believed;
};

// What two writers leave in a log that loses and doubles records, drawn at random.
std::vector<std::string> RacingWritersLog() {
  std::vector<std::string> log = {FirstCommit()};
  Writer writers[2];
  const int steps = *rc::gen::inRange(1, 60);
  for (int step = 0; step < steps; ++step) {
    const auto who = *rc::gen::inRange<uint8_t>(0, 2);
    Writer& writer = writers[who];
    if (step < 2 || *rc::gen::inRange(0, 4) == 0) {
      for (; writer.position < log.size(); ++writer.position) OfferStored(writer.read, log[writer.position]);
      writer.believed = *writer.read.head();
    }
    if (!writer.read.head()) continue;
    const auto events = *rc::gen::inRange<uint32_t>(0, 3);
    const std::string stored = EncodeCommit(HeaderOn(writer.believed, events, who), fmt::format("{}", step));
    CommitChain own(writer.believed);
    OfferStored(own, stored);
    writer.believed = *own.head();
    const int copies = *rc::gen::element(0, 1, 1, 1, 1, 1, 2);
    for (int i = 0; i < copies; ++i) log.push_back(stored);
  }
  return log;
}

TEST(CommitChain, JudgesEachCommitByTheOneRule) {
  const std::string first = FirstCommit();
  CommitChain begun;
  ASSERT_EQ(OfferStored(begun, first), Verdict::kValid);
  const ChainHead head = *begun.head();

  const CommitHeader good = HeaderOn(head, /*event_count=*/2);
  CommitHeader other_ledger = good;
  other_ledger.ledger_id.bytes[3] ^= 1;
  CommitHeader other_previous = good;
  other_previous.previous.bytes[31] ^= 1;
  CommitHeader ahead = good;
  ahead.first_sequence += 1;
  CommitHeader same_time = good;
  same_time.recorded_at = head.recorded_at;
  CommitHeader back_in_time = good;
  back_in_time.recorded_at = head.recorded_at - std::chrono::hours(1);
  CommitHeader corrected = back_in_time;
  corrected.flags = kFlagClockCorrection;
  CommitHeader correction_elsewhere = corrected;
  correction_elsewhere.previous = Digest{};
  CommitHeader all_wrong = other_ledger;
  all_wrong.previous = Digest{};
  all_wrong.first_sequence = 99;
  all_wrong.recorded_at = {};

  const struct {
    const char* what;
    std::string stored;
    Verdict verdict;
  } kRows[] = {
      {"good", EncodeCommit(good, "two"), Verdict::kValid},
      {"cut short", EncodeCommit(good, "two").substr(0, 50), Verdict::kUndecodable},
      {"nothing", "", Verdict::kUndecodable},
      {"other ledger", EncodeCommit(other_ledger, ""), Verdict::kOtherLedger},
      {"other previous", EncodeCommit(other_previous, ""), Verdict::kOtherPrevious},
      {"the first again", first, Verdict::kOtherPrevious},
      {"sequence ahead", EncodeCommit(ahead, ""), Verdict::kOtherSequence},
      {"same time", EncodeCommit(same_time, ""), Verdict::kTimeNotRising},
      {"back in time", EncodeCommit(back_in_time, ""), Verdict::kTimeNotRising},
      {"clock correction", EncodeCommit(corrected, ""), Verdict::kValid},
      {"clock correction elsewhere", EncodeCommit(correction_elsewhere, ""), Verdict::kOtherPrevious},
      {"all wrong: the ledger is named first", EncodeCommit(all_wrong, ""), Verdict::kOtherLedger},
  };
  std::set<Verdict> seen;
  for (const auto& row : kRows) {
    CommitChain chain(head);
    EXPECT_EQ(OfferStored(chain, row.stored), row.verdict) << row.what;
    EXPECT_EQ(chain.head() == head, row.verdict != Verdict::kValid) << row.what;
    seen.insert(row.verdict);
  }
  EXPECT_EQ(seen.size(), 6U) << "each verdict has a row";
}

TEST(CommitChain, AValidCommitBecomesTheHead) {
  CommitChain chain;
  EXPECT_FALSE(chain.head());
  const std::string first = FirstCommit();
  ASSERT_EQ(OfferStored(chain, first), Verdict::kValid);
  EXPECT_EQ(chain.head()->next_sequence, 1U);
  EXPECT_EQ(chain.head()->digest, Sha256(first));
  const CommitHeader header = HeaderOn(*chain.head(), /*event_count=*/3);
  const std::string second = EncodeCommit(header, "three");
  ASSERT_EQ(OfferStored(chain, second), Verdict::kValid);
  EXPECT_EQ(chain.head()->next_sequence, 4U);
  EXPECT_EQ(chain.head()->digest, Sha256(second));
  EXPECT_EQ(chain.head()->recorded_at, header.recorded_at);
}

TEST(CommitChain, OnlyABeginningFoundsALedger) {
  CommitChain chain;
  CommitHeader header;
  header.previous.bytes[0] = 1;
  EXPECT_EQ(OfferStored(chain, EncodeCommit(header, "")), Verdict::kOtherPrevious);
  header.previous = {};
  header.first_sequence = 2;
  EXPECT_EQ(OfferStored(chain, EncodeCommit(header, "")), Verdict::kOtherSequence);
  EXPECT_FALSE(chain.head());
  header.first_sequence = 1;
  header.flags = kFlagDemonstration;
  EXPECT_EQ(OfferStored(chain, EncodeCommit(header, "")), Verdict::kValid);
  EXPECT_TRUE(chain.head()->demonstration);
}

TEST(CommitChain, ALaterCommitDoesNotMakeALedgerADemonstration) {
  CommitChain chain;
  ASSERT_EQ(OfferStored(chain, FirstCommit()), Verdict::kValid);
  CommitHeader header = HeaderOn(*chain.head(), 0);
  header.flags = kFlagDemonstration;
  ASSERT_EQ(OfferStored(chain, EncodeCommit(header, "")), Verdict::kValid);
  EXPECT_FALSE(chain.head()->demonstration);
}

TEST(CommitChain, NamesEveryVerdict) {
  EXPECT_EQ(VerdictName(Verdict::kValid), "valid");
  EXPECT_EQ(VerdictName(Verdict::kUndecodable), "undecodable");
  EXPECT_EQ(VerdictName(Verdict::kOtherLedger), "other_ledger");
  EXPECT_EQ(VerdictName(Verdict::kOtherPrevious), "other_previous");
  EXPECT_EQ(VerdictName(Verdict::kOtherSequence), "other_sequence");
  EXPECT_EQ(VerdictName(Verdict::kTimeNotRising), "time_not_rising");
}

// Two writers pipeline into one log, each on the history that it has read so far plus what it has under way;
// records are lost and doubled.  Whoever reads the log, from wherever, comes to the same verdicts, and the
// valid ones are one chain.
TEST(CommitChain, ReadersThatStartAnywhereAgree) {
  EXPECT_TRUE(rc::check("all readers agree", [] {
    const std::vector<std::string> log = RacingWritersLog();
    CommitChain reference;
    std::vector<Verdict> verdicts;
    std::vector<std::optional<ChainHead>> heads = {std::nullopt};
    Digest last;
    Sequence next = 1;
    for (const std::string& stored : log) {
      verdicts.push_back(OfferStored(reference, stored));
      heads.push_back(reference.head());
      if (verdicts.back() != Verdict::kValid) continue;
      const auto commit = DecodeCommit(stored);
      RC_ASSERT(commit->header.previous == last);
      RC_ASSERT(commit->header.first_sequence == next);
      last = Sha256(stored);
      next = commit->header.LastSequence() + 1;
    }
    const auto from = *rc::gen::inRange<size_t>(0, log.size());
    CommitChain late = heads[from] ? CommitChain(*heads[from]) : CommitChain();
    for (size_t i = from; i < log.size(); ++i) RC_ASSERT(OfferStored(late, log[i]) == verdicts[i]);
    RC_ASSERT(late.head() == reference.head());
  }));
}

}  // namespace
}  // namespace realise
