// A ledger that lives in a test: events become commits, and are folded at once.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "libs/projection/answers.h"
#include "libs/projection/memory_fold.h"

namespace realise::testing {

// Ledger RH5.  Its first commit, at 2023-04-01, is empty; each further one is recorded an hour after the one
// before. Ends the test program if something cannot be folded.
class FoldedHistory {
 public:
  FoldedHistory();

  // Appends one commit, numbering the events in their streams.  Returns its receipt.
  std::string Add(std::vector<v1::Event> events);
  // Appends each event as a commit of its own.  Returns the last receipt.
  std::string AddEach(const std::vector<v1::Event>& events);
  // The time of commits from the next one on.
  void SetTime(Instant now) { now_ = now; }

  const MemoryFold& source() const { return fold_; }
  EventLookup Lookup() const;
  // The stored bytes of the commits, in order.
  const std::vector<std::string>& stored() const { return stored_; }

 private:
  MemoryFold fold_;
  Instant now_;
  std::vector<std::string> stored_;
  std::vector<RecordedEvent> events_;
  std::map<std::string, uint64_t> streams_;
};

}  // namespace realise::testing
