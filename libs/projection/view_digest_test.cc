// Replicas that have folded the same log have the same digests, and give the same answers, however they
// folded it; one that holds anything else is found, with the account and the event.
#include "libs/projection/view_digest.h"

#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "libs/domain/testing/event_builders.h"
#include "libs/projection/answers.h"
#include "libs/projection/projection.h"
#include "libs/projection/testing/limited_log.h"
#include "libs/projection/testing/recorded_ledger.h"
#include "rocksdb/env.h"

namespace realise {
namespace {

using std::chrono::milliseconds;

absl::Status GoOn() { return absl::OkStatus(); }

struct Chunks {
  size_t catch_up_bytes = 0;
  size_t chunk_bytes = 0;
};

// A projection of its own, on a disk of its own.
class Replica {
 public:
  explicit Replica(EventLog& log, const Chunks& chunks = {4 << 20, 64 << 20}) : log_(log), chunks_(chunks) {
    Open();
  }

  void Open() {
    projection_.reset();
    ProjectionOptions options{.path = "/views", .env = env_.get()};
    options.catch_up_bytes = chunks_.catch_up_bytes;
    options.chunk_bytes = chunks_.chunk_bytes;
    options.look_again = milliseconds(20);
    auto projection = Projection::Open(log_, options);
    EXPECT_TRUE(projection.ok()) << projection.status();
    projection_ = std::move(*projection);
  }
  Projection& projection() { return *projection_; }

  ViewDigest DigestAt(const std::string& position) {
    const auto digest = projection_->DigestOf("AA1", {.position = Receipt::Parse(position)}, &GoOn);
    EXPECT_TRUE(digest.ok()) << position << " " << digest.status();
    return digest.ok() ? *digest : ViewDigest();
  }
  std::vector<AccountDigest> AccountsAt(Sequence up_to, size_t page = 1000) {
    std::vector<AccountDigest> all;
    AccountDigestScope scope{.up_to = up_to, .only = "", .after = "", .count_max = page};
    while (true) {
      const auto some = projection_->AccountDigestsOf("AA1", scope, &GoOn);
      EXPECT_TRUE(some.ok()) << some.status();
      all.insert(all.end(), some->begin(), some->end());
      if (some->size() < page) return all;
      scope.after = some->back().account;
    }
  }
  std::string SavingsAt(const std::string& position) {
    const auto source = projection_->Snapshot("AA1");
    v1::QuerySavingsRequest request;
    request.set_ledger("AA1");
    request.mutable_basis()->set_position(position);
    const auto answer = AnswerSavings(**source, request);
    return answer.ok() ? answer->SerializeAsString() : answer.status().ToString();
  }

  // Changes one row of the store by hand.
  void Change(ViewTable table, size_t nth, const std::function<std::string(const std::string&)>& change) {
    projection_.reset();
    {
      const auto store = ViewStore::Open({.path = "/views", .env = env_.get()});
      ASSERT_TRUE(store.ok()) << store.status();
      const auto snapshot = (*store)->Snapshot();
      const std::string prefix = ViewKeyspace{kFoldVersion, 1}.Table(table);
      snapshot->Seek(prefix);
      for (size_t i = 0; i < nth; ++i) snapshot->Next();
      ASSERT_TRUE(snapshot->On(prefix));
      ViewRows rows;
      rows.Put(snapshot->key(), change(std::string(snapshot->value())));
      ASSERT_TRUE((*store)->Write(rows).ok());
    }
    Open();
  }

 private:
  EventLog& log_;
  const Chunks chunks_;
  const std::unique_ptr<rocksdb::Env> env_{rocksdb::NewMemEnv(rocksdb::Env::Default())};
  std::unique_ptr<Projection> projection_;
};

bool SameParts(const ViewDigest& a, const ViewDigest& b) {
  return a.commits == b.commits && a.facts == b.facts && a.accounts == b.accounts && a.Whole() == b.Whole();
}

class ViewDigestTest : public ::testing::Test {
 protected:
  ViewDigestTest() {
    seed_ = static_cast<uint64_t>(::testing::UnitTest::GetInstance()->random_seed()) + 47;
    ledger_.CommitHistory(testing::Numbered(testing::RandomHistory(seed_, 250)), seed_);
  }

