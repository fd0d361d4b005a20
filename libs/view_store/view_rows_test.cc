#include "libs/view_store/view_rows.h"

#include <limits>
#include <optional>
#include <random>
#include <vector>

#include "gtest/gtest.h"

namespace realise {
namespace {

constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
constexpr uint64_t kCellMax = std::numeric_limits<uint64_t>::max();

// As a row whose key names the event 7.
std::string RowOf(const std::vector<ViewPosting>& postings) {
  std::string row;
  Sequence before = 7;
  for (const ViewPosting& posting : postings) {
    AppendPosting(row, before, posting);
    before = posting.sequence;
  }
  return row;
}

// Nothing if it does not decode.
std::optional<std::vector<ViewPosting>> PostingsIn(std::string_view row) {
  std::vector<ViewPosting> postings;
  while (!row.empty()) {
    const auto posting = TakePosting(row, postings.empty() ? 7 : postings.back().sequence);
    if (!posting) return std::nullopt;
    postings.push_back(*posting);
  }
  return postings;
}

TEST(ViewRows, PostingsArePinned) {
  EXPECT_EQ(ToHex(RowOf({{7, 1, -1}, {7, 300, 64}, {307, 0, 1}, {307, 2, 1}})),
            "0101"
            "ac028001"
            "ac0200"
            "0002"
            "0202");
}

TEST(ViewRows, PostingsComeBack) {
  const Sequence last = std::numeric_limits<Sequence>::max();
  const std::vector<ViewPosting> postings = {{7, 0, 1},  {7, kCellMax, kMin}, {8, 5, kMax},
                                             {8, 5, -3}, {last, 0, -1},       {last, 1, 1}};
  EXPECT_EQ(PostingsIn(RowOf(postings)), postings);
}

TEST(ViewRows, DamagedPostingsAreRefused) {
  std::string posting, step;
  AppendPosting(posting, 7, {7, kCellMax, kMin});
  AppendPosting(step, 7, {1000, kCellMax, kMin});
  for (const std::string& row : {posting, step}) {
    for (size_t size = 1; size < row.size(); ++size) {
      EXPECT_EQ(PostingsIn(std::string_view(row).substr(0, size)), std::nullopt) << size;
    }
  }
  EXPECT_EQ(PostingsIn(std::string(10, '\xff') + "\x01"), std::nullopt);
  EXPECT_EQ(PostingsIn(std::string(9, '\xff') + "\x02\x01"), std::nullopt);  // 65 bits
  const std::string one_on("\x01\x00", 2);
  EXPECT_EQ(PostingsIn(one_on), std::nullopt);                              // to no posting
  EXPECT_EQ(PostingsIn(one_on + one_on + "\x01\x02"), std::nullopt);        // to no posting of that event
  EXPECT_EQ(PostingsIn(std::string("\x00\x00\x01\x02", 4)), std::nullopt);  // by nothing
  EXPECT_EQ(PostingsIn(std::string(9, '\xff') + std::string("\x01\x00\x01\x02", 4)), std::nullopt);  // back
}

TEST(ViewRows, BalancesComeBackBeyond64Bits) {
  const Balance wide = Balance{kMax} * 1000;
  const std::vector<CellBalance> balances = {{0, 0}, {1, kMin}, {7, wide}, {8, -wide - 1}, {kCellMax, 1}};
  EXPECT_EQ(DecodeBalances(EncodeBalances(balances)), balances);
  EXPECT_EQ(DecodeBalances(""), std::vector<CellBalance>());
}

TEST(ViewRows, BalancesThatDoNotRiseAreRefused) {
  EXPECT_EQ(DecodeBalances(std::string("\x01\x02\x00\x02", 4)), std::nullopt);
}

TEST(ViewRows, AccountsAndCommitsComeBack) {
  const ViewAccountRow account{.number = 7, .postings_since = 255, .cells = 108, .checkpoint = 123456789};
  EXPECT_EQ(DecodeAccountRow(EncodeAccountRow(account)), account);
  EXPECT_EQ(DecodeAccountRow(EncodeAccountRow(account) + "x"), std::nullopt);
  ViewCommitRow commit{.recorded_at = Instant(std::chrono::microseconds(-5)),
                       .segment = 3,
                       .ordinal = 9,
                       .digest = {},
                       .address = 77};
  commit.digest.bytes.fill(0xab);
  EXPECT_EQ(DecodeCommitRow(EncodeCommitRow(commit)), commit);
  EXPECT_EQ(DecodeCommitRow(EncodeCommitRow(commit) + "x"), std::nullopt);
}

TEST(ViewRows, RandomBalancesComeBack) {
  const unsigned seed = static_cast<unsigned>(testing::UnitTest::GetInstance()->random_seed());
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  for (int round = 0; round < 200; ++round) {
    std::vector<CellBalance> balances;
    uint64_t cell = random() % 3;
    for (uint64_t i = 0; i < random() % 50 + 1; ++i) {
      balances.emplace_back(cell, static_cast<Balance>(static_cast<int64_t>(random())) >> (random() % 64));
      cell += 1 + (random() >> (8 + random() % 56));
    }
    ASSERT_EQ(DecodeBalances(EncodeBalances(balances)), balances);
  }
}

}  // namespace
}  // namespace realise
