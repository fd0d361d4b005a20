// The writers of a process, one a ledger.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "libs/ledger/decider_store.h"
#include "libs/ledger/ledger_writer.h"

namespace realise {

struct LedgerWritersOptions {
  // As LedgerWriterOptions; set it where several processes write the same log.
  bool take_over = false;
  // Whether this process is to write a ledger.  Called on any thread; must not block; null is always.
  std::function<bool(const std::string& ledger)> still_mine;
  // As LedgerWriterOptions.
  std::function<void(const std::string& ledger, const absl::Status& why)> log_damaged = nullptr;
  // As LedgerWriterOptions; also how long stopping all writers takes at most.
  std::chrono::milliseconds answer_within = LedgerWriterOptions().answer_within;
};

// How one writer fares.
struct WriterStatus {
  std::string ledger;
  absl::Status health;
  WriterCounts counts;
};

// Opens a ledger's writer when it is first asked for and keeps it.  Thread-safe.  log, store and clock must
// outlive it.
class LedgerWriters {
 public:
  LedgerWriters(EventLog& log, DeciderStore& store, const Clock& clock,
                LedgerWritersOptions options = LedgerWritersOptions())
      : log_(log), store_(store), clock_(clock), options_(std::move(options)) {}
  // Lets all drain at the same time, and waits for them.
  ~LedgerWriters();

  LedgerWriters(const LedgerWriters&) = delete;
  LedgerWriters& operator=(const LedgerWriters&) = delete;

  // The writer of a ledger, shared with whoever uses it: it may be closed and replaced meanwhile.  Opening
  // reads the ledger to its end, and takes it over.  One that resigned is replaced, if the ledger is this
  // process's again.
  //   NOT_FOUND, FAILED_PRECONDITION, DATA_LOSS, UNAVAILABLE  as LedgerWriter::Open; the next call tries
  //   again.  ABORTED  still_mine says that another process writes it; send the command there.
  [[nodiscard]] absl::StatusOr<std::shared_ptr<LedgerWriter>> Of(const std::string& ledger);

  // The same without waiting: null if it is not open now, or is not to be used any more.
  [[nodiscard]] std::shared_ptr<LedgerWriter> IfOpen(const std::string& ledger);

  // The ledgers that had a writer here, open or not.
  [[nodiscard]] std::vector<std::string> Ledgers() const;

  // Drains and closes a ledger's writer, if it is open, because another process is to write it: what is under
  // way is answered, what comes meanwhile is answered `moved`.  Returns when nothing more will be sent.  The
  // next Of opens it again.  One that stopped because its log is not what it was stays, sends nothing, and
  // its health goes on saying so.
  void Release(const std::string& ledger);

  // The writers that are open; one that is just being opened is left out.
  [[nodiscard]] std::vector<WriterStatus> Statuses() const;
  // Bytes of commands that are not yet answered, of all writers.
  size_t pending_bytes() const { return pending_bytes_; }

 private:
  // One ledger's, so that opening or closing a long one holds up no other.
  struct Slot {
    mutable std::mutex mutex;
    std::shared_ptr<LedgerWriter> writer;  // shared with whoever Of gave it to
  };

  Slot* Find(const std::string& ledger);
  bool IsMine(const std::string& ledger) const { return !options_.still_mine || options_.still_mine(ledger); }

  EventLog& log_;
  DeciderStore& store_;
  const Clock& clock_;
  const LedgerWritersOptions options_;
  std::atomic<size_t> pending_bytes_ = 0;  // of all writers
  mutable std::mutex mutex_;
  std::map<std::string, Slot> slots_;  // guarded by mutex_; a slot's content by its own
};

}  // namespace realise
