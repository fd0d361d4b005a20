#include "libs/view_store/view_rows.h"

#include <limits>
#include <random>

#include "gtest/gtest.h"

namespace realise {
namespace {

constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
constexpr uint64_t kCellMax = std::numeric_limits<uint64_t>::max();

TEST(ViewRows, CellDeltasArePinned) {
  std::string row;
  AppendCellDelta(row, 1, -1);
  AppendCellDelta(row, 300, 64);
  EXPECT_EQ(ToHex(row),
            "0101"
            "ac02"
            "8001");
}

TEST(ViewRows, CellDeltasComeBack) {
  const std::vector<CellDelta> deltas = {{0, 1}, {kCellMax, kMin}, {5, kMax}, {5, -3}, {0, -1}};
  std::string row;
  for (const CellDelta& delta : deltas) AppendCellDelta(row, delta.cell, delta.delta);
  std::string_view left = row;
  for (const CellDelta& delta : deltas) EXPECT_EQ(TakeCellDelta(left), delta);
  EXPECT_TRUE(left.empty());
}

std::optional<CellDelta> FirstCellDelta(std::string_view row) { return TakeCellDelta(row); }

TEST(ViewRows, DamagedCellDeltasAreRefused) {
  std::string row;
  AppendCellDelta(row, kCellMax, kMin);
  for (size_t size = 0; size < row.size(); ++size) {
    EXPECT_EQ(FirstCellDelta(std::string_view(row).substr(0, size)), std::nullopt) << size;
  }
  EXPECT_EQ(FirstCellDelta(std::string(10, '\xff') + "\x01"), std::nullopt);
  EXPECT_EQ(FirstCellDelta(std::string(9, '\xff') + "\x02\x01"), std::nullopt);  // 65 bits
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
