#include "libs/serving/process_metrics.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "libs/projection/projection.h"

namespace realise {
namespace {

constexpr std::array kTable = {
    Metric{"realise_build_info", MetricKind::kGauge, "1; the program, its version and the fold's as labels"},
    Metric{"process_start_time_seconds", MetricKind::kGauge, "When the process started, since 1970"},
    Metric{"realise_log_reachable", MetricKind::kGauge, "Whether the log answers: 1 or 0"},
    Metric{"realise_rpc_duration_seconds", MetricKind::kHistogram,
           "Calls that ended, by method and status code; a stream counts once, at its end"},
    Metric{"realise_rpc_under_way", MetricKind::kGauge, "Calls that have not ended"},
    Metric{"realise_written_position", MetricKind::kGauge,
           "Position of the last event that the ledger's writer has read back"},
    Metric{"realise_writer_healthy", MetricKind::kGauge,
           "1; 0 while the ledger's writer cannot reach the log, or has stopped"},
    Metric{"realise_writer_events_total", MetricKind::kCounter, "Events accepted and recorded"},
    Metric{"realise_writer_duplicates_total", MetricKind::kCounter,
           "Events accepted that had been recorded before"},
    Metric{"realise_writer_refused_total", MetricKind::kCounter, "Commands refused, by reason"},
    Metric{"realise_writer_commits_total", MetricKind::kCounter, "Commits read back as valid"},
    Metric{"realise_writer_foreign_commits_total", MetricKind::kCounter,
           "Commits of other writers, valid or void"},
    Metric{"realise_writer_taken_over_total", MetricKind::kCounter,
           "Take-overs of the ledger by other writers"},
    Metric{"realise_writer_decided_again_total", MetricKind::kCounter,
           "Decisions that rested on what turned out void"},
    Metric{"realise_writer_receipt_mismatches_total", MetricKind::kCounter,
           "Receipts in requests that name another history"},
    Metric{"realise_pending_bytes", MetricKind::kGauge, "Bytes of commands that are not yet answered"},
    Metric{"realise_part_healthy", MetricKind::kGauge,
           "Whether a part of the process is well, 1 or 0: fleet, inbound"},
    Metric{"realise_fleet_members", MetricKind::kGauge, "Ingest processes that this one knows to write"},
    Metric{"realise_fleet_serving", MetricKind::kGauge, "Whether this process is one of them: 1 or 0"},
    Metric{"realise_inbound_taken_total", MetricKind::kCounter, "Messages taken from the inbound topic"},
    Metric{"realise_inbound_accepted_total", MetricKind::kCounter, "Messages whose event was recorded"},
    Metric{"realise_inbound_duplicates_total", MetricKind::kCounter,
           "Messages whose event had been recorded before"},
    Metric{"realise_inbound_rejected_total", MetricKind::kCounter, "Messages rejected, by reason"},
    Metric{"realise_inbound_gone_total", MetricKind::kCounter,
           "Messages that Kafka deleted before they were taken"},
    Metric{"realise_inbound_lag", MetricKind::kGauge,
           "Messages of the partitions of this process that are not done, as of the last fetch"},
    Metric{"realise_inbound_waiting", MetricKind::kGauge, "Messages taken that wait for their ledgers"},
    Metric{"realise_inbound_partitions", MetricKind::kGauge,
           "Partitions of the inbound topic that this process has"},
    Metric{"realise_inbound_paused_partitions", MetricKind::kGauge,
           "Partitions of which nothing is taken, because too much of them waits"},
    Metric{"realise_folded_position", MetricKind::kGauge, "Position of the last event that answers rest on"},
    Metric{"realise_fold_lag_seconds", MetricKind::kGauge,
           "How long ago the last folded commit was recorded; 0 when caught up"},
    Metric{"realise_fold_state", MetricKind::kGauge, "1 for the state that the ledger's fold is in"},
    Metric{"realise_fold_void_commits", MetricKind::kGauge, "Void commits passed over since the first"},
    Metric{"realise_kafka_queued_messages", MetricKind::kGauge,
           "Records handed to a producer and not yet acknowledged"},
    Metric{"realise_kafka_queued_bytes", MetricKind::kGauge, "Bytes of such records"},
    Metric{"realise_kafka_round_trip_seconds", MetricKind::kGauge,
           "99th percentile of requests to a broker in the last five seconds"},
    Metric{"realise_kafka_requests_waiting", MetricKind::kGauge,
           "Requests to a broker without an answer yet"},
    Metric{"realise_kafka_errors_total", MetricKind::kCounter,
           "Requests to a broker that failed or ran out of time"},
    Metric{"realise_kafka_disconnects_total", MetricKind::kCounter, "Connections to a broker that ended"},
};

constexpr double kMicrosecondsPerSecond = 1'000'000;

double Seconds(std::chrono::microseconds time) {
  return static_cast<double>(time.count()) / kMicrosecondsPerSecond;
}

// "caught_up"
std::string StateName(v1::FoldState state) {
  std::string name = v1::FoldState_Name(state).substr(std::string_view("FOLD_STATE_").size());
  std::ranges::transform(name, name.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return name;
}

}  // namespace

std::span<const Metric> ProcessMetricTable() { return kTable; }

void ProcessMetrics::Collect(Scrape& scrape) const {
  scrape.Set("realise_build_info",
             {{"program", std::string(role_.program)},
              {"version", REALISE_VERSION},
              {"fold_version", std::to_string(kFoldVersion)}},
             1);
  scrape.Set("process_start_time_seconds", {}, Seconds(started_at_.time_since_epoch()));
  scrape.Set("realise_log_reachable", {}, !parts_.log_reachable || parts_.log_reachable() ? 1 : 0);
  if (parts_.calls != nullptr) CollectCalls(scrape);
  if (parts_.writers != nullptr) CollectWriters(scrape);
  if (parts_.projection != nullptr) CollectProjection(scrape);
  CollectKafka(scrape);
  if (parts_.placement != nullptr) CollectFleet(scrape);
  for (const NamedHealth& part : parts_.named_health) {
    scrape.Set("realise_part_healthy", {{"part", part.name}}, part.health().ok() ? 1 : 0);
  }
  if (!sources_.inbound) return;
  if (const auto counts = sources_.inbound()) CollectInbound(*counts, scrape);
}

void ProcessMetrics::CollectFleet(Scrape& scrape) const {
  scrape.Set("realise_fleet_members", {}, static_cast<double>(parts_.placement->Members().size()));
  scrape.Set("realise_fleet_serving", {}, parts_.placement->Serving() ? 1 : 0);
}

void CollectInbound(const InboundCounts& counts, Scrape& scrape) {
  scrape.Set("realise_inbound_taken_total", {}, static_cast<double>(counts.taken));
  scrape.Set("realise_inbound_accepted_total", {}, static_cast<double>(counts.accepted));
  scrape.Set("realise_inbound_duplicates_total", {}, static_cast<double>(counts.duplicates));
  for (const auto& [reason, count] : counts.rejected) {
    scrape.Set("realise_inbound_rejected_total", {{"reason", reason}}, static_cast<double>(count));
  }
  scrape.Set("realise_inbound_gone_total", {}, static_cast<double>(counts.gone));
  scrape.Set("realise_inbound_lag", {}, static_cast<double>(counts.lag));
  scrape.Set("realise_inbound_waiting", {}, static_cast<double>(counts.waiting));
  scrape.Set("realise_inbound_partitions", {}, counts.partitions);
  scrape.Set("realise_inbound_paused_partitions", {}, counts.paused_partitions);
}

void ProcessMetrics::CollectKafka(Scrape& scrape) const {
  for (const KafkaClientStatistics& client : sources_.kafka.Clients()) {
    const Labels labels = {{"client", client.client}};
    scrape.Set("realise_kafka_queued_messages", labels, static_cast<double>(client.queued_messages));
    scrape.Set("realise_kafka_queued_bytes", labels, static_cast<double>(client.queued_bytes));
    for (const KafkaBrokerStatistics& broker : client.brokers) {
      const Labels both = {{"client", client.client}, {"broker", broker.broker}};
      scrape.Set("realise_kafka_round_trip_seconds", both,
                 Seconds(std::chrono::microseconds(broker.round_trip_us)));
      scrape.Set("realise_kafka_requests_waiting", both, static_cast<double>(broker.requests_waiting));
      scrape.Set("realise_kafka_errors_total", both, static_cast<double>(broker.errors));
      scrape.Set("realise_kafka_disconnects_total", both, static_cast<double>(broker.disconnects));
    }
  }
}

void ProcessMetrics::CollectCalls(Scrape& scrape) const {
  scrape.Set("realise_rpc_under_way", {}, static_cast<double>(parts_.calls->under_way()));
  for (const CallsRow& row : parts_.calls->Rows()) {
    scrape.SetDurations(
        "realise_rpc_duration_seconds", {{"method", row.method}, {"code", row.code}},
        {.bounds = kCallBounds, .counts = row.counts, .sum_microseconds = row.sum_microseconds});
  }
}

void ProcessMetrics::CollectWriters(Scrape& scrape) const {
  std::map<std::string, uint64_t> refused;
  for (const WriterStatus& writer : parts_.writers->Statuses()) {
    const auto set = [&](std::string_view metric, uint64_t value) {
      scrape.Set(metric, {{"ledger", writer.ledger}}, static_cast<double>(value));
    };
    set("realise_written_position", writer.counts.position);
    set("realise_writer_healthy", writer.health.ok() ? 1 : 0);
    set("realise_writer_events_total", writer.counts.events);
    set("realise_writer_duplicates_total", writer.counts.duplicates);
    set("realise_writer_commits_total", writer.counts.commits);
    set("realise_writer_foreign_commits_total", writer.counts.foreign_commits);
    set("realise_writer_taken_over_total", writer.counts.taken_over);
    set("realise_writer_decided_again_total", writer.counts.decided_again);
    set("realise_writer_receipt_mismatches_total", writer.counts.receipt_mismatches);
    for (const auto& [reason, count] : writer.counts.refused) {
      scrape.Set("realise_writer_refused_total", {{"ledger", writer.ledger}, {"reason", reason}},
                 static_cast<double>(count));
    }
  }
  scrape.Set("realise_pending_bytes", {}, static_cast<double>(parts_.writers->pending_bytes()));
}

void ProcessMetrics::CollectProjection(Scrape& scrape) const {
  const Instant now = parts_.clock.Now();
  for (const v1::LedgerStatus& ledger : parts_.projection->Status({})) {
    const Labels labels = {{"ledger", ledger.ledger()}};
    scrape.Set("realise_fold_state", {{"ledger", ledger.ledger()}, {"state", StateName(ledger.fold_state())}},
               1);
    scrape.Set("realise_fold_void_commits", labels, static_cast<double>(ledger.void_commits()));
    if (const auto folded = Receipt::Parse(ledger.folded())) {
      scrape.Set("realise_folded_position", labels, static_cast<double>(folded->sequence));
    }
    const auto recorded_at = ParseInstant(ledger.folded_recorded_at());
    const bool caught_up = ledger.fold_state() == v1::FOLD_STATE_CAUGHT_UP;
    if (caught_up || recorded_at) {
      scrape.Set("realise_fold_lag_seconds", labels, caught_up ? 0 : Seconds(now - *recorded_at));
    }
  }
}

}  // namespace realise
