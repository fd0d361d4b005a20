// What the loop tells of itself.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>
#include <vector>

#include "libs/inbound/kafka/inbound_loop.h"

namespace realise {
namespace {

constexpr std::chrono::milliseconds kPublishEvery{200};
constexpr std::chrono::seconds kSayAgainAfter{60};
// An error of the client that did not come again for as long is over.
constexpr std::chrono::seconds kErrorLasts{5};
// A ledger that is slow for a moment is no trouble.
constexpr std::chrono::seconds kLedgerSilentFor{2};
// In a rush a partition waits again and again, which is no trouble either.
constexpr std::chrono::seconds kPausedFor{10};
constexpr size_t kTroublesMax = 5;

absl::Status HealthOf(const std::map<std::string, std::string>& troubles) {
  if (troubles.empty()) return absl::OkStatus();
  std::vector<std::string> told;
  for (const auto& [what, why] : troubles) {
    if (told.size() < kTroublesMax) told.push_back(fmt::format("{} {}", what, why));
  }
  const size_t more = troubles.size() - told.size();
  return absl::UnavailableError(fmt::format("inbound: {}{}", fmt::join(told, "; "),
                                            more == 0 ? "" : fmt::format("; and {} more", more)));
}

}  // namespace

std::map<std::string, std::string> InboundConsumer::Loop::Troubles(Time now) const {
  std::map<std::string, std::string> troubles;
  if (!client_error_.empty() && now - client_error_at_ < kErrorLasts) troubles["Kafka"] = client_error_;
  // Every other error is told once, and then nothing more of a cluster that is gone.
  if (!connected_) troubles["Kafka"] = "does not answer: no broker is connected";
  if (!producer_->failure().ok()) troubles["outcomes"] = std::string(producer_->failure().message());
  for (const auto& [id, partition] : partitions_) {
    if (partition.paused && now - partition.paused_at >= kPausedFor) {
      troubles[fmt::format("partition {}", id)] =
          fmt::format("waits, with {} messages that are not answered", partition.progress.open());
    }
    for (const auto& [ledger, lane] : partition.lanes) {
      if (!lane.failing_since() || now - *lane.failing_since() < kLedgerSilentFor) continue;
      const auto silent = std::chrono::duration_cast<std::chrono::seconds>(now - *lane.failing_since());
      troubles["ledger " + ledger] = fmt::format("has taken no events for {} s: {}", silent.count(),
                                                 std::string(lane.failure().message()));
    }
  }
  return troubles;
}

void InboundConsumer::Loop::NoteTrouble(std::string what) {
  client_error_ = std::move(what);
  client_error_at_ = std::chrono::steady_clock::now();
}

int InboundConsumer::Loop::NoteStatistics(rd_kafka_t* /*handle*/, char* json, size_t size, void* opaque) {
  Loop& loop = *static_cast<Loop*>(opaque);
  loop.statistics_.Take({json, size});
  loop.connected_ = false;
  for (const KafkaClientStatistics& client : loop.statistics_.Clients()) {
    for (const KafkaBrokerStatistics& broker : client.brokers) loop.connected_ |= broker.up;
  }
  return 0;  // librdkafka frees it
}

void InboundConsumer::Loop::Publish(Time now) {
  if (now < publish_at_) return;
  publish_at_ = now + kPublishEvery;
  InboundCounts counts = counted_;
  counts.partitions = static_cast<int>(partitions_.size());
  for (const auto& [id, partition] : partitions_) {
    counts.paused_partitions += partition.paused ? 1 : 0;
    for (const auto& [ledger, lane] : partition.lanes) counts.waiting += static_cast<int64_t>(lane.waiting());
    int64_t low = 0;
    int64_t high = 0;
    rd_kafka_get_watermark_offsets(consumer_.get(), options_.topics.inbound.c_str(), id, &low, &high);
    counts.lag +=
        std::max<int64_t>(high - partition.progress.committed().value_or(std::max<int64_t>(low, 0)), 0);
  }
  const std::map<std::string, std::string> troubles = Troubles(now);
  const absl::Status health = HealthOf(troubles);
  {
    const std::lock_guard lock(mutex_);
    health_ = health;
    counts_ = std::move(counts);
  }
  std::set<std::string> wrong;
  for (const auto& [what, why] : troubles) wrong.insert(what);
  if (wrong != said_ || (!wrong.empty() && now - said_at_ >= kSayAgainAfter)) {
    Say(health.ok() ? "inbound: all is well again" : std::string(health.message()));
    said_ = std::move(wrong);
    said_at_ = now;
  }
}

void InboundConsumer::Loop::Say(const std::string& line) const {
  if (options_.say) options_.say(line);
}

absl::Status InboundConsumer::Loop::Health() const {
  const std::lock_guard lock(mutex_);
  return health_;
}

InboundCounts InboundConsumer::Loop::Counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

}  // namespace realise
