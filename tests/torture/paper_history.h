// Histories made by hand, for the tests of the checker: a log as a list of commits, and calls that name a
// commit as "commit:3" wherever a receipt belongs, since receipts are known only when the log is whole.
#pragma once

#include <string>
#include <vector>

#include "realise/v1/event.pb.h"
#include "tests/torture/history.h"
#include "tests/torture/history_checker.h"
#include "tests/torture/log_reading.h"

namespace realise::torture {

inline constexpr char kPaperLedger[] = "RH5";

// The moment of a hand-made history.
[[nodiscard]] Moment AtMs(int64_t ms);

struct PaperHistory {
  LedgerHistory history{.ledger = kPaperLedger, .appends = {}, .queries = {}};
  // What each commit holds; the first is the ledger's founding.
  std::vector<std::vector<v1::Event>> commits{{}};
  // Records behind a commit that say nothing: they name another `previous`.
  std::vector<size_t> void_behind;

  // Numbers the events in their streams, and appends them as one commit.  Returns its index.
  size_t Commit(std::vector<v1::Event> events);
  // The sequence of the last event of a commit.
  uint64_t LastOf(size_t commit) const;
  // Adds a call that was acknowledged with a commit that holds all of it.
  AppendCall& Acknowledge(int64_t invoked_ms, int64_t ended_ms, const std::vector<v1::Event>& events,
                          size_t commit);
  // Adds a call, with an outcome and nothing else.
  AppendCall& Call(int64_t invoked_ms, int64_t ended_ms, const std::vector<v1::Event>& events,
                   Outcome outcome);
  // Adds a query that was answered rightly at a commit.
  QueryCall& Query(int64_t invoked_ms, int64_t ended_ms, const std::string& month, size_t commit);

  // The stored bytes of the log, in order.
  std::vector<std::string> Records() const;
  // Puts receipts where commits are named, and has it judged.
  CheckedHistory Check(const CheckOptions& options = CheckOptions()) const;
};

[[nodiscard]] std::string CommitName(size_t commit);

// Adds what is expected of a stream.
void ExpectVersion(AppendCall& call, const std::string& stream, uint64_t version);

}  // namespace realise::torture
