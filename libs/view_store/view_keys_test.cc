#include "libs/view_store/view_keys.h"

#include <limits>

#include "gtest/gtest.h"

namespace realise {
namespace {

const ViewKeyspace kKeys{1, 2};

TEST(ViewKeys, ArePinned) {
  EXPECT_EQ(ToHex(kKeys.Posting(3, 4)),
            "0001"
            "00000002"
            "70"
            "00000003"
            "0000000000000004");
  EXPECT_EQ(ToHex(kKeys.Commit(5, 6)),
            "0001"
            "00000002"
            "63"
            "0000000000000005"
            "0000000000000006");
  EXPECT_EQ(ToHex(kKeys.AccountName("a/b")),
            "0001"
            "00000002"
            "61"
            "612f62");
  EXPECT_EQ(ToHex(LedgersKey("RH5")),
            "0000"
            "00000000"
            "6c"
            "524835");
  EXPECT_EQ(ToHex(AnsweringKey(7)),
            "0000"
            "00000007"
            "76");
}

TEST(ViewKeys, SortAsTheirNumbersDo) {
  EXPECT_LT(kKeys.Posting(1, 256), kKeys.Posting(1, 257));
  EXPECT_LT(kKeys.Posting(1, 255), kKeys.Posting(1, 256));
  EXPECT_LT(kKeys.Posting(1, std::numeric_limits<Sequence>::max()), kKeys.Posting(2, 0));
  EXPECT_LT(kKeys.Checkpoint(255, 9), kKeys.Checkpoint(256, 1));
}

TEST(ViewKeys, TimesBefore1970ComeFirst) {
  const Instant before = Instant(std::chrono::microseconds(-1));
  const Instant after = Instant(std::chrono::microseconds(1));
  EXPECT_LT(kKeys.Time(1, before), kKeys.Time(1, Instant()));
  EXPECT_LT(kKeys.Time(1, Instant()), kKeys.Time(1, after));
  EXPECT_LT(kKeys.Time(1, after), kKeys.Time(2, before));
}

TEST(ViewKeys, KeyspaceIsReadBack) {
  EXPECT_EQ(KeyspaceOf(kKeys.Posting(3, 4)), kKeys);
  EXPECT_EQ(KeyspaceOf(kKeys.Place()), kKeys);
  EXPECT_EQ(KeyspaceOf(kKeys.Prefix()), std::nullopt);
}

TEST(ViewKeys, KeyBehindAPrefixIsBehindAllItsKeys) {
  EXPECT_EQ(KeyBehind("ab"), "ac");
  EXPECT_EQ(KeyBehind(std::string("a\xff\xff")), "b");
  EXPECT_EQ(KeyBehind("\xff"), "");
  EXPECT_LT(kKeys.Table(ViewTable::kTimes) + std::string(40, '\xff'), KeyBehind(kKeys.Prefix()));
}

}  // namespace
}  // namespace realise
