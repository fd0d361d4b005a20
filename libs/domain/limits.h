// Limits of what an event may hold.
#pragma once

#include <cstddef>
#include <cstdint>

namespace realise {

inline constexpr uint32_t kSchemaVersion = 1;

// Of a serialised event.
inline constexpr size_t kEventBytesMax = 64 * 1024;
// Of ids of boards, projects, benefits, claims and measures, and of roles.
inline constexpr size_t kIdBytesMax = 64;
// Of ids of events and names of publishing systems.
inline constexpr size_t kTokenBytesMax = 128;
// Of a text for people.
inline constexpr size_t kTextBytesMax = 500;
inline constexpr int kEvidenceRefsMax = 20;
// A wait has one of 105 weekly bands.
inline constexpr int kWaitBands = 105;

// Of an amount in pence, and of a count, either way: 100,000,000,000.00 pounds.  More than 900,000 such
// amounts fit into a 64 bit sum, so that no figure of a ledger can overflow by accident.
inline constexpr int64_t kAmountMax = 10'000'000'000'000;

}  // namespace realise