  uint64_t seed_ = 0;
  testing::MemoryLog memory_;
  testing::RecordedLedger ledger_{memory_.log(), "AA1"};
};

TEST_F(ViewDigestTest, IsTheSameHoweverTheRowsWereWritten) {
  SCOPED_TRACE(::testing::Message() << "seed " << seed_);
  Replica caught_up(memory_.log(), {0, 64 << 20});
  ASSERT_TRUE(caught_up.projection().RunOnce().ok());
  for (const Chunks& chunks : std::vector<Chunks>{{1 << 20, 1}, {0, 1}, {700, 2000}}) {
    testing::LimitedLog limited(memory_.log());
    Replica live(limited, chunks);
    for (size_t shown = 0; shown <= ledger_.records(); shown += 1 + shown % 7) {
      limited.Show(static_cast<Address>(shown));
      ASSERT_TRUE(live.projection().RunOnce().ok());
      const auto latest = live.projection().Snapshot("AA1");
      if (!latest.ok()) continue;
      // The one that is ahead, asked for where the other is: with the receipt, for empty commits share their
      // end.
      const CommitEnd end = (*latest)->Latest();
      const std::string receipt = Receipt{"AA1", end.sequence, end.digest}.ToString();
      ASSERT_TRUE(SameParts(live.DigestAt(receipt), caught_up.DigestAt(receipt))) << receipt;
      ASSERT_EQ(live.SavingsAt(receipt), caught_up.SavingsAt(receipt));
    }
  }
}

TEST_F(ViewDigestTest, DiffersFromPositionToPosition) {
  SCOPED_TRACE(::testing::Message() << "seed " << seed_);
  Replica replica(memory_.log());
  ASSERT_TRUE(replica.projection().RunOnce().ok());
  std::vector<std::string> digests;
  for (Sequence at = 0; at <= ledger_.last(); at += 5) {
    digests.push_back(ToHex(replica.DigestAt("AA1@" + std::to_string(at)).Whole().view()));
  }
  std::sort(digests.begin(), digests.end());
  // Positions within one commit may be the same, if nothing was posted between them.
  EXPECT_GT(std::unique(digests.begin(), digests.end()) - digests.begin(), 20);
}

TEST_F(ViewDigestTest, OfAccountsIsTheSamePageByPage) {
  Replica replica(memory_.log());
  ASSERT_TRUE(replica.projection().RunOnce().ok());
  const auto all = replica.AccountsAt(ledger_.last());
  const auto in_pages = replica.AccountsAt(ledger_.last(), 2);
  ASSERT_GT(all.size(), 3u);
  ASSERT_EQ(all.size(), in_pages.size());
  for (size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(all[i].account, in_pages[i].account);
    EXPECT_EQ(all[i].digest, in_pages[i].digest);
  }
  EXPECT_EQ(replica.DigestAt("AA1@" + std::to_string(ledger_.last())).account_count, all.size());
  EXPECT_TRUE(replica.AccountsAt(0).empty());
}

TEST_F(ViewDigestTest, APostingThatWasChangedByHandIsFoundFromItsEventOn) {
  SCOPED_TRACE(::testing::Message() << "seed " << seed_);
  Replica one(memory_.log()), other(memory_.log());
  ASSERT_TRUE(one.projection().RunOnce().ok() && other.projection().RunOnce().ok());
  other.Change(ViewTable::kPostings, 3, [](const std::string& row) {
    std::string_view behind_first = row;
    const auto first = TakePosting(behind_first, 0);
    std::string changed;
    AppendPosting(changed, 0, {0, first->cell, first->delta < 0 ? first->delta - 1 : first->delta + 1});
    return changed.append(behind_first);
  });
  const auto at = [&](Sequence sequence) { return "AA1@" + std::to_string(sequence); };
  const ViewDigest good = one.DigestAt(at(ledger_.last())), bad = other.DigestAt(at(ledger_.last()));
  EXPECT_EQ(good.commits, bad.commits);
  EXPECT_EQ(good.facts, bad.facts);
  EXPECT_NE(good.accounts, bad.accounts);
  EXPECT_NE(good.Whole(), bad.Whole());
  const auto accounts = one.AccountsAt(ledger_.last()), bad_accounts = other.AccountsAt(ledger_.last());
  int different = 0;
  for (size_t i = 0; i < accounts.size(); ++i) different += accounts[i].digest != bad_accounts[i].digest;
  EXPECT_EQ(different, 1);
  // Once it differs it does so from there on.
  bool differs = false;
  for (Sequence sequence = 0; sequence <= ledger_.last(); ++sequence) {
    const bool now = one.DigestAt(at(sequence)).accounts != other.DigestAt(at(sequence)).accounts;
    EXPECT_GE(now, differs) << sequence;
    differs = now;
  }
  EXPECT_TRUE(differs);
}

TEST_F(ViewDigestTest, FactsAndCommitsThatWereChangedByHandAreFound) {
  Replica one(memory_.log()), facts(memory_.log()), commits(memory_.log());
  for (Replica* replica : {&one, &facts, &commits}) ASSERT_TRUE(replica->projection().RunOnce().ok());
  facts.Change(ViewTable::kFacts, 0, [](const std::string& value) {
    v1::Event event;
    EXPECT_TRUE(event.ParseFromString(value));
    event.set_occurred_on("2020-01-01");
    return event.SerializeAsString();
  });
  commits.Change(ViewTable::kCommits, 2, [](const std::string& value) {
    auto row = DecodeCommitRow(value);
    row->recorded_at += std::chrono::microseconds(1);
    return EncodeCommitRow(*row);
  });
  const std::string last = "AA1@" + std::to_string(ledger_.last());
  const ViewDigest good = one.DigestAt(last);
  EXPECT_NE(facts.DigestAt(last).facts, good.facts);
  EXPECT_EQ(facts.DigestAt(last).accounts, good.accounts);
  EXPECT_NE(commits.DigestAt(last).commits, good.commits);
  EXPECT_EQ(commits.DigestAt(last).facts, good.facts);
}

TEST_F(ViewDigestTest, RefusesPositionsThatAreNotThereAndEndsWhenTold) {
  Replica replica(memory_.log());
  ASSERT_TRUE(replica.projection().RunOnce().ok());
  const auto digest = [&](const Receipt& position, const GoesOn& goes_on) {
    return replica.projection().DigestOf("AA1", {.position = position}, goes_on).status();
  };
  EXPECT_TRUE(absl::IsNotFound(digest({"AA1", ledger_.last() + 1, std::nullopt}, &GoOn)));
  EXPECT_TRUE(absl::IsFailedPrecondition(digest({"AA1", ledger_.last(), Digest()}, &GoOn)));
  EXPECT_TRUE(absl::IsCancelled(
      digest({"AA1", ledger_.last(), std::nullopt}, [] { return absl::CancelledError("enough"); })));
  EXPECT_TRUE(absl::IsNotFound(replica.projection().DigestOf("XX9", {}, &GoOn).status()));
}

// Any replica answers what was appended, once it has folded it.
TEST_F(ViewDigestTest, AtLeastIsWaitedForOnAnyReplica) {
  Replica one(memory_.log()), other(memory_.log(), {0, 1});
  one.projection().Start();
  other.projection().Start();
  v1::Event board = testing::BoardEstablished("board-that-came-late");
  for (int i = 0; i < 5; ++i) {
    board = testing::BoardEstablished("late-" + std::to_string(i));
    board.set_stream_version(1);
    ledger_.Commit({board});
    for (Replica* replica : {&one, &other}) {
      const absl::Status there =
          replica->projection().WaitFor({"AA1", ledger_.last()}, std::chrono::seconds(60));
      ASSERT_TRUE(there.ok()) << there;
      v1::ListBoardsRequest request;
      request.set_ledger("AA1");
      const auto boards = AnswerBoards(**replica->projection().Snapshot("AA1"), request);
      ASSERT_TRUE(boards.ok());
      EXPECT_TRUE(std::any_of(boards->boards().begin(), boards->boards().end(), [&](const v1::Board& found) {
        return found.board_id() == "late-" + std::to_string(i);
      }));
    }
  }
  const std::string last = "AA1@" + std::to_string(ledger_.last());
  EXPECT_TRUE(SameParts(one.DigestAt(last), other.DigestAt(last)));
}

}  // namespace
}  // namespace realise
