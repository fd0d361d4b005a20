#include "libs/ledger/ledger_writers.h"

#include <utility>

#include "absl/status/status.h"
#include "libs/base/status_macros.h"
#include "libs/event_log/commit_reader.h"

namespace realise {

LedgerWriters::~LedgerWriters() {
  for (auto& [ledger, slot] : slots_) {
    if (slot.writer != nullptr) slot.writer->BeginDrain();
  }
  for (auto& [ledger, slot] : slots_) {
    if (slot.writer != nullptr) slot.writer->Close();
  }
}

LedgerWriters::Slot* LedgerWriters::Find(const std::string& ledger) {
  const std::lock_guard lock(mutex_);
  const auto known = slots_.find(ledger);
  return known == slots_.end() ? nullptr : &known->second;
}

std::shared_ptr<LedgerWriter> LedgerWriters::IfOpen(const std::string& ledger) {
  if (!IsMine(ledger)) return nullptr;
  Slot* const slot = Find(ledger);
  if (slot == nullptr) return nullptr;
  const std::unique_lock lock(slot->mutex, std::try_to_lock);
  const bool open = lock.owns_lock() && slot->writer != nullptr && !slot->writer->Resigned();
  return open ? slot->writer : nullptr;
}

// Shared, because a call may still use a writer that is closed or replaced meanwhile.
absl::StatusOr<std::shared_ptr<LedgerWriter>> LedgerWriters::Of(const std::string& ledger) {
  if (!IsLedgerCode(ledger)) {
    return absl::InvalidArgumentError("ledger: has to be an ODS code, 3 to 10 upper case letters and digits");
  }
  if (!IsMine(ledger)) return absl::AbortedError("another process writes this ledger; send to it");
  Slot* slot = Find(ledger);
  if (slot == nullptr) {
    // A typo must not grow the list: only ledgers that exist get a slot.
    RETURN_IF_ERROR(log_.CheckLedger(ledger));
    const std::lock_guard lock(mutex_);
    slot = &slots_[ledger];
  }
  const std::lock_guard lock(slot->mutex);
  if (slot->writer != nullptr && slot->writer->Resigned()) {
    slot->writer->Close();
    slot->writer.reset();
  }
  if (slot->writer == nullptr) {
    LedgerWriterOptions options;
    options.ledger = ledger;
    options.answer_within = options_.answer_within;
    options.take_over = options_.take_over;
    if (options_.still_mine) options.still_mine = [this, ledger] { return IsMine(ledger); };
    if (options_.log_damaged) {
      options.log_damaged = [this, ledger](const absl::Status& why) { options_.log_damaged(ledger, why); };
    }
    options.process_pending_bytes = &pending_bytes_;
    ASSIGN_OR_RETURN(slot->writer, LedgerWriter::Open(log_, store_, clock_, std::move(options)));
  }
  return slot->writer;
}

std::vector<std::string> LedgerWriters::Ledgers() const {
  std::vector<std::string> ledgers;
  const std::lock_guard lock(mutex_);
  ledgers.reserve(slots_.size());
  for (const auto& [ledger, slot] : slots_) ledgers.push_back(ledger);
  return ledgers;
}

void LedgerWriters::Release(const std::string& ledger) {
  Slot* const slot = Find(ledger);
  if (slot == nullptr) return;
  const std::lock_guard lock(slot->mutex);
  if (slot->writer == nullptr) return;
  slot->writer->Close(/*released=*/true);
  if (!IsLogDamage(slot->writer->Health())) slot->writer.reset();
}

std::vector<WriterStatus> LedgerWriters::Statuses() const {
  std::vector<WriterStatus> statuses;
  const std::lock_guard lock(mutex_);
  for (const auto& [ledger, slot] : slots_) {
    const std::unique_lock slot_lock(slot.mutex, std::try_to_lock);
    if (!slot_lock.owns_lock() || slot.writer == nullptr) continue;
    statuses.push_back({.ledger = ledger, .health = slot.writer->Health(), .counts = slot.writer->Counts()});
  }
  return statuses;
}

}  // namespace realise
