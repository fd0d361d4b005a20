#include "libs/rocksdb/sorted_file.h"

#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace realise {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class SortedFileTest : public ::testing::Test {
 protected:
  void SetUp() override { Open(); }

  // Opens the database, again if it was.
  void Open() {
    db_.reset();
    rocksdb::Options options;
    options.create_if_missing = true;
    options.env = env_.get();
    rocksdb::DB* db = nullptr;
    ASSERT_TRUE(rocksdb::DB::Open(options, "/db", &db).ok());
    db_.reset(db);
    ASSERT_TRUE(PrepareSortedFiles(*db_).ok());
  }
  std::vector<std::string> Rows() const {
    std::vector<std::string> rows;
    const std::unique_ptr<rocksdb::Iterator> at(db_->NewIterator({}));
    for (at->SeekToFirst(); at->Valid(); at->Next())
      rows.push_back(at->key().ToString() + "=" + at->value().ToString());
    EXPECT_TRUE(at->status().ok());
    return rows;
  }
  std::vector<std::string> Incoming() const {
    std::vector<std::string> names;
    EXPECT_TRUE(env_->GetChildren("/db/incoming", &names).ok());
    std::erase_if(names, [](const std::string& name) { return name.starts_with("."); });
    return names;
  }

  const std::unique_ptr<rocksdb::Env> env_{rocksdb::NewMemEnv(rocksdb::Env::Default())};
  std::unique_ptr<rocksdb::DB> db_;
};

TEST_F(SortedFileTest, ReplacesAndDeletesWhatIsThere) {
  for (const char* key : {"a", "b", "c"}) ASSERT_TRUE(db_->Put({}, key, "old").ok());
  SortedFile file(*db_, "1");
  ASSERT_TRUE(file.Open().ok());
  ASSERT_TRUE(file.Put("a", "new").ok());
  ASSERT_TRUE(file.Delete("b").ok());
  ASSERT_TRUE(file.Put("d", "new").ok());
  ASSERT_TRUE(file.Finish().ok());
  EXPECT_THAT(Rows(), ElementsAre("a=old", "b=old", "c=old"));
  ASSERT_TRUE(file.Ingest().ok());
  EXPECT_THAT(Rows(), ElementsAre("a=new", "c=old", "d=new"));
  EXPECT_THAT(Incoming(), IsEmpty());
  Open();
  EXPECT_THAT(Rows(), ElementsAre("a=new", "c=old", "d=new"));
}

TEST_F(SortedFileTest, RefusesRowsOutOfOrder) {
  SortedFile file(*db_, "1");
  ASSERT_TRUE(file.Open().ok());
  ASSERT_TRUE(file.Put("b", "").ok());
  EXPECT_FALSE(file.Put("a", "").ok());
}

TEST_F(SortedFileTest, WhatIsNotIngestedIsDeleted) {
  {
    SortedFile file(*db_, "1");
    ASSERT_TRUE(file.Open().ok());
    ASSERT_TRUE(file.Put("a", "new").ok());
    ASSERT_TRUE(file.Finish().ok());
    EXPECT_THAT(Incoming(), ElementsAre("1.sst"));
  }
  EXPECT_THAT(Incoming(), IsEmpty());
  EXPECT_THAT(Rows(), IsEmpty());
}

TEST_F(SortedFileTest, WhatACrashLeftIsCleared) {
  ASSERT_TRUE(rocksdb::WriteStringToFile(env_.get(), "half a file", "/db/incoming/1.sst").ok());
  EXPECT_THAT(Incoming(), ElementsAre("1.sst"));
  Open();
  EXPECT_THAT(Incoming(), IsEmpty());
  EXPECT_THAT(Rows(), IsEmpty());
}

}  // namespace
}  // namespace realise
