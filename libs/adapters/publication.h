// What the events of all publications have in common.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "libs/base/calendar.h"
#include "realise/v1/event.pb.h"

namespace realise {

// What a cell says.  Missing is not zero: "", "-", "NA" and "*" are missing.
struct Cell64 {
  enum class Kind { kCount, kMissing, kMalformed } kind = Kind::kMalformed;
  int64_t count = 0;
};

// A whole count of 0 or more, below 10^12, with or without decimals that are all 0.
[[nodiscard]] Cell64 ReadCount(std::string_view text);

struct PublicationEvent {
  std::string_view source;
  std::string id;
  std::string measure_id;
  Date occurred_on;
};

// An event of a measure with its envelope and no body.
[[nodiscard]] v1::Event MakePublicationEvent(const PublicationEvent& about);

}  // namespace realise
