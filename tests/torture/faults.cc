#include "tests/torture/faults.h"

#include "fmt/format.h"
#include "libs/base/status_macros.h"
#include "tests/support/claim_story.h"
#include "tests/torture/power_cut.h"
#include "tests/torture/topic_surgeon.h"

namespace realise::torture {
namespace {

using std::chrono::milliseconds;

using Act = std::function<absl::Status(World&, uint64_t)>;
using Choose = FleetProcess& (World::*)(uint64_t);

constexpr milliseconds kLargeCallMax(10'000);

Act Kill(Choose choose) {
  return [choose](World& world, uint64_t any) {
    (world.*choose)(any).Kill();
    return absl::OkStatus();
  };
}

Act Stop(Choose choose) {
  return [choose](World& world, uint64_t any) {
    FleetProcess& process = (world.*choose)(any);
    if (process.Stop()) return absl::OkStatus();
    return absl::DeadlineExceededError(process.name() + " did not end when it was asked to");
  };
}

Act Start(Choose choose) {
  return [choose](World& world, uint64_t any) { return (world.*choose)(any).Start(); };
}

Act Pause(Choose choose) {
  return [choose](World& world, uint64_t any) {
    (world.*choose)(any).Pause();
    return absl::OkStatus();
  };
}

Act Resume(Choose choose) {
  return [choose](World& world, uint64_t any) {
    (world.*choose)(any).Resume();
    return absl::OkStatus();
  };
}

int BrokerOf(World& world, uint64_t any) {
  return 1 + static_cast<int>(any % static_cast<uint64_t>(world.brokers().size()));
}

Act Broker(const std::string& what) {
  return [what](World& world, uint64_t any) { return world.brokers().Do(what, BrokerOf(world, any)); };
}

Act AllBrokers(const std::string& what) {
  return [what](World& world, uint64_t /*any*/) {
    for (int broker = 1; broker <= world.brokers().size(); ++broker) {
      RETURN_IF_ERROR(world.brokers().Do(what, broker));
    }
    return absl::OkStatus();
  };
}

Act Wires(void (TcpProxy::*act)()) {
  return [act](World& world, uint64_t /*any*/) {
    for (const auto& wire : world.brokers().wires()) ((*wire).*act)();
    return absl::OkStatus();
  };
}

Act Clock(std::chrono::seconds offset) {
  return [offset](World& world, uint64_t /*any*/) { return world.SetClock(offset); };
}

Act CutPower(Choose choose) {
  return [choose](World& world, uint64_t any) { return world.CutPower((world.*choose)(any)); };
}

// A broker has not synced what it acknowledged: the others have it.
absl::Status CutPowerOfBroker(World& world, uint64_t any) {
  const int broker = BrokerOf(world, any);
  RETURN_IF_ERROR(world.brokers().Do("kill", broker));
  return LoseUnflushedRecords(world.brokers().DataOf(broker));
}

Act Fill(const std::string& disk) {
  return [disk](World& world, uint64_t /*any*/) { return world.disk(disk)->Fill(); };
}

Act Free(const std::string& disk) {
  return [disk](World& world, uint64_t /*any*/) { return world.disk(disk)->Free(); };
}

// It gives its only folder up, and ends.
absl::Status FillDiskOfBroker(World& world, uint64_t /*any*/) { return world.brokers().disk()->Fill(); }

absl::Status ReplaceDiskOfBroker(World& world, uint64_t /*any*/) {
  BrokerCluster& brokers = world.brokers();
  RETURN_IF_ERROR(brokers.disk()->Free());
  RETURN_IF_ERROR(brokers.EndIfAlive(brokers.size()));
  return brokers.Do("start", brokers.size());
}

// From now on topics take records of so many bytes and no larger ones.
Act LimitRecords(const std::string& bytes) {
  return [bytes](World& world, uint64_t /*any*/) {
    const TopicSurgeon surgeon(world.brokers().direct());
    for (const auto& ledger : world.ledgers()) {
      RETURN_IF_ERROR(surgeon.Set(ledger->recorder().ledger(), "max.message.bytes", bytes));
    }
    return absl::OkStatus();
  };
}

// What is larger than a text, an event, a commit, and a call may be.
std::vector<v1::AppendRequest> TooLarge(uint64_t any) {
  std::vector<v1::AppendRequest> requests;
  for (const size_t bytes : {1'000UL, 100'000UL, 1'100'000UL, 20'000'000UL}) {
    v1::Event event = testing::SharedQuery(fmt::format("large-{}-{}", any, bytes));
    event.mutable_claim_queried()->set_question(std::string(bytes, 'x'));
    *requests.emplace_back().add_events() = event;
  }
  v1::AppendRequest& batch = requests.emplace_back();
  for (int i = 0; i < 30'000; ++i)
    *batch.add_events() = testing::SharedQuery(fmt::format("many-{}-{}", any, i));
  return requests;
}

// Each is refused, and nothing else suffers.
absl::Status SendTooLarge(World& world, uint64_t any) {
  LedgerClients& ledger = *world.ledgers()[0];
  for (v1::AppendRequest& request : TooLarge(any)) {
    request.set_ledger(ledger.recorder().ledger());
    for (const auto& writer : world.writer_stubs()) {
      AppendCall call = SendAppend(*writer, "large", request, kLargeCallMax);
      const bool refused = call.outcome == Outcome::kFailed || call.outcome == Outcome::kRejected;
      const std::string reason = call.reason;
      ledger.recorder().Add(std::move(call));
      if (refused) continue;
      return absl::InternalError(fmt::format("{} did not refuse {} bytes; it says: {}",
                                             writer->process.name(), request.ByteSizeLong(), reason));
    }
  }
  return absl::OkStatus();
}

Act Both(Act first, Act second) {
  return [first = std::move(first), second = std::move(second)](World& world, uint64_t any) {
    RETURN_IF_ERROR(first(world, any));
    return second(world, any / 7);
  };
}

absl::Status Nothing(World& /*world*/, uint64_t /*any*/) { return absl::OkStatus(); }

std::vector<Fault> FaultsOfServers() {
  constexpr WorldKind kKafka = WorldKind::kKafka;
  constexpr WorldKind kEmbedded = WorldKind::kEmbedded;
  constexpr Choose kWriter = &World::Writer;
  constexpr Choose kReader = &World::Reader;
  return {
      {"ingest killed", kKafka, milliseconds(1500), Kill(kWriter), Start(kWriter), ""},
      {"ingest paused", kKafka, milliseconds(6000), Pause(kWriter), Resume(kWriter), ""},
      {"ingest restarted", kKafka, milliseconds(0), Stop(kWriter), Start(kWriter), ""},
      {"projection killed", kKafka, milliseconds(1500), Kill(kReader), Start(kReader), ""},
      {"projection paused", kKafka, milliseconds(4000), Pause(kReader), Resume(kReader), ""},
      {"projection restarted", kKafka, milliseconds(0), Stop(kReader), Start(kReader), ""},
      {"server killed", kEmbedded, milliseconds(200), Kill(kWriter), Start(kWriter), ""},
      {"server paused", kEmbedded, milliseconds(3000), Pause(kWriter), Resume(kWriter), ""},
      {"server restarted", kEmbedded, milliseconds(0), Stop(kWriter), Start(kWriter), ""},
  };
}

std::vector<Fault> FaultsOfBrokers() {
  constexpr WorldKind kKafka = WorldKind::kKafka;
  return {
      {"broker killed", kKafka, milliseconds(2500), Broker("kill"), Broker("start"), ""},
      {"broker paused", kKafka, milliseconds(7000), Broker("pause"), Broker("resume"), ""},
      {"leaders move", kKafka, milliseconds(1000), Broker("stop"), Broker("start"), ""},
      {"all brokers killed", kKafka, milliseconds(500), AllBrokers("kill"), AllBrokers("start"), ""},
      {"all brokers paused", kKafka, milliseconds(6000), AllBrokers("pause"), AllBrokers("resume"), ""},
      {"writer cut off", kKafka, milliseconds(8000), Wires(&TcpProxy::Hold),
       Both(Wires(&TcpProxy::Reset), Wires(&TcpProxy::Pass)), ""},
      {"wires held, then on", kKafka, milliseconds(4000), Wires(&TcpProxy::Hold), Wires(&TcpProxy::Pass), ""},
      {"connections reset", kKafka, milliseconds(500), Wires(&TcpProxy::Reset), Wires(&TcpProxy::Reset), ""},
      {"broker loses power", kKafka, milliseconds(2500), CutPowerOfBroker, Broker("start"), ""},
      {"records too large for topics", kKafka, milliseconds(2000), LimitRecords("200"),
       LimitRecords("1114112"), ""},
      {"ingest paused, broker killed", kKafka, milliseconds(4000),
       Both(Pause(&World::Writer), Broker("kill")), Both(Resume(&World::Writer), Broker("start")), ""},
  };
}

std::vector<Fault> FaultsOfDisks() {
  constexpr WorldKind kKafka = WorldKind::kKafka;
  constexpr WorldKind kEmbedded = WorldKind::kEmbedded;
  constexpr Choose kWriter = &World::WitnessedWriter;
  constexpr Choose kReader = &World::WitnessedReader;
  const std::string cannot = SmallDisk::CanBeMade() ? "" : "no tmpfs may be mounted here";
  return {
      {"server loses power", kEmbedded, milliseconds(200), CutPower(kWriter), Start(kWriter), ""},
      {"ingest loses power", kKafka, milliseconds(1500), CutPower(kWriter), Start(kWriter), ""},
      {"projection loses power", kKafka, milliseconds(500), CutPower(kReader), Start(kReader), ""},
      // After a write that failed the embedded log takes nothing until it is opened again.
      {"disk of log full", kEmbedded, milliseconds(2000), Fill("log"),
       Both(Free("log"), Both(Stop(kWriter), Start(kWriter))), cannot},
      {"disk of views full", kEmbedded, milliseconds(2000), Fill("views"), Free("views"), cannot},
      {"disk of views full", kKafka, milliseconds(3000), Fill("views"), Free("views"), cannot},
      {"disk of ingest full", kKafka, milliseconds(3000), Fill("decider"), Free("decider"), cannot},
      {"disk of broker full", kKafka, milliseconds(3000), FillDiskOfBroker, ReplaceDiskOfBroker, cannot},
  };
}

std::vector<Fault> FaultsOfTime() {
  const std::string cannot = World::ClockCanBeSet() ? "" : "libfaketime is not installed";
  std::vector<Fault> faults;
  for (const WorldKind world : {WorldKind::kKafka, WorldKind::kEmbedded}) {
    faults.push_back({"clock jumps ahead", world, milliseconds(3000), Clock(std::chrono::seconds(8)),
                      Clock(std::chrono::seconds(0)), cannot});
    faults.push_back({"clock jumps back", world, milliseconds(3000), Clock(std::chrono::seconds(-20)),
                      Clock(std::chrono::seconds(0)), cannot});
  }
  return faults;
}

}  // namespace

std::vector<Fault> AllFaults() {
  std::vector<Fault> all = FaultsOfServers();
  for (const auto& more : {FaultsOfBrokers(), FaultsOfDisks(), FaultsOfTime()})
    all.insert(all.end(), more.begin(), more.end());
  for (const WorldKind world : {WorldKind::kKafka, WorldKind::kEmbedded}) {
    all.push_back({"messages too large", world, milliseconds(0), SendTooLarge, Nothing, ""});
    all.push_back({"none", world, milliseconds(0), Nothing, Nothing, ""});
  }
  return all;
}

}  // namespace realise::torture
