// Events from lines of protobuf JSON.
#pragma once

#include <optional>
#include <string>

#include "realise/v1/append_service.pb.h"

namespace realise {

// Why a line was not taken.
struct EventLineFault {
  std::string field;    // "claim_submitted.amount_pence"; empty for the line as a whole
  std::string reason;   // MALFORMED, MISSING_FIELD or UNKNOWN_FIELD
  std::string message;  // what would be right; never what stands there
};

// Reads one event, or a whole AppendRequest (an object that has "events").  `request` holds the ledger that
// a line without one is for, which may be empty if no line is; it is complete when nothing is returned.
[[nodiscard]] std::optional<EventLineFault> ReadEventLine(const std::string& line,
                                                          v1::AppendRequest& request);

}  // namespace realise
