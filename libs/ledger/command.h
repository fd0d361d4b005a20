// A command on its way through the writer: what the caller asked for, and what could be said of it without
// state.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "libs/base/calendar.h"
#include "libs/base/ids.h"
#include "libs/domain/rejection.h"
#include "libs/ledger/decider_store.h"
#include "libs/ledger/ledger_writer.h"
#include "libs/ledger/passing_time.h"
#include "realise/v1/append_service.pb.h"

namespace realise {

// A refusal of one event of a command, or of the command (event 0).
struct EventRejection {
  uint32_t event_index = 0;
  Rejection rejection;
};

struct Command {
  // Maybe on an arena that the pointer keeps.  Nobody else changes it.
  std::shared_ptr<v1::AppendRequest> request = std::make_shared<v1::AppendRequest>();
  std::function<void(AppendOutcome)> done;  // empty once it was called
  bool corrects_clock = false;
  SteadyTime answer_by;
  size_t bytes = 0;  // of the request, and what is counted against kPendingBytesMax once it is submitted

  std::vector<EventKey> keys;             // of each event
  std::vector<EventRejection> malformed;  // rules of form that it breaks
  std::vector<bool> undecidable;          // events that may not be decided for it; empty if all may
  std::optional<Receipt> at_least;
  // Set when the commit that at_least names was looked for and not found: how far to read before it is said
  // not to be there.
  std::optional<Address> read_to;
  std::optional<Instant> simulated_time;
  size_t body_bytes_max = 0;  // what its events take in a commit's body at most
};

// Fills in what needs no state.  Runs on the caller's thread, so that the writer's has less to do.
void PrepareCommand(const std::string& ledger, Command& command);

}  // namespace realise
