// What the command line's exit status means; the README and `realise --help` list the same.
#pragma once

#include "absl/status/status.h"

namespace realise {

inline constexpr int kExitOk = 0;
inline constexpr int kExitFailed = 1;        // refused, or something in the input was refused
inline constexpr int kExitUsage = 2;         // the command was called wrongly
inline constexpr int kExitNotFound = 3;      // no such ledger, board, measure, file ...
inline constexpr int kExitPermission = 4;    // not allowed
inline constexpr int kExitConflict = 5;      // exists already, another version, a closed period
inline constexpr int kExitMismatch = 6;      // a verification found a difference
inline constexpr int kExitUnavailable = 69;  // the server or the log cannot be reached; try again
inline constexpr int kExitInterrupted = 130;

[[nodiscard]] int ExitCodeOf(absl::StatusCode code);

}  // namespace realise
