// The bytes of a commit, written out by hand from the grammar of proto/realise/v1/commit.proto.  They are
// frozen: if a test here fails, the code is wrong, never the file.
#include <gtest/gtest.h>

#include <cctype>
#include <string>

#include "libs/base/calendar.h"
#include "libs/base/ids.h"
#include "libs/base/sha256.h"
#include "libs/event_log/commit.h"
#include "realise/v1/commit.pb.h"
#include "tests/golden/golden_files.h"

namespace realise {
namespace {

// The bytes of a .hex file: '#' begins a remark, white space is free.
std::string ReadHex(const std::string& name) {
  const auto text = ReadFile("tests/golden/commits/" + name + ".hex");
  std::string digits;
  bool remark = false;
  for (const char c : text.value_or("")) {
    remark = c == '#' || (remark && c != '\n');
    if (!remark && !std::isspace(static_cast<unsigned char>(c))) digits += c;
  }
  return FromHex(digits, digits.size() / 2).value_or("");
}

// Bytes that count up from `first`.
template <typename T>
T Counting(uint8_t first) {
  T value;
  for (uint8_t& byte : value.bytes) byte = first++;
  return value;
}

CommitHeader FirstHeader() {
  CommitHeader header;
  header.ledger_id = Counting<LedgerId>(0x01);
  header.writer = Counting<WriterId>(0xa0);
  header.flags = kFlagDemonstration;
  header.recorded_at = *ParseInstant("2024-04-01T08:15:00.000001Z");
  return header;
}

CommitHeader LaterHeader() {
  CommitHeader header;
  header.ledger_id = Counting<LedgerId>(0x01);
  header.previous = Sha256(ReadHex("first"));
  header.writer = Counting<WriterId>(0xa0);
  header.first_sequence = 1;
  header.event_count = 2;
  header.recorded_at = *ParseInstant("2024-04-01T08:15:00.000002Z");
  return header;
}

// A clock correction, a take-over too: no events, and every number with a byte of its own in each place.
CommitHeader CorrectionHeader() {
  CommitHeader header;
  header.ledger_id = Counting<LedgerId>(0xf0);
  header.previous = Counting<Digest>(0x20);
  header.writer = Counting<WriterId>(0xb0);
  header.first_sequence = 0x0102030405060708;
  header.flags = kFlagClockCorrection;
  header.recorded_at = *ParseInstant("2024-03-31T23:59:59.999999Z");
  return header;
}

void ExpectBytes(const CommitHeader& header, const std::string& body, const std::string& file) {
  const std::string stored = ReadHex(file);
  ASSERT_EQ(stored.size(), kCommitHeaderBytes + body.size());
  EXPECT_EQ(ToHex(EncodeCommit(header, body)), ToHex(stored));
  const auto commit = DecodeCommit(stored);
  ASSERT_TRUE(commit);
  EXPECT_EQ(commit->header, header);
  EXPECT_EQ(ToHex(commit->body), ToHex(body));
}

TEST(GoldenCommit, HeaderIsAHundredBytes) { EXPECT_EQ(kCommitHeaderBytes, 100u); }

TEST(GoldenCommit, FirstOfADemonstrationLedger) { ExpectBytes(FirstHeader(), "", "first"); }

TEST(GoldenCommit, TwoEventsChainedToTheFirst) {
  v1::CommitBody body;
  body.add_events()->set_id("a");
  body.add_events()->set_id("b");
  ExpectBytes(LaterHeader(), body.SerializeAsString(), "two_events");
}

TEST(GoldenCommit, ClockCorrectionWithoutEvents) { ExpectBytes(CorrectionHeader(), "", "clock_correction"); }

TEST(GoldenCommit, NoOtherBitOrLengthDecodes) {
  const std::string stored = ReadHex("two_events");
  EXPECT_FALSE(DecodeCommit(stored.substr(0, stored.size() - 1)));
  EXPECT_FALSE(DecodeCommit(stored + '\0'));
  for (size_t byte = 0; byte < 8; ++byte) {
    std::string other_magic = stored;
    other_magic[byte] = static_cast<char>(other_magic[byte] ^ 1);
    EXPECT_FALSE(DecodeCommit(other_magic)) << byte;
  }
  constexpr size_t kFlagsLowest = 8 + 16 + 32 + 16 + 8 + 4 + 3;
  for (int bit = 2; bit < 8; ++bit) {
    std::string unknown_flag = stored;
    unknown_flag[kFlagsLowest] = static_cast<char>(1 << bit);
    EXPECT_FALSE(DecodeCommit(unknown_flag)) << bit;
  }
}

}  // namespace
}  // namespace realise
