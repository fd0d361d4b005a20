// Rows of postings: the same however they come about; and what is read from them, against a plain list, from
// those of before version 5, too, which were of one event each.
#include "libs/projection/posting_rows.h"

#include <algorithm>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "rocksdb/env.h"

namespace realise {
namespace {

using Postings = std::vector<ViewPosting>;

constexpr ViewKeyspace kKeys{5, 1};
constexpr AccountNumber kAccount = 3;

class PostingRowsTest : public ::testing::Test {
 protected:
  PostingRowsTest() {
    auto store = ViewStore::Open({.path = "/views", .env = env_.get()});
    EXPECT_TRUE(store.ok()) << store.status();
    store_ = std::move(*store);
  }

  // Of some 400 events, most of one posting or two, now and then of a hundred.
  Postings RandomPostings() {
    Postings postings;
    for (Sequence sequence = 1 + random_() % 5; sequence < 4000; sequence += 1 + random_() % 20) {
      const uint64_t count = random_() % 40 == 0 ? 100 : 1 + random_() % 2;
      for (uint64_t i = 0; i < count; ++i) {
        postings.push_back({sequence, random_() >> (random_() % 64), static_cast<int64_t>(random_() | 1)});
      }
    }
    return postings;
  }

  // Writes them as the fold does, in chunks of some events, `from_store` each time by one that begins anew.
  void Write(const Postings& postings, size_t events_at_once, bool from_store) {
    PostingRows rows;
    size_t events = 0;
    for (const ViewPosting& posting : postings) {
      if (events == events_at_once && posting.sequence != before_) {
        WriteTaken(rows);
        events = 0;
        if (from_store) {
          rows = PostingRows();
          ASSERT_TRUE(rows.GoOn(*store_->Snapshot(), kKeys, kAccount).ok());
        }
      }
      const bool first = rows.Add(posting);
      EXPECT_EQ(first, posting.sequence != before_);
      events += first ? 1 : 0;
      before_ = posting.sequence;
    }
    WriteTaken(rows);
  }
  void WriteTaken(PostingRows& rows) {
    const std::string taken = rows.Take();
    const std::string prefix = kKeys.Account(ViewTable::kPostings, kAccount);
    ASSERT_TRUE(store_->Write([&](ViewRowSink put) { return GivePostingRows(taken, prefix, put); }).ok());
  }
  // One row for each event.
  void WriteAsBefore(const Postings& postings) {
    ViewRows rows;
    for (size_t i = 0; i < postings.size();) {
      const Sequence sequence = postings[i].sequence;
      std::string row;
      for (; i < postings.size() && postings[i].sequence == sequence; ++i) {
        AppendPosting(row, sequence, postings[i]);
      }
      rows.Put(kKeys.Posting(kAccount, sequence), row);
    }
    ASSERT_TRUE(store_->Write(rows).ok());
  }
  // Of the accounts before and behind.
  void WriteNeighbours() {
    std::string row;
    AppendPosting(row, 2000, {2000, 1, 1});
    ViewRows rows;
    for (const AccountNumber account : {kAccount - 1, kAccount + 1})
      rows.Put(kKeys.Posting(account, 2000), row);
    ASSERT_TRUE(store_->Write(rows).ok());
  }

  std::vector<std::pair<std::string, std::string>> Rows() {
    std::vector<std::pair<std::string, std::string>> rows;
    const auto snapshot = store_->Snapshot();
    const std::string prefix = kKeys.Account(ViewTable::kPostings, kAccount);
    for (snapshot->Seek(prefix); snapshot->On(prefix); snapshot->Next()) {
      rows.emplace_back(snapshot->key(), snapshot->value());
    }
    return rows;
  }

  Postings Scan(const PostingsRange& range, Sequence& up_to) {
    std::vector<AccountPosting> read;
    const auto scanned = ScanPostings(*store_->Snapshot(), kKeys, kAccount, range, read);
    EXPECT_TRUE(scanned.ok()) << scanned.status();
    up_to = scanned.value_or(0);
    Postings postings;
    for (const auto& [sequence, cell, delta] : read) postings.push_back({sequence, cell, delta});
    return postings;
  }

  void ExpectToReadBack(const Postings& all);

