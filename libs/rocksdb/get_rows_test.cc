#include "libs/rocksdb/get_rows.h"

#include <memory>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rocksdb/env.h"

namespace realise {
namespace {

using ::testing::ElementsAre;
using ::testing::Optional;

TEST(GetRows, GivesValuesInTheOrderOfTheKeys) {
  const std::unique_ptr<rocksdb::Env> env(rocksdb::NewMemEnv(rocksdb::Env::Default()));
  rocksdb::Options options;
  options.create_if_missing = true;
  options.env = env.get();
  rocksdb::DB* opened = nullptr;
  ASSERT_TRUE(rocksdb::DB::Open(options, "/db", &opened).ok());
  const std::unique_ptr<rocksdb::DB> db(opened);
  // Some in a file, some in memory.
  ASSERT_TRUE(db->Put({}, "a", "1").ok());
  ASSERT_TRUE(db->Put({}, "empty", "").ok());
  ASSERT_TRUE(db->Flush({}).ok());
  ASSERT_TRUE(db->Put({}, "c", "3").ok());

  std::vector<std::optional<std::string>> values;
  ASSERT_TRUE(GetRows(*db, {}, {"c", "none", "a", "c", "empty"}, values).ok());
  EXPECT_THAT(values, ElementsAre(Optional(std::string("3")), std::nullopt, Optional(std::string("1")),
                                  Optional(std::string("3")), Optional(std::string())));

  ASSERT_TRUE(GetRows(*db, {}, {}, values).ok());
  EXPECT_TRUE(values.empty());
}

}  // namespace
}  // namespace realise
