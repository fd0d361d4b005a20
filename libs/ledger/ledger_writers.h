// The writers of a process, one a ledger.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "absl/status/statusor.h"
#include "libs/ledger/decider_store.h"
#include "libs/ledger/ledger_writer.h"

namespace realise {

// Opens a ledger's writer when it is first asked for and keeps it.  Thread-safe.  log, store and clock must
// outlive it.
class LedgerWriters {
 public:
  LedgerWriters(EventLog& log, DeciderStore& store, const Clock& clock)
      : log_(log), store_(store), clock_(clock) {}

  // The writer of a ledger; it lives as long as this object.  Opening reads the ledger to its end.
  //   NOT_FOUND, FAILED_PRECONDITION, DATA_LOSS, UNAVAILABLE  as LedgerWriter::Open; the next call tries
  //   again.
  [[nodiscard]] absl::StatusOr<LedgerWriter*> Of(const std::string& ledger);

 private:
  // One ledger's, so that opening a long one holds up no other.
  struct Slot {
    std::mutex mutex;
    std::unique_ptr<LedgerWriter> writer;
  };

  EventLog& log_;
  DeciderStore& store_;
  const Clock& clock_;
  std::atomic<size_t> pending_bytes_ = 0;  // of all writers
  std::mutex mutex_;
  std::map<std::string, Slot> slots_;  // guarded by mutex_; a slot's content by its own
};

}  // namespace realise
