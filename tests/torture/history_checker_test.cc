// A checker that cannot fail proves nothing: here is a history for every anomaly, one change away from a
// right one.
#include "tests/torture/history_checker.h"

#include <algorithm>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/domain/testing/event_builders.h"
#include "tests/support/claim_story.h"
#include "tests/torture/history_index.h"
#include "tests/torture/paper_history.h"

namespace realise::torture {
namespace {

using testing::ClaimQueried;
using testing::ClaimSubmitted;
using testing::ClaimValidated;

constexpr char kMonth[] = "2024/25-M01";

v1::Event Claim(const std::string& id) { return ClaimSubmitted(id, "v0", kMonth, kMonth, 500); }

// Two claims, one validated after a race; a retry, a duplicate, rejections, queries.  Everything is right.
PaperHistory RightHistory() {
  PaperHistory paper;
  const size_t founding = paper.Commit(testing::Founding());                                  // commit 1
  paper.Acknowledge(0, 10, testing::Founding(), founding);                                    // append 0
  const size_t first = paper.Commit({Claim("c-1")});                                          // commit 2
  ExpectVersion(paper.Acknowledge(20, 30, {Claim("c-1")}, first), "claim/c-1", 0);            // append 1
  const size_t batch = paper.Commit({Claim("c-2"), ClaimQueried("c-1")});                     // commit 3
  paper.Call(31, 60, {Claim("c-2"), ClaimQueried("c-1")}, Outcome::kUnknown);                 // append 2
  AppendCall& retry = paper.Acknowledge(61, 70, {Claim("c-2"), ClaimQueried("c-1")}, batch);  // append 3
  for (v1::Appended& appended : *retry.response.mutable_events()) appended.set_already_recorded(true);
  const size_t last = paper.Commit({ClaimValidated("c-1", kMonth, 500)});  // commit 4
  ExpectVersion(paper.Acknowledge(80, 90, {ClaimValidated("c-1", kMonth, 500)}, last), "claim/c-1", 2);  // 4
  AppendCall& beaten = paper.Call(75, 95, {testing::WithId(ClaimQueried("c-1"), "too-late")},
                                  Outcome::kRejected);  // append 5
  ExpectVersion(beaten, "claim/c-1", 2);
  beaten.reason = "WRONG_EXPECTED_VERSION";
  beaten.decided_at = CommitName(last);
  AppendCall& other = paper.Call(100, 110, {testing::OccurredOn(Claim("c-1"), "2023-05-05")},
                                 Outcome::kRejected);  // append 6
  other.reason = "CONFLICTING_DUPLICATE";
  other.decided_at = CommitName(last);
  AppendCall& none = paper.Call(32, 35, {ClaimValidated("none", kMonth, 1)}, Outcome::kRejected);  // append 7
  none.reason = "UNKNOWN_CLAIM";
  none.decided_at = CommitName(first);
  paper.Call(120, 130, {Claim("lost")}, Outcome::kUnknown);                                       // append 8
  paper.Call(120, 121, {Claim("too-much")}, Outcome::kFailed);                                    // append 9
  paper.Query(40, 50, kMonth, first);                                                             // query 0
  paper.Query(100, 110, kMonth, last);                                                            // query 1
  paper.Query(111, 115, kMonth, batch).request.mutable_basis()->set_position(CommitName(batch));  // query 2
  paper.Query(116, 119, kMonth, last).request.mutable_basis()->set_at_least(CommitName(last));    // query 3
  paper.void_behind = {2, 3, 3};
  return paper;
}

std::set<std::string> NamesOf(const CheckedHistory& checked) {
  std::set<std::string> names;
  for (const Finding& finding : checked.findings) names.emplace(AnomalyName(finding.anomaly));
  return names;
}

TEST(HistoryChecker, ARightHistoryPasses) {
  const CheckedHistory checked = RightHistory().Check();
  EXPECT_THAT(NamesOf(checked), ::testing::IsEmpty())
      << (checked.findings.empty() ? "" : checked.findings[0].text);
  EXPECT_EQ(checked.calls, 14u);
  EXPECT_EQ(checked.queries, 4u);
  EXPECT_EQ(checked.rejections, 3u);
  EXPECT_EQ(checked.acknowledged_events, testing::Founding().size() + 4);
  EXPECT_EQ(checked.recorded_unknown, 0u);
}

struct Change {
  Anomaly anomaly;
  std::string what;
  std::function<void(PaperHistory&)> make;
};

std::vector<Change> ChangesOfTheLog() {
  return {
      {Anomaly::kTwice, "a lost retry is recorded as well",
       [](PaperHistory& paper) {
         v1::Event again = paper.commits[3][0];
         again.set_stream_version(2);
         paper.commits.push_back({again});
       }},
      {Anomaly::kVersionGap, "a version is left out",
       [](PaperHistory& paper) { paper.commits[4][0].set_stream_version(4); }},
      {Anomaly::kNobodySent, "an event out of nowhere",
       [](PaperHistory& paper) { paper.Commit({Claim("nobody")}); }},
      {Anomaly::kNobodySent, "what was rejected is recorded",
       [](PaperHistory& paper) { paper.Commit({testing::WithId(ClaimQueried("c-1"), "too-late")}); }},
      {Anomaly::kNobodySent, "what was turned away is recorded",
       [](PaperHistory& paper) { paper.Commit({Claim("too-much")}); }},
      {Anomaly::kOtherContent, "what was sent was changed",
       [](PaperHistory& paper) { paper.commits[3][0].mutable_claim_submitted()->set_amount_pence(501); }},
      {Anomaly::kTornBatch, "half of a batch is lost",
       [](PaperHistory& paper) {
         paper.history.appends.erase(paper.history.appends.begin() + 3);
         paper.commits[3].erase(paper.commits[3].begin());
       }},
      {Anomaly::kTornBatch, "a batch in two commits",
       [](PaperHistory& paper) {
         paper.commits.insert(paper.commits.begin() + 4, {paper.commits[3][1]});
         paper.commits[3].pop_back();
       }},
      {Anomaly::kLost, "an acknowledged event is gone",
       [](PaperHistory& paper) { paper.commits.pop_back(); }},
      {Anomaly::kLost, "its place was taken by what came later",
       [](PaperHistory& paper) {
         paper.commits[2][0] = Claim("lost");
         paper.commits[2][0].set_stream_version(1);
       }},
      {Anomaly::kOutOfOrder, "what was acknowledged first stands last",
       [](PaperHistory& paper) { std::swap(paper.commits[2], paper.commits[4]); }},
      {Anomaly::kWrongVersion, "a lost call is recorded against its expectations",
       [](PaperHistory& paper) {
         ExpectVersion(paper.history.appends[8], "claim/c-1", 1);
         paper.Commit({Claim("lost")});
       }},
  };
}

std::vector<Change> ChangesOfAppends() {
  return {
      {Anomaly::kElsewhere, "told at another sequence",
       [](PaperHistory& paper) { paper.history.appends[1].response.mutable_events(0)->set_sequence(1); }},
      {Anomaly::kElsewhere, "told at another version",
       [](PaperHistory& paper) {
         paper.history.appends[1].response.mutable_events(0)->set_stream_version(2);
       }},
      {Anomaly::kElsewhere, "an answer with an event too few",
       [](PaperHistory& paper) { paper.history.appends[3].response.mutable_events()->RemoveLast(); }},
      {Anomaly::kBadReceipt, "a receipt of no commit",
       [](PaperHistory& paper) {
         paper.history.appends[1].response.set_receipt("RH5@1#" + std::string(64, '0'));
       }},
      {Anomaly::kBadReceipt, "the receipt of another commit",
       [](PaperHistory& paper) { paper.history.appends[1].response.set_receipt(CommitName(3)); }},
      {Anomaly::kBadReceipt, "a rejection at no commit",
       [](PaperHistory& paper) { paper.history.appends[5].decided_at = "RH5@3"; }},
      {Anomaly::kWrongVersion, "accepted against the expected version",
       [](PaperHistory& paper) {
         paper.history.appends[4].request.mutable_expected_versions(0)->set_version(1);
       }},
      {Anomaly::kWrongVersion, "accepted against the expected version of a stream it does not write",
       [](PaperHistory& paper) { ExpectVersion(paper.history.appends[4], "claim/c-2", 0); }},
      {Anomaly::kOutOfOrder, "told to be new, and stands before what was told earlier",
       [](PaperHistory& paper) {
         AppendCall& retry = paper.history.appends[3];
         retry.times.invoked = AtMs(91);
         retry.times.ended = AtMs(92);
         for (v1::Appended& appended : *retry.response.mutable_events()) appended.set_already_recorded(false);
       }},
      {Anomaly::kOutOfOrder, "a figure was told before the event that it leaves out, which stands before it",
       [](PaperHistory& paper) {
         paper.history.queries[0] = paper.Query(70, 72, kMonth, 4);
         paper.history.queries.pop_back();
       }},
      {Anomaly::kFromTheFuture, "acknowledged behind what nobody had sent",
       [](PaperHistory& paper) {
         paper.history.appends[4].times.invoked = AtMs(10);
         paper.history.appends[4].times.ended = AtMs(30);
       }},
      {Anomaly::kStaleRead, "decided on less than was asked for",
       [](PaperHistory& paper) { paper.history.appends[1].request.set_at_least(CommitName(3)); }},
  };
}

std::vector<Change> ChangesOfRejections() {
  return {
      {Anomaly::kUnfoundedRejection, "the stream was at the expected version",
       [](PaperHistory& paper) {
         paper.history.appends[5].request.mutable_expected_versions(0)->set_version(3);
       }},
      {Anomaly::kUnfoundedRejection, "it was at that version where the rejection says it was decided",
       [](PaperHistory& paper) { paper.history.appends[5].decided_at = CommitName(3); }},
      {Anomaly::kUnfoundedRejection, "the content is the same",
       [](PaperHistory& paper) { *paper.history.appends[6].request.mutable_events(0) = Claim("c-1"); }},
      {Anomaly::kUnfoundedRejection, "nothing of that id is recorded",
       [](PaperHistory& paper) { paper.history.appends[6].request.mutable_events(0)->set_id("other"); }},
      {Anomaly::kUnfoundedRejection, "the claim is known",
       [](PaperHistory& paper) {
         *paper.history.appends[7].request.mutable_events(0) = ClaimValidated("c-1", kMonth, 1);
       }},
      {Anomaly::kUnfoundedRejection, "a reason for which there is no cause",
       [](PaperHistory& paper) { paper.history.appends[7].reason = "PERIOD_CLOSED"; }},
      {Anomaly::kStaleRejection, "the same server had told more",
       [](PaperHistory& paper) {
         paper.history.appends[7].times.invoked = AtMs(100);
         paper.history.appends[7].times.ended = AtMs(110);
       }},
      {Anomaly::kStaleRejection, "more had been told before the server was started",
       [](PaperHistory& paper) {
         AppendCall& rejected = paper.history.appends[7];
         rejected.times = {"late", "ingest-2#1", AtMs(100), AtMs(110), AtMs(120)};
       }},
      {Anomaly::kStaleRead, "rejected on less than was asked for",
       [](PaperHistory& paper) { paper.history.appends[7].request.set_at_least(CommitName(3)); }},
      {Anomaly::kFromTheFuture, "rejected because of what nobody had sent",
       [](PaperHistory& paper) {
         paper.history.appends[5].times.invoked = AtMs(75);
         paper.history.appends[5].times.ended = AtMs(79);
       }},
  };
}

std::vector<Change> ChangesOfQueries() {
  return {
      {Anomaly::kBadReceipt, "an answer at no commit",
       [](PaperHistory& paper) { paper.history.queries[0].response.mutable_basis()->set_receipt("RH5@4"); }},
      {Anomaly::kStaleRead, "an answer before what it was to wait for",
       [](PaperHistory& paper) {
         QueryCall& stale = paper.Query(116, 119, kMonth, 2);
         stale.request.mutable_basis()->set_at_least(CommitName(4));
       }},
      {Anomaly::kWentBack, "an answer before the one before",
       [](PaperHistory& paper) { paper.Query(116, 119, kMonth, 2); }},
      {Anomaly::kOtherBasis, "an answer as at another position",
       [](PaperHistory& paper) {
         paper.history.queries[2].request.mutable_basis()->set_position(CommitName(2));
       }},
      {Anomaly::kOtherBasis, "an answer recorded after the time that was asked for",
       [](PaperHistory& paper) {
         paper.Query(116, 119, kMonth, 4).request.mutable_basis()->set_time("2023-11-14T22:13:19Z");
       }},
      {Anomaly::kOtherBasis, "an answer before the last commit by the time that was asked for",
       [](PaperHistory& paper) {
         paper.Query(116, 119, kMonth, 2).request.mutable_basis()->set_time("2023-11-14T22:13:21Z");
       }},
      {Anomaly::kFromTheFuture, "a figure with what nobody had sent",
       [](PaperHistory& paper) { paper.Query(65, 69, kMonth, 4); }},
      {Anomaly::kNotAPrefix, "a penny too much",
       [](PaperHistory& paper) {
         v1::SavingsAmounts& amounts =
             *paper.history.queries[1].response.mutable_boards(0)->mutable_net_cash();
         amounts.set_in_month_pence(amounts.in_month_pence() + 1);
       }},
      {Anomaly::kNotAPrefix, "figures of a position before",
       [](PaperHistory& paper) {
         paper.history.queries[1].response.mutable_basis()->set_receipt(CommitName(3));
       }},
      {Anomaly::kNotAPrefix, "a board is missing",
       [](PaperHistory& paper) { paper.history.queries[1].response.mutable_boards()->RemoveLast(); }},
  };
}

std::vector<Change> AllChanges() {
  std::vector<Change> all = ChangesOfTheLog();
  for (const auto& more : {ChangesOfAppends(), ChangesOfRejections(), ChangesOfQueries()}) {
    all.insert(all.end(), more.begin(), more.end());
  }
  return all;
}

TEST(HistoryChecker, EveryAnomalyIsFound) {
  std::set<std::string> found{"DAMAGED_COMMIT"};  // it has a test of its own
  for (const Change& change : AllChanges()) {
    SCOPED_TRACE(change.what);
    PaperHistory paper = RightHistory();
    change.make(paper);
    const std::string name(AnomalyName(change.anomaly));
    EXPECT_THAT(NamesOf(paper.Check()), ::testing::Contains(name));
    found.insert(name);
  }
  for (size_t i = 0; i <= static_cast<size_t>(kLastAnomaly); ++i) {
    EXPECT_EQ(found.count(std::string(AnomalyName(static_cast<Anomaly>(i)))), 1u)
        << AnomalyName(static_cast<Anomaly>(i)) << " has no history that shows it";
  }
}

TEST(HistoryChecker, AValidCommitWithAnotherBodyIsFound) {
  PaperHistory paper = RightHistory();
  std::vector<std::string> records = paper.Records();
  std::string& last = records.back();
  last.back() = static_cast<char>(last.back() ^ 0x80);
  last[last.size() - 2] = static_cast<char>(0xff);
  const LogReading reading = ReadLog(kPaperLedger, records);
  EXPECT_EQ(reading.commits.size(), paper.commits.size());
  EXPECT_THAT(NamesOf(CheckHistory(paper.history, reading)), ::testing::Contains("DAMAGED_COMMIT"));
}

TEST(HistoryChecker, ALostCallMayTurnUpLater) {
  PaperHistory paper = RightHistory();
  paper.Commit({Claim("lost")});
  const CheckedHistory checked = paper.Check();
  EXPECT_THAT(NamesOf(checked), ::testing::IsEmpty());
  EXPECT_EQ(checked.recorded_unknown, 1u);
}

// Another writer may not know yet what was told elsewhere, unless that is asked for.
TEST(HistoryChecker, ARejectionBehindAnotherServerIsCountedAndFoundIfItIsAskedFor) {
  PaperHistory paper = RightHistory();
  AppendCall& rejected = paper.history.appends[7];
  rejected.times = {"other", "ingest-2#1", Moment{}, AtMs(100), AtMs(110)};
  const CheckedHistory checked = paper.Check();
  EXPECT_THAT(NamesOf(checked), ::testing::IsEmpty());
  EXPECT_EQ(checked.rejections_behind, 1u);
  EXPECT_THAT(NamesOf(paper.Check({.rejections_are_current = true})),
              ::testing::ElementsAre("STALE_REJECTION"));
}

TEST(LogReading, CountsVoidRecordsAndTakeovers) {
  const LogReading reading = ReadLog(kPaperLedger, RightHistory().Records());
  EXPECT_EQ(reading.commits.size(), 5u);
  EXPECT_EQ(reading.void_records, 3u);
  EXPECT_EQ(reading.takeovers, 0u);
}

TEST(LogReading, GoesOnBehindWhatTheRuleMakesVoid) {
  std::vector<std::string> records = RightHistory().Records();
  const LogReading right = ReadLog(kPaperLedger, records);
  records.insert(records.begin() + 2, "no commit at all");
  records.insert(records.begin() + 3, records[0]);  // doubled on its way
  std::string later = records.back();
  later[8] = 'x';  // of another ledger
  records.insert(records.end() - 1, later);
  const LogReading reading = ReadLog(kPaperLedger, records);
  EXPECT_EQ(reading.commits.size(), right.commits.size());
  EXPECT_EQ(reading.commits.back().receipt, right.commits.back().receipt);
  EXPECT_EQ(reading.void_records, right.void_records + 3);
}

}  // namespace
}  // namespace realise::torture
