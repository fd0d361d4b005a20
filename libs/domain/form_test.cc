// CheckForm looks at a text once, by bytes, and asks more only if it has to: it finds what a slow look finds.
#include <random>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "libs/domain/decide.h"
#include "libs/domain/nhs_number.h"
#include "libs/domain/testing/event_builders.h"

namespace realise {
namespace {

// The reason and the field, or "".
std::string Found(const v1::Event& event) {
  const auto rejection = CheckForm(event);
  return rejection ? std::string(ReasonName(rejection->reason)) + " " + rejection->field : std::string();
}

std::string FoundInRole(const std::string& role) {
  return Found(testing::ByRole(testing::BoardEstablished("b"), role));
}
std::string FoundInId(const std::string& id) {
  return Found(testing::WithId(testing::BoardEstablished("b"), id));
}
std::string FoundInText(const std::string& text) {
  return Found(testing::BoardRenamed("b", text, "2024-01-01"));
}
std::string FoundInTexts(const std::string& text) {
  v1::Event event = testing::ClaimSubmitted("c", "n", "2023/24-M01", "2023/24-M01", 1);
  event.mutable_claim_submitted()->add_evidence_refs(text);
  return Found(event);
}

TEST(CheckForm, TellsEveryByteByItself) {
  for (int byte = 0; byte < 256; ++byte) {
    SCOPED_TRACE(byte);
    // At each place among eight bytes.
    for (size_t at = 1; at < 8; ++at) {
      std::string text = "abcdefgh";
      text[at] = static_cast<char>(byte);
      const bool in_id = std::string("abcdefghijklmnopqrstuvwxyz0123456789._-").find(text[at]) != text.npos;
      EXPECT_EQ(FoundInRole(text).empty(), in_id);
      EXPECT_EQ(FoundInId(text).empty(), byte > 0x20 && byte < 0x7F);
      EXPECT_EQ(FoundInText(text).empty(), byte >= 0x20 && byte < 0x7F);
      EXPECT_EQ(FoundInTexts(text).empty(), byte >= 0x20 && byte < 0x7F);
    }
  }
  EXPECT_EQ(FoundInText("caf\u00E9 \u2013 \U0001F600"), "");
  EXPECT_EQ(FoundInText("caf\u00E9 \u0085"), "MALFORMED board_renamed.name");
  EXPECT_EQ(FoundInText("a long name \xE2\x80"), "MALFORMED board_renamed.name");
}

// Digits, separators and others, so that some hold an NHS number and more nearly do.
TEST(CheckForm, FindsAnNhsNumberWhereverThereIsOne) {
  const auto seed = static_cast<uint64_t>(::testing::UnitTest::GetInstance()->random_seed()) + 17;
  SCOPED_TRACE(::testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  const std::vector<std::string> pieces = {"943", "476", "5919",   "943476",     "9434765919",
                                           "9",   "0",   "1",      " ",          "-",
                                           ".",   "x",   "\u2013", "9 4 3 4 7 ", "6 5 9 1 9"};
  int held = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string text = "x";
    for (uint64_t count = 1 + random() % 12; count > 0; --count) text += pieces[random() % pieces.size()];
    text += "x";
    const bool holds = ContainsNhsNumber(text);
    held += holds ? 1 : 0;
    ASSERT_EQ(FoundInText(text), holds ? "PATIENT_IDENTIFIER board_renamed.name" : "") << text;
    ASSERT_EQ(FoundInTexts(text), holds ? "PATIENT_IDENTIFIER claim_submitted.evidence_refs" : "") << text;
  }
  EXPECT_GT(held, 1000);
  EXPECT_EQ(FoundInId("9434765919"), "PATIENT_IDENTIFIER id");
  EXPECT_EQ(FoundInRole("943-476-5919"), "PATIENT_IDENTIFIER actor_role");
}

}  // namespace
}  // namespace realise
