// Everything that is made to fail: the servers, the brokers under them, and the wires between.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tests/torture/broker_cluster.h"
#include "tests/torture/fleet_process.h"
#include "tests/torture/load.h"
#include "tests/torture/small_disk.h"

namespace realise::torture {

enum class WorldKind { kKafka, kEmbedded };
[[nodiscard]] std::string_view WorldName(WorldKind kind);

struct WorldOptions {
  WorldKind kind = WorldKind::kKafka;
  std::string programs;      // the folder of the build's programs
  std::string sync_witness;  // the library of sync_witness.cc
  std::string kafka_tool;    // tools/kafka
  std::string kafka_folder;  // where that keeps its brokers
  std::string folder;        // for data and logs; made, and left behind
  int writers = 3;           // on Kafka, as many projections
  int ledgers = 4;
};

// Calls `attempt` until it is OK, or for so long; its last status.
[[nodiscard]] absl::Status Retry(std::chrono::seconds wait_max, const std::function<absl::Status()>& attempt);

// Not thread-safe, and to be used by one thread for its whole life: its processes die with it.
class World {
 public:
  // Starts all of it, with ledgers that hold the founding events.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<World>> Start(const WorldOptions& options,
                                                                    uint64_t seed);
  ~World();

  World(const World&) = delete;
  World& operator=(const World&) = delete;

  WorldKind kind() const { return options_.kind; }
  const std::string& folder() const { return options_.folder; }

  // Targets of faults, chosen by any number; the processes that have something that the others do not: a disk
  // of their own, or witnesses of their syncs.
  FleetProcess& Writer(uint64_t any) { return *writers_[any % writers_.size()]; }
  FleetProcess& Reader(uint64_t any) { return *readers_[any % readers_.size()]; }
  const std::vector<std::unique_ptr<FleetProcess>>& processes() const { return processes_; }
  FleetProcess& WitnessedWriter(uint64_t /*any*/) { return Writer(1); }
  FleetProcess& WitnessedReader(uint64_t /*any*/) { return Reader(1); }
  // On Kafka only.
  BrokerCluster& brokers() { return *brokers_; }
  // A disk that can be full; null if there is none of that name, or if this process may not mount.
  SmallDisk* disk(const std::string& name) const;
  // Kills one whose syncs are witnessed, and takes away what it had not synced.
  [[nodiscard]] absl::Status CutPower(FleetProcess& process) const;

  // The clock of the last writer, from now on, against the true one.  Whether it can be set: it takes
  // libfaketime.
  [[nodiscard]] absl::Status SetClock(std::chrono::seconds offset) const;
  [[nodiscard]] static bool ClockCanBeSet();

  const std::vector<std::unique_ptr<ServerStubs>>& writer_stubs() const { return writer_stubs_; }
  const std::vector<std::unique_ptr<ServerStubs>>& reader_stubs() const { return reader_stubs_; }
  const std::vector<std::unique_ptr<LedgerClients>>& ledgers() const { return ledgers_; }

  // All records of a ledger's log.
  [[nodiscard]] absl::StatusOr<std::vector<std::string>> Records(const std::string& ledger) const;
  // One more ledger with the founding events, under no load.
  [[nodiscard]] absl::StatusOr<std::unique_ptr<LedgerClients>> FoundAnother(uint64_t seed);
  // Waits until every broker answers and has all that the others have.
  [[nodiscard]] absl::Status WaitForBrokers() const;

 private:
  explicit World(const WorldOptions& options) : options_(options) {}

  absl::Status StartProcesses();
  struct Equipment {
    bool writes = false;
    bool reads = false;
    bool clock = false;              // it can be set
    bool witnessed = false;          // what it synced is known
    std::vector<std::string> disks;  // folders of its data on a disk of their own
  };
  absl::Status AddProcess(const std::string& name, std::vector<std::string> command,
                          const Equipment& equipment);
  std::vector<std::string> Preloaded(const std::string& name, std::vector<std::string> command,
                                     const Equipment& equipment) const;
  absl::StatusOr<std::unique_ptr<LedgerClients>> Found(const std::string& ledger);
  absl::StatusOr<std::vector<std::string>> KafkaRecords(const std::string& ledger) const;
  absl::StatusOr<std::vector<std::string>> EmbeddedRecords(const std::string& ledger) const;

  const WorldOptions options_;
  std::unique_ptr<BrokerCluster> brokers_;
  std::map<std::string, std::unique_ptr<SmallDisk>> disks_;  // before the processes that use them
  std::vector<std::unique_ptr<FleetProcess>> processes_;
  std::vector<FleetProcess*> writers_;
  std::vector<FleetProcess*> readers_;
  std::vector<std::unique_ptr<ServerStubs>> writer_stubs_;
  std::vector<std::unique_ptr<ServerStubs>> reader_stubs_;
  std::vector<std::unique_ptr<LedgerClients>> ledgers_;
};

}  // namespace realise::torture
