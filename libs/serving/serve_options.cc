#include "libs/serving/serve_options.h"

#include <string>

#include "fmt/format.h"

namespace realise {

absl::Status ServeOptions::Check(const Role& role) const {
  if (log == "embedded" && !role.all()) {
    return absl::InvalidArgumentError(fmt::format(
        "--log embedded: the embedded log belongs to one process, `realise serve`; {} runs on Kafka",
        role.program));
  }
  if (log == "kafka" && brokers.empty()) {
    return absl::InvalidArgumentError("--log kafka needs --brokers HOST:PORT[,HOST:PORT...]");
  }
  return absl::OkStatus();
}

}  // namespace realise
