// A process from its start to its end by a signal.
#pragma once

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "libs/serving/process.h"
#include "libs/serving/role.h"
#include "libs/serving/serve_options.h"

namespace realise {

// Starts a process, announces where it serves, and serves until SIGINT or SIGTERM.  Then it drains: it takes
// no more calls and lets those under way end, for ten seconds at most.  A second signal ends the program at
// once, with status 1.
//
// Called on the main thread before there is another: it blocks both signals in every thread.
//   as Process::Start; UNAVAILABLE also if the address file cannot be written.
[[nodiscard]] absl::Status RunProcess(const Role& role, const ServeOptions& options,
                                      const Announce& announce);

}  // namespace realise
