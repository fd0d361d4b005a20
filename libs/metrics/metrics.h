// What a process tells Prometheus: a table of metrics, and for each scrape the samples of the moment.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace realise {

enum class MetricKind { kCounter, kGauge, kHistogram };

// A row of a table.  The unit is the end of the name: _seconds, _bytes, _total for a count that only rises.
struct Metric {
  std::string_view name;
  MetricKind kind;
  std::string_view help;
};

using Labels = std::vector<std::pair<std::string, std::string>>;

// How long things took: `counts[i]` took up to `bounds[i]` microseconds and longer than the bound before; the
// last of `counts`, one more than bounds, is what took longer than all.
struct Durations {
  std::span<const int64_t> bounds;
  std::span<const uint64_t> counts;
  uint64_t sum_microseconds = 0;
};

// The samples of one scrape.  Every metric of the table is on the page, even without a sample.
class Scrape {
 public:
  explicit Scrape(std::span<const Metric> table) : table_(table) {}

  // REQUIRES: the metric is in the table, is not a histogram, and has no sample with these labels yet.
  void Set(std::string_view metric, Labels labels, double value);
  // REQUIRES: likewise, and is a histogram.
  void SetDurations(std::string_view metric, Labels labels, const Durations& durations);

  // The page in Prometheus's text format.
  std::string ToText() const;

 private:
  friend class ScrapeFamilies;
  struct Sample {
    Labels labels;
    double value = 0;
    std::vector<std::pair<double, uint64_t>> buckets;  // upper bound in seconds, and how many up to it
    uint64_t count = 0;
  };

  const std::span<const Metric> table_;
  std::map<std::string_view, std::vector<Sample>> samples_;
};

// Serves http://ADDRESS/metrics while it lives, on threads of its own.
class MetricsServer {
 public:
  // `collect` is called for every scrape, on any thread, and must not outlive what it reads.
  //   INVALID_ARGUMENT  not a loopback address and port.
  //   UNAVAILABLE       the port is taken.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<MetricsServer>> Start(
      const std::string& listen, std::span<const Metric> table, std::function<void(Scrape&)> collect);
  virtual ~MetricsServer() = default;

  // Where it listens: "127.0.0.1:9411".
  virtual const std::string& address() const = 0;
};

}  // namespace realise
