#include "libs/serving/process.h"

#include <chrono>
#include <filesystem>
#include <system_error>
#include <utility>

#include "fmt/format.h"
#include "libs/base/status_macros.h"
#include "libs/serving/log_place.h"

namespace realise {
namespace {

// A heartbeat there and back, with room to spare.
constexpr std::chrono::seconds kLeaveWithin{2};
constexpr std::chrono::seconds kWatchLogEvery(2);

absl::Status MakeFolder(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (!error) return absl::OkStatus();
  return absl::NotFoundError(fmt::format("--data: cannot make {}: {}", path, error.message()));
}

// A database takes a lock on its folder, and says no more than that it could not have it.
absl::Status InFolder(const absl::Status& status, const std::string& data) {
  if (!absl::IsUnavailable(status)) return status;
  return absl::UnavailableError(fmt::format("--data: cannot open {}; has another process got it? ({})", data,
                                            std::string(status.message())));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Process>> Process::Start(const Role& role, const ServeOptions& options,
                                                        const Announce& announce) {
  RETURN_IF_ERROR(options.Check(role));
  if (role.ingest || role.projection) RETURN_IF_ERROR(MakeFolder(options.data));
  std::unique_ptr<Process> process(new Process());
  process->log_place_ =
      options.log == "kafka" ? "kafka:" + options.brokers : "embedded:" + options.data + "/log";
  auto log = OpenLogPlace(process->log_place_, {.allow_unsafe_topic = options.allow_unsafe_topic,
                                                .connection = options.kafka,
                                                .statistics = &process->kafka_statistics_});
  if (!log.ok()) return InFolder(log.status(), options.data);
  process->log_ = *std::move(log);
  process->log_watch_.emplace(*process->log_, announce, kWatchLogEvery);
  if (role.ingest) RETURN_IF_ERROR(process->OpenWriters(options, announce));
  if (role.projection) RETURN_IF_ERROR(process->OpenProjection(options));
  const RpcParts parts = process->Parts(role, options);
  if (!options.metrics_listen.empty()) {
    const auto inbound = [process = process.get()]() -> std::optional<InboundCounts> {
      const InboundConsumer* const consumer = process->inbound_asked_;
      return consumer == nullptr ? std::nullopt : std::optional(consumer->Counts());
    };
    process->metrics_.emplace(role, parts,
                              MetricSources{.kafka = process->kafka_statistics_, .inbound = inbound});
    ASSIGN_OR_RETURN(
        process->metrics_server_,
        MetricsServer::Start(options.metrics_listen, ProcessMetricTable(),
                             [metrics = &*process->metrics_](Scrape& scrape) { metrics->Collect(scrape); }));
  }
  ASSIGN_OR_RETURN(process->server_, RpcServer::Start(parts, {.listen = options.listen}));
  if (process->fleet_ != nullptr) {
    process->fleet_->Join(options.advertise.empty() ? process->address() : options.advertise);
  }
  if (!options.inbound.empty()) RETURN_IF_ERROR(process->OpenInbound(options, announce));
  return process;
}

RpcParts Process::Parts(const Role& role, const ServeOptions& options) {
  RpcParts parts{.log = *log_,
                 .clock = clock_,
                 .writers = writers_ ? &*writers_ : nullptr,
                 .placement = fleet_.get(),
                 .projection = projection_.get(),
                 .audit = role.audit,
                 .calls = &calls_};
  parts.log_reachable = [this] { return log_watch_->reachable(); };
  if (fleet_ != nullptr) {
    parts.named_health.push_back({"fleet", [fleet = fleet_.get()] { return fleet->Health(); }});
  }
  if (!options.inbound.empty()) {
    parts.named_health.push_back({"inbound", [this] {
                                    const InboundConsumer* const consumer = inbound_asked_;
                                    return consumer == nullptr ? absl::UnavailableError("it has not started")
                                                               : consumer->Health();
                                  }});
  }
  return parts;
}

absl::Status Process::OpenWriters(const ServeOptions& options, const Announce& announce) {
  auto store = DeciderStore::Open({.path = options.data + "/decider", .env = nullptr});
  if (!store.ok()) return InFolder(store.status(), options.data);
  decider_store_ = *std::move(store);
  if (options.log == "kafka") return OpenFleet(options, announce);
  writers_.emplace(*log_, *decider_store_, clock_);
  return absl::OkStatus();
}

// Of several processes that write the same ledgers.
absl::Status Process::OpenFleet(const ServeOptions& options, const Announce& announce) {
  ASSIGN_OR_RETURN(
      fleet_, KafkaFleet::Open(
                  {.brokers = options.brokers, .topic = options.fleet_topic, .connection = options.kafka}));
  LedgerWritersOptions writing;
  writing.take_over = true;
  writing.still_mine = [fleet = fleet_.get()](const std::string& ledger) {
    return fleet->Of(ledger).where == Where::kHere;
  };
  writing.log_damaged = [fleet = fleet_.get(), announce](const std::string& ledger, const absl::Status& why) {
    fleet->TellDamaged(ledger);
    announce(fmt::format("A LEDGER IS DAMAGED, and no process appends to it while this one runs: {}",
                         std::string(why.message())));
  };
  writers_.emplace(*log_, *decider_store_, clock_, std::move(writing));
  handover_.emplace(*fleet_, *writers_);
  return absl::OkStatus();
}

absl::Status Process::OpenProjection(const ServeOptions& options) {
  ProjectionOptions projection;
  projection.path = options.data + "/views";
  auto opened = Projection::Open(*log_, std::move(projection));
  if (!opened.ok()) return InFolder(opened.status(), options.data);
  projection_ = *std::move(opened);
  projection_->Start();
  return absl::OkStatus();
}

absl::Status Process::OpenInbound(const ServeOptions& options, const Announce& announce) {
  appends_.emplace(address());
  InboundOptions inbound;
  inbound.cluster.brokers = options.brokers;
  inbound.cluster.connection = options.kafka;
  inbound.topics = InboundTopicsOf(options.inbound);
  inbound.allow_unsafe_topic = options.allow_unsafe_topic;
  inbound.say = announce;
  const auto append = [this](v1::AppendRequest request, std::function<void(AppendOutcome)> done) {
    appends_->Append(std::move(request), std::move(done));
  };
  ASSIGN_OR_RETURN(inbound_, InboundConsumer::Start(inbound, append, clock_));
  inbound_asked_ = inbound_.get();
  return absl::OkStatus();
}

void Process::Stop() {
  if (inbound_ != nullptr) inbound_->Stop();
  // What the inbound topic still has under way is taken again, by whoever has the partition then.
  appends_.reset();
  if (fleet_ != nullptr) fleet_->Leave(kLeaveWithin);
  if (server_ != nullptr) server_->Stop();
}

}  // namespace realise
