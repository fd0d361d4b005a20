#include "libs/view_store/view_store.h"

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "libs/view_store/view_keys.h"
#include "rocksdb/env.h"
#include "rocksdb/file_system.h"
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

TEST_F(ViewStoreTest, OnlySnapshotsBetweenWhichNothingWasWrittenAreOfOneMoment) {
  const auto moment = [&] { return store_->Snapshot()->moment(); };
  const auto beginning = moment();
  ASSERT_TRUE(beginning);
  std::set<uint64_t> moments = {*beginning};
  const auto expect_another = [&](const absl::Status& written) {
    EXPECT_TRUE(written.ok()) << written;
    const auto now = moment();
    ASSERT_TRUE(now);
    EXPECT_TRUE(moments.insert(*now).second) << *now;
    EXPECT_EQ(moment(), now);
  };
  expect_another(store_->Write(RowsOf({{"a", "1"}, {"c", "1"}, {"g", "1"}})));
  expect_another(store_->Ingest(RowsOf({{"a", "2"}, {"d", "2"}})));
  expect_another(store_->Ingest(RowsOf({{"e", "3"}, {"f", "3"}})));  // none of the rows there is between them
  expect_another(store_->Ingest(RowsOf({{"x", "4"}})));
  expect_another(store_->Write(ViewRows(), {"a"}));
}

// A file system that calls back before something is appended to the list of the files that are the database.
class InterruptedFs : public rocksdb::FileSystemWrapper {
 public:
  using FileSystemWrapper::FileSystemWrapper;

  void InterruptWith(std::function<void()> interruption) { interruption_ = std::move(interruption); }

  const char* Name() const override { return "InterruptedFs"; }
  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file,
                                    rocksdb::IODebugContext* debug) override {
    rocksdb::IOStatus status = target()->NewWritableFile(name, options, file, debug);
    if (status.ok() && name.find("MANIFEST") != std::string::npos) {
      *file = std::make_unique<File>(std::move(*file), interruption_);
    }
    return status;
  }

 private:
  class File : public rocksdb::FSWritableFileOwnerWrapper {
   public:
    File(std::unique_ptr<rocksdb::FSWritableFile> file, std::function<void()>& interruption)
        : FSWritableFileOwnerWrapper(std::move(file)), interruption_(interruption) {}
    rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* debug) override {
      if (interruption_) interruption_();
      return target()->Append(data, options, debug);
    }

   private:
    std::function<void()>& interruption_;
  };

  std::function<void()> interruption_;
};

// A snapshot that is taken then may see the file come: RocksDB gives it no sequence number of its own if no
// row stands between its keys.
TEST(ViewStoreMoments, ThereIsNoneWhileASortedFileIsIngested) {
  const std::unique_ptr<rocksdb::Env> memory(rocksdb::NewMemEnv(rocksdb::Env::Default()));
  const auto fs = std::make_shared<InterruptedFs>(memory->GetFileSystem());
  const std::unique_ptr<rocksdb::Env> env = rocksdb::NewCompositeEnv(fs);
  const auto store = ViewStore::Open({.path = "/views", .env = env.get()});
  ASSERT_TRUE(store.ok()) << store.status();
  for (const auto& rows : {RowsOf({{"place", "1"}}), RowsOf({{"place", "2"}}), RowsOf({{"behind", "1"}})}) {
    int interruptions = 0;
    fs->InterruptWith([&] {
      ++interruptions;
      EXPECT_EQ((*store)->Snapshot()->moment(), std::nullopt);
    });
    ASSERT_TRUE((*store)->Ingest(rows).ok());
    fs->InterruptWith(nullptr);
    EXPECT_GT(interruptions, 0);
    EXPECT_TRUE((*store)->Snapshot()->moment());
  }
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
