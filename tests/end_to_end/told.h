// What a process tells of itself: gRPC health and metrics.
#pragma once

#include <map>
#include <string>

#include "tests/support/server_process.h"

namespace realise::testing {

// The status of every service of gRPC health, "SERVING" for example, but those of single ledgers.
[[nodiscard]] std::map<std::string, std::string> HealthOf(const std::string& address);

// Waits until a service is as it should be; what it was last if the time ran out.
[[nodiscard]] std::string AwaitHealth(const std::string& address, const std::string& service,
                                      const std::string& status);

// The value of one sample, "realise_pending_bytes" or "realise_fold_state{...}"; -1 if it is not on the page.
[[nodiscard]] double SampleOf(const ServerProcess& process, const std::string& sample);
// Waits until it is at least so much; what it was last if the time ran out.
[[nodiscard]] double AwaitSample(const ServerProcess& process, const std::string& sample, double least);

}  // namespace realise::testing
