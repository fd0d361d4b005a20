#include "libs/metrics/metrics.h"

#include <algorithm>
#include <exception>
#include <limits>

#include "fmt/format.h"
#include "prometheus/collectable.h"
#include "prometheus/exposer.h"
#include "prometheus/text_serializer.h"

namespace realise {

// A scrape in the client library's terms.
class ScrapeFamilies {
 public:
  static std::vector<prometheus::MetricFamily> Of(const Scrape& scrape) {
    std::vector<prometheus::MetricFamily> families;
    for (const Metric& metric : scrape.table_) {
      prometheus::MetricFamily& family = families.emplace_back();
      family.name = metric.name;
      family.help = metric.help;
      family.type = TypeOf(metric.kind);
      const auto samples = scrape.samples_.find(metric.name);
      if (samples == scrape.samples_.end()) continue;
      for (const Scrape::Sample& sample : samples->second) family.metric.push_back(ToClient(metric, sample));
    }
    return families;
  }

 private:
  static prometheus::MetricType TypeOf(MetricKind kind) {
    switch (kind) {
      case MetricKind::kCounter:
        return prometheus::MetricType::Counter;
      case MetricKind::kGauge:
        return prometheus::MetricType::Gauge;
      case MetricKind::kHistogram:
        return prometheus::MetricType::Histogram;
    }
    return prometheus::MetricType::Untyped;
  }

  static prometheus::ClientMetric ToClient(const Metric& metric, const Scrape::Sample& sample) {
    prometheus::ClientMetric client;
    for (const auto& [name, value] : sample.labels) client.label.push_back({name, value});
    client.counter.value = sample.value;
    client.gauge.value = sample.value;
    if (metric.kind != MetricKind::kHistogram) return client;
    client.histogram.sample_count = sample.count;
    client.histogram.sample_sum = sample.value;
    for (const auto& [bound, count] : sample.buckets) client.histogram.bucket.push_back({count, bound});
    return client;
  }
};

namespace {

constexpr double kMicrosecondsPerSecond = 1'000'000;

class Collector final : public prometheus::Collectable {
 public:
  Collector(std::span<const Metric> table, std::function<void(Scrape&)> collect)
      : table_(table), collect_(std::move(collect)) {}

  std::vector<prometheus::MetricFamily> Collect() const override {
    Scrape scrape(table_);
    collect_(scrape);
    return ScrapeFamilies::Of(scrape);
  }

 private:
  const std::span<const Metric> table_;
  const std::function<void(Scrape&)> collect_;
};

class MetricsServerImpl final : public MetricsServer {
 public:
  MetricsServerImpl(const std::string& listen, std::shared_ptr<Collector> collector)
      : collector_(std::move(collector)),
        exposer_(std::vector<std::string>{"listening_ports", listen, "num_threads", "2"}) {
    exposer_.RegisterCollectable(collector_);
    address_ =
        fmt::format("{}:{}", listen.substr(0, listen.rfind(':')), exposer_.GetListeningPorts().front());
  }

  const std::string& address() const override { return address_; }

 private:
  const std::shared_ptr<Collector> collector_;  // shared, because the exposer takes it so
  prometheus::Exposer exposer_;
  std::string address_;
};

bool IsLoopback(const std::string& listen) {
  const size_t colon = listen.rfind(':');
  return colon != std::string::npos && listen.rfind("127.", 0) == 0 &&
         listen.find_first_not_of("0123456789", colon + 1) == std::string::npos && colon + 1 < listen.size();
}

}  // namespace

void Scrape::Set(std::string_view metric, Labels labels, double value) {
  samples_[metric].push_back({.labels = std::move(labels), .value = value, .buckets = {}, .count = 0});
}

void Scrape::SetDurations(std::string_view metric, Labels labels, const Durations& durations) {
  Sample sample{.labels = std::move(labels), .value = 0, .buckets = {}, .count = 0};
  sample.value = static_cast<double>(durations.sum_microseconds) / kMicrosecondsPerSecond;
  for (size_t i = 0; i < durations.counts.size(); ++i) {
    sample.count += durations.counts[i];
    const double bound = i < durations.bounds.size()
                             ? static_cast<double>(durations.bounds[i]) / kMicrosecondsPerSecond
                             : std::numeric_limits<double>::infinity();
    sample.buckets.emplace_back(bound, sample.count);
  }
  samples_[metric].push_back(std::move(sample));
}

std::string Scrape::ToText() const {
  return prometheus::TextSerializer().Serialize(ScrapeFamilies::Of(*this));
}

absl::StatusOr<std::unique_ptr<MetricsServer>> MetricsServer::Start(const std::string& listen,
                                                                    std::span<const Metric> table,
                                                                    std::function<void(Scrape&)> collect) {
  if (!IsLoopback(listen)) {
    return absl::InvalidArgumentError(
        "metrics-listen: has to be a loopback address and port, 127.0.0.1:9411 for example: the page has no "
        "authentication");
  }
  // The web server's only way to say that it cannot listen.
  try {
    return std::make_unique<MetricsServerImpl>(listen,
                                               std::make_shared<Collector>(table, std::move(collect)));
  } catch (const std::exception& error) {
    return absl::UnavailableError(fmt::format(
        "metrics-listen: cannot listen on {}: is another program there? ({})", listen, error.what()));
  }
}

}  // namespace realise
