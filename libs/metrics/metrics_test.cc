#include "libs/metrics/metrics.h"

#include <array>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace realise {
namespace {

using ::testing::HasSubstr;

constexpr std::array kTable = {
    Metric{"a_total", MetricKind::kCounter, "How many."},
    Metric{"b_bytes", MetricKind::kGauge, "How much."},
    Metric{"c_seconds", MetricKind::kHistogram, "How long."},
};

TEST(Metrics, EveryMetricOfTheTableIsOnThePage) {
  const std::string page = Scrape(kTable).ToText();
  for (const Metric& metric : kTable) {
    EXPECT_THAT(page,
                HasSubstr("# HELP " + std::string(metric.name) + " " + std::string(metric.help) + "\n"));
  }
  EXPECT_THAT(page, HasSubstr("# TYPE a_total counter\n"));
}

TEST(Metrics, SamplesWithTheirLabels) {
  Scrape scrape(kTable);
  scrape.Set("a_total", {{"ledger", "RH5"}}, 3);
  scrape.Set("a_total", {{"ledger", "RBA"}}, 4);
  scrape.Set("b_bytes", {}, 5);
  const std::string page = scrape.ToText();
  EXPECT_THAT(page, HasSubstr("a_total{ledger=\"RH5\"} 3\na_total{ledger=\"RBA\"} 4\n"));
  EXPECT_THAT(page, HasSubstr("b_bytes 5\n"));
}

TEST(Metrics, DurationsInCumulativeBuckets) {
  constexpr std::array<int64_t, 2> kBounds = {1000, 500'000};
  constexpr std::array<uint64_t, 3> kCounts = {2, 3, 1};
  Scrape scrape(kTable);
  scrape.SetDurations("c_seconds", {}, {.bounds = kBounds, .counts = kCounts, .sum_microseconds = 2'500'000});
  const std::string page = scrape.ToText();
  EXPECT_THAT(page, HasSubstr("c_seconds_count 6\nc_seconds_sum 2.5\nc_seconds_bucket{le=\"0.001\"} 2\n"
                              "c_seconds_bucket{le=\"0.5\"} 5\nc_seconds_bucket{le=\"+Inf\"} 6\n"));
}

TEST(Metrics, APortThatIsTakenAndAnAddressForEverybody) {
  const auto server = MetricsServer::Start("127.0.0.1:0", kTable, [](Scrape&) {});
  ASSERT_TRUE(server.ok()) << server.status();
  EXPECT_THAT((*server)->address(), ::testing::MatchesRegex("127\\.0\\.0\\.1:[1-9][0-9]*"));
  EXPECT_EQ(MetricsServer::Start((*server)->address(), kTable, [](Scrape&) {}).status().code(),
            absl::StatusCode::kUnavailable);
  for (const char* listen : {"0.0.0.0:0", "9411", "127.0.0.1:", "127.0.0.1:x", ""}) {
    EXPECT_EQ(MetricsServer::Start(listen, kTable, [](Scrape&) {}).status().code(),
              absl::StatusCode::kInvalidArgument)
        << listen;
  }
}

}  // namespace
}  // namespace realise
