#include "libs/base/ids.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/base/sha256.h"

namespace realise {
namespace {

TEST(Ids, Sha256OfTheStandard) {
  EXPECT_EQ(ToHex(Sha256("abc").view()), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Ids, HexRoundTrips) {
  EXPECT_EQ(FromHex(ToHex(std::string("\x00\xff\x10", 3)), 3), std::string("\x00\xff\x10", 3));
  EXPECT_EQ(FromHex("0g", 1), std::nullopt);
  EXPECT_EQ(FromHex("00", 2), std::nullopt);
}

TEST(Ids, LedgerCodes) {
  for (const char* code : {"RH5", "NQT10", "Y02676", "G6V2S", "ABCDEFGHIJ"})
    EXPECT_TRUE(IsLedgerCode(code)) << code;
  for (const char* code : {"", "RH", "rh5", "RH5 ", "ABCDEFGHIJK", "R-5"})
    EXPECT_FALSE(IsLedgerCode(code)) << code;
}

TEST(Ids, ReceiptsRoundTrip) {
  const Receipt receipt{.ledger = "RH5", .sequence = 1234, .digest = Sha256("abc")};
  EXPECT_EQ(Receipt::Parse(receipt.ToString()), receipt);
  const Receipt position{.ledger = "RH5", .sequence = 18446744073709551615u, .digest = {}};
  EXPECT_EQ(Receipt::Parse(position.ToString()), position);
  for (const char* text :
       {"", "RH5", "RH5@", "@5", "RH5@-1", "RH5@1#", "RH5@1#00", "RH5@18446744073709551616", "RH5@1x"}) {
    EXPECT_EQ(Receipt::Parse(text), std::nullopt) << text;
  }
}

TEST(Ids, RandomIdsDiffer) { EXPECT_NE(RandomLedgerId(), RandomLedgerId()); }

}  // namespace
}  // namespace realise
