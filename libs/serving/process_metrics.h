// What a server tells Prometheus; README.md lists it.
#pragma once

#include <functional>
#include <optional>
#include <span>

#include "libs/base/clock.h"
#include "libs/inbound/kafka/inbound_consumer.h"
#include "libs/kafka/kafka_statistics.h"
#include "libs/metrics/metrics.h"
#include "libs/rpc/rpc_parts.h"
#include "libs/serving/role.h"

namespace realise {

// Every metric, whatever the role: one that a process has nothing to say of has no samples there.
[[nodiscard]] std::span<const Metric> ProcessMetricTable();

// What is told beside what the process serves with.
struct MetricSources {
  const KafkaStatistics& kafka;
  // Of what others publish; nothing if this process does not take it, or not yet.  Thread-safe.
  std::function<std::optional<InboundCounts>()> inbound{};
};

// The samples of what others publish.
void CollectInbound(const InboundCounts& counts, Scrape& scrape);

// Reads the samples of the moment.  Thread-safe; the parts must outlive it.
class ProcessMetrics {
 public:
  ProcessMetrics(const Role& role, const RpcParts& parts, MetricSources sources)
      : role_(role), parts_(parts), sources_(std::move(sources)), started_at_(parts.clock.Now()) {}

  void Collect(Scrape& scrape) const;

 private:
  void CollectCalls(Scrape& scrape) const;
  void CollectWriters(Scrape& scrape) const;
  void CollectProjection(Scrape& scrape) const;
  void CollectKafka(Scrape& scrape) const;
  void CollectFleet(Scrape& scrape) const;

  const Role role_;
  const RpcParts parts_;
  const MetricSources sources_;
  const Instant started_at_;
};

}  // namespace realise
