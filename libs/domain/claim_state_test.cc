#include "libs/domain/claim_state.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <limits>
#include <string>

namespace realise {
namespace {

ClaimState Example() {
  return ClaimState({.benefit_id = "fewer-agency-shifts",
                     .board_id = "urgent-care",
                     .claimant_role = "programme-lead",
                     .relates_to = 24'290,
                     .claimed_pence = 3'000'000});
}

TEST(ClaimState, BeginsSubmitted) {
  const ClaimState claim = Example();
  EXPECT_EQ(claim.benefit_id(), "fewer-agency-shifts");
  EXPECT_EQ(claim.board_id(), "urgent-care");
  EXPECT_EQ(claim.claimant_role(), "programme-lead");
  EXPECT_EQ(claim.relates_to(), 24'290);
  EXPECT_EQ(claim.stage(), ClaimStage::kSubmitted);
  EXPECT_TRUE(claim.IsOpen());
  EXPECT_EQ(claim.claimed_pence(), 3'000'000);
  EXPECT_EQ(claim.validated_pence(), 0);
  EXPECT_EQ(claim.version(), 0u);
}

RC_GTEST_PROP(ClaimState, SaysWhatItWasTold, ()) {
  const auto benefit_id = *rc::gen::arbitrary<std::string>();
  const auto board_id = *rc::gen::arbitrary<std::string>();
  const auto role = *rc::gen::arbitrary<std::string>();
  const auto relates_to = *rc::gen::arbitrary<int32_t>();
  const auto claimed = *rc::gen::arbitrary<int64_t>();
  const auto validated = *rc::gen::arbitrary<int64_t>();
  const auto version = *rc::gen::arbitrary<uint64_t>();
  const auto stage = static_cast<ClaimStage>(*rc::gen::inRange(1, 6));
  ClaimState claim({.benefit_id = benefit_id,
                    .board_id = board_id,
                    .claimant_role = role,
                    .relates_to = relates_to,
                    .claimed_pence = claimed});
  claim.set_stage(stage);
  claim.set_validated_pence(validated);
  claim.set_version(version);
  ClaimState parsed;
  RC_ASSERT(parsed.Parse(claim.bytes()));
  RC_ASSERT(parsed.benefit_id() == benefit_id);
  RC_ASSERT(parsed.board_id() == board_id);
  RC_ASSERT(parsed.claimant_role() == role);
  RC_ASSERT(parsed.relates_to() == relates_to);
  RC_ASSERT(parsed.claimed_pence() == claimed);
  RC_ASSERT(parsed.validated_pence() == validated);
  RC_ASSERT(parsed.version() == version);
  RC_ASSERT(parsed.stage() == stage);
}

// Rows of today are read by tomorrow's program.
TEST(ClaimState, HasTheBytesThatItsHeaderSays) {
  ClaimState claim({.benefit_id = "n",
                    .board_id = "bo",
                    .claimant_role = "rol",
                    .relates_to = 0x01020304,
                    .claimed_pence = -2});
  claim.set_validated_pence(std::numeric_limits<int64_t>::min());
  claim.set_version(258);
  claim.set_stage(ClaimStage::kReversed);
  const std::string expected(
      "\xfe\xff\xff\xff\xff\xff\xff\xff"
      "\x00\x00\x00\x00\x00\x00\x00\x80"
      "\x02\x01\x00\x00\x00\x00\x00\x00"
      "\x04\x03\x02\x01"
      "\x05"
      "\x01\x00\x02\x00"
      "nborol",
      39);
  EXPECT_EQ(claim.bytes(), expected);
}

TEST(ClaimState, RefusesBytesThatAreNotOfAClaim) {
  const std::string bytes(Example().bytes());
  ClaimState claim;
  EXPECT_FALSE(claim.Parse(""));
  EXPECT_FALSE(claim.Parse(bytes.substr(0, 32))) << "no room for the lengths";
  EXPECT_FALSE(claim.Parse(bytes.substr(0, 33 + 29))) << "ids that end behind the bytes";
  EXPECT_TRUE(claim.Parse(bytes.substr(0, 33 + 30))) << "an empty role";
  for (const char stage : {'\0', '\x06', '\xff'}) {
    std::string other = bytes;
    other[28] = stage;
    EXPECT_FALSE(claim.Parse(other)) << "no such stage";
  }
}

}  // namespace
}  // namespace realise
