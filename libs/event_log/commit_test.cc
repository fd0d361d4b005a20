#include "libs/event_log/commit.h"

#include <numeric>
#include <string>

#include "gtest/gtest.h"
#include "rapidcheck.h"

namespace realise {
namespace {

template <typename T>
T BytesFrom(uint8_t first) {
  T value;
  std::iota(value.bytes.begin(), value.bytes.end(), first);
  return value;
}

CommitHeader Example() {
  return {.ledger_id = BytesFrom<LedgerId>(0),
          .previous = BytesFrom<Digest>(16),
          .writer = BytesFrom<WriterId>(48),
          .first_sequence = 0x0102030405060708,
          .event_count = 2,
          .flags = kFlagClockCorrection,
          .recorded_at = *ParseInstant("2024-04-09T08:15:00Z")};
}

// Worked out by hand from the grammar, and never to be changed: ledgers hold such bytes.
constexpr char kExampleHex[] =
    "524c53434d543031"                                                  // magic
    "000102030405060708090a0b0c0d0e0f"                                  // ledger_id
    "101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f"  // previous
    "303132333435363738393a3b3c3d3e3f"                                  // writer
    "0102030405060708"                                                  // first_sequence
    "00000002"                                                          // event_count
    "00000001"                                                          // flags
    "000615a584ad4900"                                                  // recorded_at
    "00000004"                                                          // body_length
    "626f6479";                                                         // body

void PutNumber(std::string& stored, size_t at, size_t size, uint64_t value) {
  for (size_t i = 0; i < size; ++i) stored[at + size - 1 - i] = static_cast<char>(value >> (8 * i) & 0xff);
}

TEST(Commit, HasItsFrozenBytes) {
  EXPECT_EQ(ToHex(EncodeCommit(Example(), "body")), kExampleHex);
  const std::string golden = *FromHex(kExampleHex, kCommitHeaderBytes + 4);
  const auto commit = DecodeCommit(golden);
  ASSERT_TRUE(commit);
  EXPECT_EQ(commit->header, Example());
  EXPECT_EQ(commit->body, "body");
  EXPECT_EQ(commit->header.LastSequence(), 0x0102030405060709U);
}

TEST(Commit, AnEmptyCommitEndsAtTheSequenceBefore) {
  CommitHeader first;
  EXPECT_EQ(first.LastSequence(), 0U);
  first.first_sequence = 8;
  EXPECT_EQ(first.LastSequence(), 7U);
}

TEST(Commit, DecodesNothingButAHeaderOfThisForm) {
  const std::string whole = EncodeCommit(Example(), "body");
  constexpr size_t kFirstSequenceAt = 72;
  constexpr size_t kEventCountAt = 80;
  constexpr size_t kFlagsAt = 84;
  constexpr size_t kBodyLengthAt = 96;
  const struct {
    const char* what;
    size_t at;
    size_t size;
    uint64_t value;
    bool decodes;
  } kRows[] = {
      {"another magic", 0, 8, 0x524c53434d543032, false},
      {"sequence 0", kFirstSequenceAt, 8, 0, false},
      {"sequence 1", kFirstSequenceAt, 8, 1, true},
      {"the last sequences overflow", kFirstSequenceAt, 8, UINT64_MAX, false},
      {"no events", kEventCountAt, 4, 0, true},
      {"most events", kEventCountAt, 4, 1000, true},
      {"too many events", kEventCountAt, 4, 1001, false},
      {"both flags", kFlagsAt, 4, 3, true},
      {"an unknown flag", kFlagsAt, 4, 4, false},
      {"the highest flag", kFlagsAt, 4, 0x80000000, false},
      {"body shorter than there is", kBodyLengthAt, 4, 3, false},
      {"body longer than there is", kBodyLengthAt, 4, 5, false},
  };
  for (const auto& row : kRows) {
    std::string stored = whole;
    PutNumber(stored, row.at, row.size, row.value);
    EXPECT_EQ(DecodeCommit(stored).has_value(), row.decodes) << row.what;
  }
  for (size_t length = 0; length < whole.size(); ++length) {
    EXPECT_FALSE(DecodeCommit(whole.substr(0, length))) << length;
  }
}

TEST(Commit, TheBodyHasALimit) {
  std::string stored = EncodeCommit(Example(), std::string(kCommitBodyBytesMax, 'b'));
  EXPECT_TRUE(DecodeCommit(stored));
  stored += 'b';
  PutNumber(stored, kCommitHeaderBytes - 4, 4, kCommitBodyBytesMax + 1);
  EXPECT_FALSE(DecodeCommit(stored));
}

TEST(Commit, DecodingGivesBackWhatWasEncoded) {
  EXPECT_TRUE(rc::check("decode(encode(commit)) == commit", [] {
    CommitHeader header = Example();
    header.first_sequence = *rc::gen::inRange<uint64_t>(1, UINT64_MAX - 2 * kCommitEventsMax);
    header.event_count = *rc::gen::inRange<uint32_t>(0, kCommitEventsMax + 1);
    header.flags = *rc::gen::inRange<uint32_t>(0, 4);
    header.recorded_at = Instant(std::chrono::microseconds(*rc::gen::arbitrary<int64_t>()));
    const auto body = *rc::gen::arbitrary<std::string>();
    const std::string stored = EncodeCommit(header, body);
    const auto commit = DecodeCommit(stored);
    RC_ASSERT(commit.has_value());
    RC_ASSERT(commit->header == header);
    RC_ASSERT(commit->body == body);
  }));
}

}  // namespace
}  // namespace realise
