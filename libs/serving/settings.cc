#include "libs/serving/settings.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "fmt/format.h"
#include "fmt/ranges.h"
#include "libs/base/status_macros.h"
#include "libs/serving/config_file.h"

namespace realise {
namespace {

constexpr std::string_view kKafka = "kafka.";

constexpr std::array kSettings = {
    Setting{"listen", "REALISE_LISTEN", "Loopback address and port; port 0 takes a free one",
            &ServeOptions::listen},
    Setting{"data", "REALISE_DATA", "Folder of all that this process keeps", &ServeOptions::data, true},
    Setting{"log", "REALISE_LOG", "Where the log is kept: embedded or kafka", &ServeOptions::log},
    Setting{"brokers", "REALISE_BROKERS", "Kafka's bootstrap brokers: HOST:PORT[,HOST:PORT...]",
            &ServeOptions::brokers},
    Setting{"allow-unsafe-topic", "REALISE_ALLOW_UNSAFE_TOPIC",
            "Take a topic that could lose or change records; for a laptop only",
            &ServeOptions::allow_unsafe_topic},
    Setting{"inbound", "REALISE_INBOUND",
            "Take the events that others publish to this topic, realise.inbound for example",
            &ServeOptions::inbound, false, true},
    Setting{"address-file", "REALISE_ADDRESS_FILE", "Write the address there once it serves",
            &ServeOptions::address_file},
    Setting{"metrics-listen", "REALISE_METRICS_LISTEN",
            "Loopback address and port of Prometheus's page; port 0 takes a free one; none unless given",
            &ServeOptions::metrics_listen},
    Setting{"advertise", "REALISE_ADVERTISE",
            "Where other ingest processes reach this one; where it listens if this is empty",
            &ServeOptions::advertise, false, true},
    Setting{"fleet-topic", "REALISE_FLEET_TOPIC",
            "Kafka topic in which ingest processes that share ledgers find each other",
            &ServeOptions::fleet_topic, false, true},
};

constexpr std::array kKafkaSettings = {
    KafkaSetting{"security.protocol"},
    KafkaSetting{"sasl.mechanism"},
    KafkaSetting{"sasl.username"},
    KafkaSetting{"sasl.password", true},
    KafkaSetting{"sasl.kerberos.service.name"},
    KafkaSetting{"sasl.kerberos.principal"},
    KafkaSetting{"sasl.kerberos.keytab"},
    KafkaSetting{"sasl.oauthbearer.method"},
    KafkaSetting{"sasl.oauthbearer.client.id"},
    KafkaSetting{"sasl.oauthbearer.client.secret", true},
    KafkaSetting{"sasl.oauthbearer.scope"},
    KafkaSetting{"sasl.oauthbearer.token.endpoint.url"},
    KafkaSetting{"ssl.ca.location"},
    KafkaSetting{"ssl.certificate.location"},
    KafkaSetting{"ssl.key.location"},
    KafkaSetting{"ssl.key.password", true},
    KafkaSetting{"ssl.keystore.location"},
    KafkaSetting{"ssl.keystore.password", true},
    KafkaSetting{"ssl.crl.location"},
    KafkaSetting{"ssl.cipher.suites"},
    KafkaSetting{"ssl.endpoint.identification.algorithm"},
    KafkaSetting{"broker.address.family"},
    KafkaSetting{"client.dns.lookup"},
    KafkaSetting{"client.rack"},
    KafkaSetting{"socket.keepalive.enable"},
    KafkaSetting{"connections.max.idle.ms"},
};

// A value and where it came from.
struct Said {
  std::string value;
  std::string origin;
};
using SaidByName = std::map<std::string, Said>;

const Setting* Find(const Role& role, std::string_view name) {
  const auto* const at = std::ranges::find(kSettings, name, &Setting::name);
  return at == kSettings.end() || !at->IsFor(role) ? nullptr : at;
}

const KafkaSetting* FindKafka(std::string_view name) {
  if (name.rfind(kKafka, 0) != 0) return nullptr;
  const auto* const at = std::ranges::find(kKafkaSettings, name.substr(kKafka.size()), &KafkaSetting::name);
  return at == kKafkaSettings.end() ? nullptr : at;
}

absl::Status Unknown(const Role& role, const ConfigLine& line) {
  std::vector<std::string_view> names;
  if (line.name.rfind(kKafka, 0) == 0) {
    for (const KafkaSetting& setting : kKafkaSettings) names.push_back(setting.name);
    return absl::InvalidArgumentError(
        fmt::format("{}: {} is not handed to Kafka; of its settings only how to connect is yours: {}",
                    line.place, line.name, fmt::join(names, ", ")));
  }
  for (const Setting& setting : kSettings) {
    if (setting.IsFor(role)) names.push_back(setting.name);
  }
  return absl::InvalidArgumentError(fmt::format("{}: {} has no setting {}; there are {}, and kafka.*",
                                                line.place, role.program, line.name, fmt::join(names, ", ")));
}

absl::Status TakeFile(const Role& role, const std::string& path, SaidByName& said) {
  ASSIGN_OR_RETURN(const auto lines, ReadConfigFile(path));
  for (const ConfigLine& line : lines) {
    if (Find(role, line.name) == nullptr && FindKafka(line.name) == nullptr) return Unknown(role, line);
    said[line.name] = {line.value, line.place};
  }
  return absl::OkStatus();
}

void TakeVariable(const Environment& environment, const std::string& variable, std::string name,
                  SaidByName& said) {
  const char* value = environment(variable.c_str());
  if (value != nullptr) said[std::move(name)] = {value, variable};
}

// What files and environment say.
absl::StatusOr<SaidByName> Gather(const Role& role, const std::vector<std::string>& config_files,
                                  const Environment& environment) {
  SaidByName said;
  for (const std::string& path : config_files) RETURN_IF_ERROR(TakeFile(role, path, said));
  for (const Setting& setting : kSettings) {
    if (setting.IsFor(role)) TakeVariable(environment, setting.variable, std::string(setting.name), said);
  }
  for (const KafkaSetting& setting : kKafkaSettings) {
    TakeVariable(environment, KafkaVariable(setting.name), std::string(kKafka) + std::string(setting.name),
                 said);
  }
  return said;
}

absl::Status Apply(const Setting& setting, const Said& said, ServeOptions& options) {
  if (const auto* text = std::get_if<std::string ServeOptions::*>(&setting.field)) {
    options.** text = said.value;
    return absl::OkStatus();
  }
  if (said.value != "true" && said.value != "false") {
    return absl::InvalidArgumentError(
        fmt::format("{}: {} has to be true or false", said.origin, setting.name));
  }
  options.*std::get<bool ServeOptions::*>(setting.field) = said.value == "true";
  return absl::OkStatus();
}

}  // namespace

std::string Setting::ValueIn(const ServeOptions& options) const {
  if (const auto* text = std::get_if<std::string ServeOptions::*>(&field)) return options.**text;
  return options.*std::get<bool ServeOptions::*>(field) ? "true" : "false";
}

std::span<const Setting> AllSettings() { return kSettings; }
std::span<const KafkaSetting> AllKafkaSettings() { return kKafkaSettings; }

std::string KafkaVariable(std::string_view name) {
  std::string variable = "REALISE_KAFKA_" + std::string(name);
  std::ranges::transform(variable, variable.begin(),
                         [](unsigned char c) { return c == '.' ? '_' : static_cast<char>(std::toupper(c)); });
  return variable;
}

std::string ResolvedSettings::ToConfig() const {
  std::string text;
  for (const SettingInForce& setting : in_force) {
    text += setting.secret ? fmt::format("# {} is set  # {}\n", setting.name, setting.origin)
                           : fmt::format("{} = \"{}\"  # {}\n", setting.name, setting.value, setting.origin);
  }
  return text;
}

absl::StatusOr<ResolvedSettings> ResolveSettings(const Role& role, const ServeFlags& flags,
                                                 const Environment& environment) {
  ASSIGN_OR_RETURN(SaidByName said, Gather(role, flags.config_files, environment));
  for (const auto& [name, value] : flags.values) said[name] = {value, "--" + name};

  ResolvedSettings resolved{.options = ServeOptions(role), .in_force = {}};
  for (const Setting& setting : kSettings) {
    if (!setting.IsFor(role)) continue;
    const auto at = said.find(std::string(setting.name));
    if (at != said.end()) RETURN_IF_ERROR(Apply(setting, at->second, resolved.options));
    resolved.in_force.push_back({.name = std::string(setting.name),
                                 .value = setting.ValueIn(resolved.options),
                                 .origin = at == said.end() ? "built in" : at->second.origin});
  }
  for (const KafkaSetting& setting : kKafkaSettings) {
    const std::string name = std::string(kKafka) + std::string(setting.name);
    const auto at = said.find(name);
    if (at == said.end()) continue;
    resolved.options.kafka.emplace_back(setting.name, at->second.value);
    resolved.in_force.push_back({.name = name,
                                 .value = setting.secret ? "" : at->second.value,
                                 .origin = at->second.origin,
                                 .secret = setting.secret});
  }
  RETURN_IF_ERROR(resolved.options.Check(role));
  return resolved;
}

absl::StatusOr<KafkaPlace> ResolveKafka(const std::vector<std::string>& config_files,
                                        const Environment& environment) {
  // Its role has every setting.
  ASSIGN_OR_RETURN(SaidByName said, Gather(kServeRole, config_files, environment));
  KafkaPlace place{.brokers = said["brokers"].value, .inbound = said["inbound"].value};
  for (const KafkaSetting& setting : kKafkaSettings) {
    const auto at = said.find(std::string(kKafka) + std::string(setting.name));
    if (at != said.end()) place.connection.emplace_back(setting.name, at->second.value);
  }
  return place;
}

}  // namespace realise
