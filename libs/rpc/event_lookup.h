// Events by their sequences, read from the log through the commits that hold them.
#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "libs/event_log/event_log.h"
#include "libs/projection/answers.h"

namespace realise {

// The events at `sequences`, in their order.  Reads each commit once, and several of them together, which a
// log in Kafka answers far faster than one by one.
//   DATA_LOSS  a commit is not where the view says.   Others  as EventLog::ReadAt, and those of the source.
// REQUIRES: sequences rise, and are folded.
[[nodiscard]] absl::StatusOr<std::vector<RecordedEvent>> LookUpEvents(EventLog& log,
                                                                      const FigureSource& source,
                                                                      const std::vector<Sequence>& sequences);

}  // namespace realise
