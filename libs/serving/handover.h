// Gives up ledgers that another process is to write, or nobody.
#pragma once

#include <mutex>
#include <thread>

#include "libs/fleet/placement.h"
#include "libs/ledger/ledger_writers.h"

namespace realise {

// Runs a thread while it lives: whenever the placement changes, it drains and closes the writers of ledgers
// that are another process's now, or damaged.  What comes for them meanwhile is passed on, or refused.
class Handover {
 public:
  // Both must outlive it.
  Handover(const Placement& placement, LedgerWriters& writers);
  // Waits for the writer that is just being closed.
  ~Handover();

  Handover(const Handover&) = delete;
  Handover& operator=(const Handover&) = delete;

 private:
  void Run();
  bool Stopping();

  const Placement& placement_;
  LedgerWriters& writers_;
  std::mutex mutex_;
  bool stopping_ = false;  // under mutex_
  std::thread thread_;
};

}  // namespace realise
