// What `append` and `import` say at their end.
#pragma once

#include <string>
#include <vector>

#include "services/realise/commands.h"
#include "services/realise/event_sender.h"

namespace realise {

// Problems of an input's lines, said on stderr as they come; in a check they are the answer, and printed at
// the end.
class ProblemList {
 public:
  explicit ProblemList(bool check) : check_(check) {}
  void Add(const LineProblem& problem);
  const std::vector<LineProblem>& problems() const { return problems_; }
  size_t count() const { return count_; }

 private:
  const bool check_;
  size_t count_ = 0;
  std::vector<LineProblem> problems_;  // in a check
};

// Prints the tally, or, for a check, the problems.  Returns the exit status.
int PrintTally(const Globals& globals, const EventSender& sender, const ProblemList& problems, bool check,
               const absl::Status& status);

}  // namespace realise
