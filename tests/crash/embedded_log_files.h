// An embedded log as the bytes of its files, for tests that damage them.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "libs/event_log/event_log.h"
#include "rocksdb/env.h"

namespace realise {

// What each ledger holds, oldest first.
using LedgerRecords = std::map<std::string, std::vector<std::string>>;
// Name in the log's directory -> content.
using LogFiles = std::map<std::string, std::string>;

inline constexpr char kLogPath[] = "/log";

// Appends to a ledger and waits until all of it was read back.
void AppendAndReadBack(EventLog& log, const std::string& ledger, const std::vector<std::string>& records);

// Reads a ledger to its end.
absl::StatusOr<std::vector<std::string>> ReadWhole(EventLog& log, const std::string& ledger);

// Opens the log, reads every ledger, and reads every record once more by its address.  The first error, or
// everything.
absl::StatusOr<LedgerRecords> OpenAndReadAll(rocksdb::Env* env);

// Copies the files of a closed log out of `env`, and into a new one in memory.
LogFiles TakeFiles(rocksdb::Env* env);
std::unique_ptr<rocksdb::Env> EnvWithFiles(const LogFiles& files);

}  // namespace realise
