// Judges a recorded history against the log that it left: an independent second opinion that shares no code
// with what it judges.
//
// Why this takes no search.  To find out whether a history is linearizable one looks, in general, for an
// order of all its calls that the object allows and that agrees with real time, and there are exponentially
// many.  Here the log itself is the order: it gives every recorded event a position, and every other answer
// (a rejection, a duplicate, a figure) names the position that it was read at.  A history is linearizable in
// that order if
//   1. every answer is right at its position: expected versions, reasons of rejections, figures; and
//   2. the order agrees with real time: whatever was told at position p before a call began, that call's
//   events
//      stand behind p; and nothing that was told at position p rests on an event that nobody had sent yet.
// Both are found in one pass over the calls, sorted by time and by position.  If this order fails then no
// other would do: a position, once told, is a promise of its own.
//
// Rejections.  A rejection is a read at its named position.  That position includes what its caller asked for
// (at_least) and what the same server had told before; another server may have told more meanwhile, as
// readers of two replicas may, unless `rejections_are_current`.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/torture/history.h"
#include "tests/torture/log_reading.h"

namespace realise::torture {

enum class Anomaly {
  kDamagedCommit,  // a valid commit's body is not what its header says
  kTwice,          // an event is recorded twice
  kVersionGap,     // versions of a stream are not 1, 2, 3 ...
  kNobodySent,     // an event is recorded that nobody sent, or that was only ever turned away
  kOtherContent,   // an event is recorded with other content than was sent
  kTornBatch,      // of an atomic batch only some is recorded, or in several commits, or in another order
  kLost,           // acknowledged, and not recorded
  kElsewhere,      // acknowledged at another position or version than it stands at
  kBadReceipt,     // a receipt was handed out that pins no commit, or not the right one
  kWrongVersion,   // accepted, although a stream was not at the expected version
  kUnfoundedRejection,  // rejected for a reason that does not hold at the named position
  kOutOfOrder,          // recorded before something that was told before it was first sent
  kFromTheFuture,       // told of a position that rests on an event that nobody had sent yet
  kStaleRejection,      // a rejection's position leaves out what it had to include
  kStaleRead,           // an answer's position leaves out what was asked for (at_least)
  kWentBack,            // a server answered at a position before one that it had answered at
  kOtherBasis,          // an answer as at another position than asked
  kNotAPrefix,          // a figure that is not the sum of the events up to its position
};
inline constexpr Anomaly kLastAnomaly = Anomaly::kNotAPrefix;

// "TWICE", "VERSION_GAP" ...
[[nodiscard]] std::string_view AnomalyName(Anomaly anomaly);

struct Finding {
  Anomaly anomaly = Anomaly::kDamagedCommit;
  std::string text;
};

struct CheckedHistory {
  std::vector<Finding> findings;  // at most kFindingsMax
  uint64_t calls = 0;
  uint64_t acknowledged_events = 0;
  uint64_t rejections = 0;
  uint64_t queries = 0;
  // Events that are recorded although nobody was ever told.
  uint64_t recorded_unknown = 0;
  // Rejections that left out what another server had told before they were asked for.
  uint64_t rejections_behind = 0;
};
inline constexpr size_t kFindingsMax = 50;

struct CheckOptions {
  // A rejection has to include everything that any server told before it was asked for.
  bool rejections_are_current = false;
};

// `reading` is the whole log, read after the last call ended.
[[nodiscard]] CheckedHistory CheckHistory(const LedgerHistory& history, const LogReading& reading,
                                          const CheckOptions& options = CheckOptions());

}  // namespace realise::torture
