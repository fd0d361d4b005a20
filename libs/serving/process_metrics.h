// What a server tells Prometheus; README.md lists it.
#pragma once

#include <span>

#include "libs/base/clock.h"
#include "libs/kafka/kafka_statistics.h"
#include "libs/metrics/metrics.h"
#include "libs/rpc/rpc_parts.h"
#include "libs/serving/role.h"

namespace realise {

// Every metric, whatever the role: one that a process has nothing to say of has no samples there.
[[nodiscard]] std::span<const Metric> ProcessMetricTable();

// Reads the samples of the moment.  Thread-safe; the parts must outlive it.
class ProcessMetrics {
 public:
  ProcessMetrics(const Role& role, const RpcParts& parts, const KafkaStatistics& kafka)
      : role_(role), parts_(parts), kafka_(kafka), started_at_(parts.clock.Now()) {}

  void Collect(Scrape& scrape) const;

 private:
  void CollectCalls(Scrape& scrape) const;
  void CollectWriters(Scrape& scrape) const;
  void CollectProjection(Scrape& scrape) const;
  void CollectKafka(Scrape& scrape) const;

  const Role role_;
  const RpcParts parts_;
  const KafkaStatistics& kafka_;
  const Instant started_at_;
};

}  // namespace realise
