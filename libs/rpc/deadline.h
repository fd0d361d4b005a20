// Deadlines, which gRPC counts by the system's clock.
#pragma once

#include <chrono>

#include "libs/base/clock.h"

namespace realise {

using RpcTime = std::chrono::system_clock::time_point;

inline RpcTime RpcNow() { return std::chrono::time_point_cast<RpcTime::duration>(SystemClock().Now()); }

}  // namespace realise
