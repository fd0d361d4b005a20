#include "libs/rpc/rpc_calls.h"

#include <numeric>

#include "gtest/gtest.h"

namespace realise {
namespace {

TEST(RpcCalls, ByMethodAndCode) {
  RpcCalls calls;
  for (int i = 0; i < 4; ++i) calls.Begin();
  calls.End("/realise.v1.QueryService/Explain", 0, std::chrono::microseconds(500));
  calls.End("/realise.v1.QueryService/Explain", 0, std::chrono::microseconds(501));
  calls.End("/realise.v1.QueryService/Explain", 5, std::chrono::seconds(11));
  EXPECT_EQ(calls.under_way(), 1U);
  const auto rows = calls.Rows();
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].method, "QueryService/Explain");
  EXPECT_EQ(rows[0].code, "OK");
  EXPECT_EQ(rows[0].counts[0], 1U);
  EXPECT_EQ(rows[0].counts[1], 1U);
  EXPECT_EQ(rows[0].sum_microseconds, 1001U);
  EXPECT_EQ(rows[1].code, "NOT_FOUND");
  EXPECT_EQ(rows[1].counts.back(), 1U);
  EXPECT_EQ(std::accumulate(rows[1].counts.begin(), rows[1].counts.end(), uint64_t{0}), 1U);
}

}  // namespace
}  // namespace realise