  const uint64_t seed_ = static_cast<uint64_t>(::testing::UnitTest::GetInstance()->random_seed());
  std::mt19937_64 random_{seed_};
  const std::unique_ptr<rocksdb::Env> env_{rocksdb::NewMemEnv(rocksdb::Env::Default())};
  std::unique_ptr<ViewStore> store_;
  Sequence before_ = 0;
};

Postings Between(const Postings& all, Sequence after, Sequence up_to) {
  Postings some;
  for (const ViewPosting& posting : all) {
    if (posting.sequence > after && posting.sequence <= up_to) some.push_back(posting);
  }
  return some;
}

void PostingRowsTest::ExpectToReadBack(const Postings& all) {
  for (int i = 0; i < 300; ++i) {
    PostingsRange range;
    range.after = random_() % 4100;
    range.up_to = i % 7 == 0 ? kUpToTheEnd : range.after + random_() % 300;
    range.at_least = random_() % 3 * 40;
    if (i % 3 == 0) range.further_max = range.up_to == kUpToTheEnd ? kUpToTheEnd : range.up_to + 100;
    Sequence up_to = 0;
    const Postings read = Scan(range, up_to);
    ASSERT_GE(up_to, range.up_to);
    ASSERT_EQ(read, Between(all, range.after, up_to));
    // No further than it was to.
    const Postings wanted = Between(all, range.after, range.up_to);
    const Sequence last = read.empty() ? 0 : read.back().sequence;
    const auto before_last =
        std::count_if(read.begin(), read.end(), [&](const auto& p) { return p.sequence < last; });
    if (read.size() > wanted.size()) {
      EXPECT_LT(static_cast<size_t>(before_last), range.at_least);
      EXPECT_LE(last, range.further_max);
    }
  }
  for (int i = 0; i < 300; ++i) {
    const Sequence from = random_() % 4100, up_to = from + random_() % 2000,
                   step = 1 + random_() % (10 * i + 1);
    Postings given, expected;
    Sequence wanted = from;
    ASSERT_TRUE(GiveStoredPostings(*store_->Snapshot(), kKeys, kAccount, from, up_to,
                                   [&](std::span<const AccountPosting> posted) {
                                     for (const auto& [at, cell, delta] : posted) {
                                       EXPECT_EQ(at, posted.front().sequence);
                                       given.push_back({at, cell, delta});
                                     }
                                     return wanted = posted.front().sequence + step;
                                   })
                    .ok());
    Sequence next = from;
    for (size_t at = 0; at < all.size() && all[at].sequence <= up_to;) {
      const Sequence sequence = all[at].sequence;
      const bool is_wanted = sequence >= next;
      if (is_wanted) next = sequence + step;
      for (; at < all.size() && all[at].sequence == sequence; ++at) {
        if (is_wanted) expected.push_back(all[at]);
      }
    }
    ASSERT_EQ(given, expected) << from << " to " << up_to << " by " << step;
  }
}

TEST_F(PostingRowsTest, AreTheSameHoweverTheyComeAbout) {
  SCOPED_TRACE(::testing::Message() << "seed " << seed_);
  const Postings all = RandomPostings();
  Write(all, all.size(), false);
  const auto rows = Rows();
  ASSERT_GT(rows.size(), 5u);
  EXPECT_LT(rows.size(), all.size() / 5);
  for (const size_t events_at_once : {1, 7, 100}) {
    for (const bool from_store : {false, true}) {
      ASSERT_TRUE(store_->Write(ViewRows(), {kKeys.Prefix()}).ok());
      before_ = 0;
      Write(all, events_at_once, from_store);
      ASSERT_EQ(Rows(), rows) << events_at_once << ' ' << from_store;
    }
  }
}

TEST_F(PostingRowsTest, AreReadBackFromAnywhere) {
  SCOPED_TRACE(::testing::Message() << "seed " << seed_);
  const Postings all = RandomPostings();
  WriteNeighbours();
  ExpectToReadBack({});
  Write(all, 50, false);
  ExpectToReadBack(all);
}

TEST_F(PostingRowsTest, OfBeforeVersion5AreReadBack) {
  SCOPED_TRACE(::testing::Message() << "seed " << seed_);
  const Postings all = RandomPostings();
  WriteNeighbours();
  WriteAsBefore(all);
  ExpectToReadBack(all);
}

TEST_F(PostingRowsTest, ThatDoNotDecodeAreRefused) {
  ViewRows rows;
  rows.Put(kKeys.Posting(kAccount, 5), "\x01\x02\x03");
  ASSERT_TRUE(store_->Write(rows).ok());
  std::vector<AccountPosting> read;
  const auto snapshot = store_->Snapshot();
  EXPECT_TRUE(absl::IsDataLoss(ScanPostings(*snapshot, kKeys, kAccount, {.up_to = 9}, read).status()));
  EXPECT_TRUE(absl::IsDataLoss(GiveStoredPostings(
      *snapshot, kKeys, kAccount, 1, 9, [](const auto& posted) { return posted.front().sequence + 1; })));
  EXPECT_TRUE(absl::IsDataLoss(PostingRows().GoOn(*snapshot, kKeys, kAccount)));
}

}  // namespace
}  // namespace realise
