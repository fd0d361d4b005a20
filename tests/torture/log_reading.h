// A ledger's log, read by the one rule, once more: of the engine nothing is used but the digest's arithmetic
// and the messages' fields.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "realise/v1/event.pb.h"

namespace realise::torture {

// A commit that the rule finds valid.
struct LoggedCommit {
  std::string receipt;
  std::string writer;
  uint64_t first_sequence = 1;
  uint64_t last_sequence = 0;  // of a commit without events: that of the commit before
  int64_t recorded_at_us = 0;
  bool corrects_clock = false;
  std::vector<v1::Event> events;
};

struct LogReading {
  std::string ledger;
  std::vector<LoggedCommit> commits;
  uint64_t void_records = 0;
  // How often a commit has another writer than the one before it.
  uint64_t takeovers = 0;
  // Of valid commits whose body is not what the header says, and why.  Such a commit has no events here.
  std::vector<std::string> damaged;
};

// `records` are all records of the log, in its order, valid and void.
[[nodiscard]] LogReading ReadLog(const std::string& ledger, const std::vector<std::string>& records);

}  // namespace realise::torture
