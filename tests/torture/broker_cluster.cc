#include "tests/torture/broker_cluster.h"

#include <filesystem>
#include <sstream>

#include "fmt/format.h"
#include "libs/base/status_macros.h"
#include "tests/support/server_process.h"

namespace realise::torture {

namespace {

constexpr int kBrokers = 3;

// A line of `tools/kafka nodes`.
struct NodeLine {
  std::string number;
  std::string pid;
  std::string port;
  std::string behind;
  std::string proxy;
};

std::vector<NodeLine> Nodes(const std::string& tool) {
  std::istringstream lines(RunCommand({tool, "nodes"}).out);
  std::vector<NodeLine> nodes;
  NodeLine node;
  while (lines >> node.number >> node.pid >> node.port >> node.behind >> node.proxy) nodes.push_back(node);
  return nodes;
}

}  // namespace

absl::StatusOr<std::unique_ptr<BrokerCluster>> BrokerCluster::Start(const std::string& tool,
                                                                    const std::string& folder) {
  std::unique_ptr<BrokerCluster> cluster(new BrokerCluster(tool, folder));
  (void)RunCommand({tool, "down"});
  std::error_code error;
  std::filesystem::remove_all(folder, error);
  if (error) return absl::UnavailableError(fmt::format("{}: {}", folder, error.message()));
  if (SmallDisk::CanBeMade()) {
    ASSIGN_OR_RETURN(cluster->disk_, SmallDisk::Mount(cluster->DataOf(kBrokers)));
  }
  const CommandResult up = RunCommand({tool, "up", "--brokers", fmt::format("{}", kBrokers)});
  if (up.exit_status != 0) return absl::UnavailableError(up.err);
  for (const NodeLine& node : Nodes(tool)) {
    ASSIGN_OR_RETURN(auto wire, TcpProxy::Open(std::stoi(node.proxy), std::stoi(node.behind)));
    cluster->wires_.push_back(std::move(wire));
    const std::string_view comma = cluster->direct_.empty() ? "" : ",";
    cluster->direct_ += fmt::format("{}127.0.0.1:{}", comma, node.port);
    cluster->over_wires_ += fmt::format("{}127.0.0.1:{}", comma, node.proxy);
  }
  return cluster;
}

BrokerCluster::~BrokerCluster() { (void)RunCommand({tool_, "down"}); }

std::string BrokerCluster::DataOf(int broker) const {
  return fmt::format("{}/node-{}/data", folder_, broker);
}

absl::Status BrokerCluster::EndIfAlive(int broker) const {
  for (const NodeLine& node : Nodes(tool_)) {
    if (node.number == fmt::format("{}", broker) && node.pid != "-") return Do("kill", broker);
  }
  return absl::OkStatus();
}

absl::Status BrokerCluster::Do(const std::string& what, int broker) const {
  const CommandResult done = RunCommand({tool_, what, fmt::format("{}", broker)});
  if (done.exit_status == 0) return absl::OkStatus();
  return absl::InternalError(fmt::format("tools/kafka {} {}: {}", what, broker, done.err));
}

bool BrokerCluster::Up() const { return RunCommand({tool_, "status"}).exit_status == 0; }

}  // namespace realise::torture
