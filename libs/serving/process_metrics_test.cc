#include "libs/serving/process_metrics.h"

#include <fstream>
#include <regex>
#include <set>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace realise {
namespace {

// The names in the first column of the README's table.
std::set<std::string> NamesInTheReadme() {
  std::ifstream readme("libs/serving/README.md");
  const std::regex row("^\\| `([a-z_]+)[^`]*` \\|.*");
  std::set<std::string> names;
  std::smatch match;
  for (std::string line; std::getline(readme, line);) {
    if (std::regex_match(line, match, row)) names.insert(match[1]);
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

}  // namespace
}  // namespace realise
