#include "libs/serving/process_metrics.h"

#include <fstream>
#include <set>
#include <string>
#include <string_view>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace realise {
namespace {

// The names in the first column of the README's table.
std::set<std::string> NamesInTheReadme() {
  std::ifstream readme("libs/serving/README.md");
  constexpr std::string_view kRow = "| `";
  std::set<std::string> names;
  for (std::string line; std::getline(readme, line);) {
    if (!line.starts_with(kRow)) continue;
    const size_t end = line.find_first_not_of("abcdefghijklmnopqrstuvwxyz_", kRow.size());
    names.insert(line.substr(kRow.size(), end - kRow.size()));
  }
  return names;
}

TEST(ProcessMetrics, TheReadmeListsWhatThereIs) {
  std::set<std::string> names;
  for (const Metric& metric : ProcessMetricTable()) names.emplace(metric.name);
  EXPECT_EQ(NamesInTheReadme(), names);
}

TEST(ProcessMetrics, NamesSayTheirKindAndUnit) {
  for (const Metric& metric : ProcessMetricTable()) {
    EXPECT_EQ(metric.kind == MetricKind::kCounter, metric.name.ends_with("_total")) << metric.name;
    EXPECT_EQ(metric.kind == MetricKind::kHistogram, metric.name == "realise_rpc_duration_seconds")
        << metric.name;
  }
}

TEST(ProcessMetrics, WhatOthersPublish) {
  Scrape scrape(ProcessMetricTable());
  InboundCounts counts;
  counts.taken = 9;
  counts.accepted = 4;
  counts.duplicates = 2;
  counts.rejected = {{"MALFORMED", 1}, {"PUBLISHER_NOT_REGISTERED", 2}};
  counts.gone = 5;
  counts.lag = 7;
  counts.waiting = 6;
  counts.partitions = 3;
  counts.paused_partitions = 1;
  CollectInbound(counts, scrape);
  const std::string page = scrape.ToText();
  for (const char* sample :
       {"taken_total 9", "accepted_total 4", "duplicates_total 2", "rejected_total{reason=\"MALFORMED\"} 1",
        "rejected_total{reason=\"PUBLISHER_NOT_REGISTERED\"} 2", "gone_total 5", "lag 7", "waiting 6",
        "partitions 3", "paused_partitions 1"}) {
    EXPECT_THAT(page, ::testing::HasSubstr(std::string("\nrealise_inbound_") + sample + "\n"));
  }
}

}  // namespace
}  // namespace realise
