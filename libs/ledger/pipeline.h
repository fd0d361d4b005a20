// The commits of a writer that are not read back yet, and the one that is being made.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "libs/domain/ledger_state.h"
#include "libs/event_log/commit.h"
#include "libs/ledger/command.h"
#include "libs/ledger/ledger_writer.h"

namespace realise {

// An event of a commit under way.  Points into its command, or into the commit that it was read from.
struct EventUnderWay {
  v1::Event* event = nullptr;
  const EventKey* key = nullptr;
  size_t index = 0;  // in its command
};

// A command that was decided, and the answer that waits.  A receipt without a digest means: that of the
// commit that the answer waits for.
struct HeldAnswer {
  std::unique_ptr<Command> command;
  AppendOutcome outcome;
};

struct CommitUnderWay {
  CommitHeader header;  // the number of events is set when it is sealed
  std::optional<Instant> simulated_time;
  std::string body;
  size_t body_bytes_max = 0;  // what its commands announced
  bool sent_empty = false;    // it is sent even if it has no events
  bool takes_over = false;
  std::vector<EventUnderWay> events;
  std::vector<HeldAnswer> held;  // in the order in which they were decided

  Digest digest;           // once sealed
  JournalMark state_mark;  // of the state behind it; once sealed
  SteadyTime sent_at{};

  Sequence next_sequence() const { return header.first_sequence + events.size(); }
  bool corrects_clock() const { return (header.flags & kFlagClockCorrection) != 0; }
};

// Commits that were sent, the oldest first; each names the one before it.
class Pipeline {
 public:
  std::deque<CommitUnderWay>& commits() { return commits_; }
  const std::deque<CommitUnderWay>& commits() const { return commits_; }
  bool empty() const { return commits_.empty(); }

  // The commit that holds an event; nothing if none under way does.
  const CommitUnderWay* Holding(Sequence sequence) const {
    for (const CommitUnderWay& commit : commits_) {
      if (sequence >= commit.header.first_sequence && sequence < commit.next_sequence()) return &commit;
    }
    return nullptr;
  }

 private:
  std::deque<CommitUnderWay> commits_;
};

}  // namespace realise
