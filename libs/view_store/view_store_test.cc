#include "libs/view_store/view_store.h"

#include <memory>

#include "gtest/gtest.h"
#include "libs/view_store/view_keys.h"
#include "rocksdb/env.h"
#include "tests/support/unsynced_loss_fs.h"

namespace realise {
namespace {

using testing::Test;

ViewRows RowsOf(const std::vector<std::pair<std::string, std::string>>& pairs) {
  ViewRows rows;
  for (const auto& [key, value] : pairs) rows.Put(key, value);
  return rows;
}

class ViewStoreTest : public Test {
 protected:
  ViewStoreTest() { Open(); }

  void Open() {
    store_.reset();
    auto store = ViewStore::Open({.path = "/views", .env = env_.get()});
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = std::move(*store);
  }

  static std::vector<std::string> All(ViewSnapshot& snapshot) {
    std::vector<std::string> rows;
    for (snapshot.Seek(""); snapshot.On(""); snapshot.Next()) {
      rows.push_back(std::string(snapshot.key()) + "=" + std::string(snapshot.value()));
    }
    EXPECT_TRUE(snapshot.status().ok()) << snapshot.status();
    return rows;
  }
  std::vector<std::string> All() const { return All(*store_->Snapshot()); }

  const std::unique_ptr<rocksdb::Env> env_{rocksdb::NewMemEnv(rocksdb::Env::Default())};
  std::unique_ptr<ViewStore> store_;
};

using Rows = std::vector<std::string>;

TEST_F(ViewStoreTest, LiveAndIngestedRowsAreOne) {
  ASSERT_TRUE(store_->Write(RowsOf({{"a1", "1"}, {"b1", "1"}})).ok());
  ASSERT_TRUE(store_->Ingest(RowsOf({{"a2", "2"}, {"b1", "2"}})).ok());
  ASSERT_TRUE(store_->Write(RowsOf({{"a2", "3"}, {"a3", "3"}})).ok());
  const Rows expected = {"a1=1", "a2=3", "a3=3", "b1=2"};
  EXPECT_EQ(All(), expected);
  Open();
  EXPECT_EQ(All(), expected);
}

TEST_F(ViewStoreTest, ASnapshotSeesNothingThatIsWrittenOrIngestedLater) {
  ASSERT_TRUE(store_->Write(RowsOf({{"a", "1"}})).ok());
  const auto before = store_->Snapshot();
  ASSERT_TRUE(store_->Ingest(RowsOf({{"a", "2"}, {"b", "2"}})).ok());
  ASSERT_TRUE(store_->Write(RowsOf({{"c", "3"}}), {"a"}).ok());
  EXPECT_EQ(All(*before), Rows{"a=1"});
  EXPECT_EQ(*before->Get("a"), "1");
  EXPECT_EQ(*before->Get("b"), std::nullopt);
  EXPECT_EQ(All(), (Rows{"b=2", "c=3"}));
}

// Otherwise the position that was ingested would stand over postings that are gone.
TEST(ViewStorePowerCut, TakesNothingFromUnderWhatWasIngested) {
  UnsyncedLossEnv disk;
  {
    const auto store = ViewStore::Open({.path = "/views", .env = disk.env()});
    ASSERT_TRUE(store.ok()) << store.status();
    ASSERT_TRUE((*store)->Write(RowsOf({{"live", "1"}})).ok());
    ASSERT_TRUE((*store)->Ingest(RowsOf({{"position", "2"}})).ok());
    ASSERT_TRUE((*store)->Write(RowsOf({{"unsynced", "3"}})).ok());
    disk.fs().PowerOff();
  }
  disk.fs().PowerOn(UnsyncedTail::kDropped);
  const auto store = ViewStore::Open({.path = "/views", .env = disk.env()});
  ASSERT_TRUE(store.ok()) << store.status();
  const auto rows = (*store)->Snapshot();
  for (const char* kept : {"live", "position"}) {
    rows->Seek(kept);
    EXPECT_TRUE(rows->On(kept)) << kept;
  }
}

TEST_F(ViewStoreTest, DeletesAllRowsOfAPrefixAndNoOthers) {
  const ViewKeyspace one{1, 1}, two{1, 2}, other{2, 1};
  ASSERT_TRUE(
      store_->Ingest(RowsOf({{one.Place(), "1"}, {one.Posting(1, 1), "1"}, {two.Place(), "2"}})).ok());
  ASSERT_TRUE(store_->Write(RowsOf({{other.Place(), "3"}}), {one.Prefix()}).ok());
  Open();
  EXPECT_EQ(All(), (Rows{two.Place() + "=2", other.Place() + "=3"}));
}

TEST_F(ViewStoreTest, TheCursorFindsNeighbours) {
  ASSERT_TRUE(store_->Write(RowsOf({{"a1", "1"}, {"a3", "3"}, {"b", "4"}})).ok());
  const auto snapshot = store_->Snapshot();
  snapshot->Seek("a2");
  ASSERT_TRUE(snapshot->On("a"));
  EXPECT_EQ(snapshot->key(), "a3");
  snapshot->Next();
  EXPECT_FALSE(snapshot->On("a"));
  EXPECT_TRUE(snapshot->On("b"));
  snapshot->SeekForPrev("a2");
  ASSERT_TRUE(snapshot->On("a"));
  EXPECT_EQ(snapshot->key(), "a1");
  snapshot->SeekForPrev("a0");
  EXPECT_FALSE(snapshot->On(""));
}

TEST_F(ViewStoreTest, TwoCannotHaveIt) {
  // One that is opened by mistake takes nothing from the one that has it.
  ASSERT_TRUE(rocksdb::WriteStringToFile(env_.get(), "being written", "/views/incoming/1.sst").ok());
  EXPECT_TRUE(absl::IsUnavailable(ViewStore::Open({.path = "/views", .env = env_.get()}).status()));
  EXPECT_TRUE(env_->FileExists("/views/incoming/1.sst").ok());
}

TEST_F(ViewStoreTest, ManyLiveWritesPassThroughSeveralMemtables) {
  // Each value is random to the compressor, so that sizes are what they seem: 40 x 2 MiB is more than two
  // memtables.
  for (int i = 0; i < 40; ++i) {
    ASSERT_TRUE(
        store_->Write(RowsOf({{"k" + std::to_string(100 + i), std::string(2 << 20, static_cast<char>(i))}}))
            .ok());
  }
  EXPECT_EQ(All().size(), 40u);
  Open();
  EXPECT_EQ(All().size(), 40u);
}

}  // namespace
}  // namespace realise
