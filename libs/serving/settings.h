// Every setting of a server under its one name: `listen` in a file, --listen as a flag, REALISE_LISTEN in the
// environment.  A flag wins over the environment, that over the files, a later file over an earlier one, and
// all over what is built in.
#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "libs/serving/role.h"
#include "libs/serving/serve_options.h"

namespace realise {

// A row of the table.  A new setting is a row and a member of ServeOptions.
struct Setting {
  std::string_view name;
  const char* variable;  // of the environment
  const char* help;
  std::variant<std::string ServeOptions::*, bool ServeOptions::*> field;  // a bool is "true" or "false"
  bool needs_folder = false;  // only for roles that keep something on disk
  bool ingest_only = false;

  bool IsSwitch() const { return std::holds_alternative<bool ServeOptions::*>(field); }
  std::string ValueIn(const ServeOptions& options) const;
  bool IsFor(const Role& role) const {
    return ingest_only ? role.ingest : !needs_folder || role.ingest || role.projection;
  }
};
[[nodiscard]] std::span<const Setting> AllSettings();

// What is said of librdkafka's settings under "kafka." and its own names: how to connect, no more.
// Everything else decides what the log is, and that is not a matter of taste.
struct KafkaSetting {
  std::string_view name;
  bool secret = false;  // never a flag, never shown
};
[[nodiscard]] std::span<const KafkaSetting> AllKafkaSettings();
// Where a Kafka setting may stand in the environment: REALISE_KAFKA_SASL_PASSWORD.
[[nodiscard]] std::string KafkaVariable(std::string_view name);

// What the command line said.
struct ServeFlags {
  std::map<std::string, std::string> values;  // by name
  std::vector<std::string> config_files;
  bool print_config = false;
};

// A setting, its value, and who said so.
struct SettingInForce {
  std::string name;
  std::string value;
  std::string origin;
  bool secret = false;
};

struct ResolvedSettings {
  ServeOptions options;
  std::vector<SettingInForce> in_force;

  // As a configuration file, with origins as comments.  A secret is not shown, only that it is set.
  std::string ToConfig() const;
};

// Reads the environment: std::getenv, or a test's.
using Environment = std::function<const char*(const char*)>;

//   INVALID_ARGUMENT  a file, a name that does not exist, a value that does not fit; the message says where.
[[nodiscard]] absl::StatusOr<ResolvedSettings> ResolveSettings(const Role& role, const ServeFlags& flags,
                                                               const Environment& environment);

// What a command that is no server has to know of Kafka; as the servers are told.
struct KafkaPlace {
  std::string brokers;                                            // empty if nobody says
  std::vector<std::pair<std::string, std::string>> connection{};  // in librdkafka's names
  std::string inbound;                                            // empty if nobody says
};
// From the files of a server, whose other settings are passed over, and the environment.
//   INVALID_ARGUMENT  as ResolveSettings.
[[nodiscard]] absl::StatusOr<KafkaPlace> ResolveKafka(const std::vector<std::string>& config_files,
                                                      const Environment& environment);

}  // namespace realise
