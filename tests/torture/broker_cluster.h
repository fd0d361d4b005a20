// The three brokers, by tools/kafka, and the wires that one client is cut off at.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tests/torture/small_disk.h"
#include "tests/torture/tcp_proxy.h"

namespace realise::torture {

// Not thread-safe.  Stops the brokers when it is destroyed.
class BrokerCluster {
 public:
  // Starts three brokers without any data.  `tool` is the path of tools/kafka, which keeps them in `folder`
  // (REALISE_KAFKA_DIR); what an earlier run left there is deleted.
  //   UNAVAILABLE  they cannot be started.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<BrokerCluster>> Start(const std::string& tool,
                                                                            const std::string& folder);
  ~BrokerCluster();

  BrokerCluster(const BrokerCluster&) = delete;
  BrokerCluster& operator=(const BrokerCluster&) = delete;

  int size() const { return static_cast<int>(wires_.size()); }
  // The bootstrap address.
  const std::string& direct() const { return direct_; }
  // The same for a client that reaches every broker over a wire that can be cut.
  const std::string& over_wires() const { return over_wires_; }
  const std::vector<std::unique_ptr<TcpProxy>>& wires() const { return wires_; }

  // "kill", "stop", "start", "pause" or "resume" to a broker, from 1.   INTERNAL  tools/kafka failed.
  [[nodiscard]] absl::Status Do(const std::string& what, int broker) const;
  // Ends a broker, from 1, unless it has ended by itself.
  [[nodiscard]] absl::Status EndIfAlive(int broker) const;
  // The disk of the last broker's data; null if this process may not mount.
  SmallDisk* disk() const { return disk_.get(); }
  // Where a broker, from 1, has its data.
  std::string DataOf(int broker) const;
  // Whether every broker answers, and knows all others.
  bool Up() const;

 private:
  BrokerCluster(std::string tool, std::string folder) : tool_(std::move(tool)), folder_(std::move(folder)) {}

  const std::string tool_;
  const std::string folder_;
  std::unique_ptr<SmallDisk> disk_;
  std::string direct_;
  std::string over_wires_;
  std::vector<std::unique_ptr<TcpProxy>> wires_;
};

}  // namespace realise::torture
