#include "libs/ledger/ledger_writers.h"

#include <utility>

#include "absl/status/status.h"
#include "libs/base/status_macros.h"

namespace realise {

absl::StatusOr<LedgerWriter*> LedgerWriters::Of(const std::string& ledger) {
  if (!IsLedgerCode(ledger)) {
    return absl::InvalidArgumentError("ledger: has to be an ODS code, 3 to 10 upper case letters and digits");
  }
  Slot* slot = nullptr;
  {
    const std::lock_guard lock(mutex_);
    const auto known = slots_.find(ledger);
    if (known != slots_.end()) slot = &known->second;
  }
  if (slot == nullptr) {
    // A typo must not grow the list: only ledgers that exist get a slot.
    RETURN_IF_ERROR(log_.CheckLedger(ledger));
    const std::lock_guard lock(mutex_);
    slot = &slots_[ledger];
  }
  const std::lock_guard lock(slot->mutex);
  if (slot->writer == nullptr) {
    LedgerWriterOptions options;
    options.ledger = ledger;
    options.process_pending_bytes = &pending_bytes_;
    ASSIGN_OR_RETURN(slot->writer, LedgerWriter::Open(log_, store_, clock_, std::move(options)));
  }
  return slot->writer.get();
}

}  // namespace realise
