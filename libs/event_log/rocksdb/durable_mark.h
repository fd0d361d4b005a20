// How much of the embedded log was durable at a moment, kept apart from it.
//
// A write-ahead log alone cannot tell a record that a power cut tore before it was acknowledged, which must
// go, from an acknowledged one that a bad disk damaged, which must be reported: to its recovery both are an
// end.  The mark tells: it counts what was durable, is written after that was synced, and may trail, but
// never leads.  A log that holds less than its mark has lost acknowledged records.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rocksdb/env.h"

namespace realise {

struct DurableCount {
  uint64_t ledgers = 0;
  uint64_t records = 0;  // of all ledgers together

  friend bool operator==(const DurableCount&, const DurableCount&) = default;
};

// Two files that are written in turn, so that a power cut can tear only one.  Not thread-safe.
class DurableMark {
 public:
  // In `directory`, which exists.  `env` must outlive it.
  DurableMark(rocksdb::Env& env, const std::string& directory);

  // Makes both files, with a count of zero.
  [[nodiscard]] absl::Status Create();
  // The last count written.
  //   NOT_FOUND  there is no mark.
  //   DATA_LOSS  there is, and neither file is whole.
  [[nodiscard]] absl::StatusOr<DurableCount> Load();
  // Durable when it returns.  REQUIRES: Create or Load returned OK.
  [[nodiscard]] absl::Status Store(const DurableCount& count);

 private:
  absl::Status WriteSlot(size_t slot, const DurableCount& count);

  rocksdb::Env& env_;
  const std::string directory_;
  const std::array<std::string, 2> slots_;
  uint64_t generation_ = 0;  // of the last write; even ones are in the first slot
};

}  // namespace realise
