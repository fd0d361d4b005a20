// The ingest processes of one Kafka cluster, which know each other by heartbeats in a topic.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/fleet/placement.h"

namespace realise {

struct KafkaFleetOptions {
  std::string brokers{};  // "host:port,host:port"
  // Made if it is missing; all processes that share ledgers name the same.
  std::string topic = "realise.ingest";
  // How to connect, in librdkafka's names: security.protocol, sasl.username ...
  std::vector<std::pair<std::string, std::string>> connection{};
  // How long Open waits for the cluster.
  std::chrono::milliseconds request_timeout{10'000};
};

// Uses one producer, one consumer and a thread.  Thread-safe.
class KafkaFleet : public Placement {
 public:
  // Listens to the others from now on.
  //   INVALID_ARGUMENT  an option; the message names it.
  //   UNAVAILABLE       the cluster does not answer, or refuses the topic; call again.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<KafkaFleet>> Open(const KafkaFleetOptions& options);

  // Publishes from now on that this process can be reached at `address`.  It serves once it has listened for
  // kJoinFor, and has read what it published.  Once.
  virtual void Join(std::string address) = 0;
  // Tells the others that it serves no more; from here on its ledgers are theirs.  Returns once that was read
  // back, or after `wait`.
  virtual void Leave(std::chrono::milliseconds wait) = 0;

  // Tells the others, from now on and for the life of this process, that it stopped a ledger because its log
  // is not what it was: nobody is to write it.  Of beyond kDamagedLedgersMax the others hear nothing.
  virtual void TellDamaged(const std::string& ledger) = 0;

  [[nodiscard]] virtual const ProcessId& self() const = 0;
  // OK; UNAVAILABLE while heartbeats cannot be published or read, with the reason.
  [[nodiscard]] virtual absl::Status Health() const = 0;
};

}  // namespace realise
