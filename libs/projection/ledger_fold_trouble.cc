// What became of a fold that could not go on, and what an operator should do about it.
#include <string>
#include <utility>

#include "fmt/format.h"
#include "libs/projection/ledger_fold.h"

namespace realise {

absl::Status LedgerFold::FromLog(const absl::Status& status) {
  if (status.ok()) return status;
  trouble_ = FoldTrouble::kLog;
  advice_ =
      "Nothing is lost, and it is tried again. If it goes on, see whether the log, or its brokers, can be "
      "reached.";
  if (absl::IsUnavailable(status)) return status;
  const bool gone = absl::IsNotFound(status);
  if (gone && !folded_) return absl::UnavailableError(std::string(status.message()));
  if (absl::IsFailedPrecondition(status)) {
    return Stop(std::string(status.message()), "Set right what the message names, and start again.");
  }
  return Stop(
      gone ? fmt::format("ledger {} is gone from the log", options_.ledger) : std::string(status.message()),
      "Append nothing to this ledger. Compare its receipts with those of a replica or a backup, restore "
      "the log, and start again.");
}

// Whatever the store did not take, or could not give, is not what is in memory.
absl::Status LedgerFold::FromStore(const absl::Status& status) {
  if (status.ok()) return status;
  reload_ = true;
  trouble_ = FoldTrouble::kStore;
  advice_ =
      "Nothing is lost, and it is tried again. Free space on the disk of the view store, or mend it; the "
      "fold "
      "then goes on by itself. If it does not, restart the program.";
  if (absl::IsUnavailable(status)) return status;
  if (absl::IsFailedPrecondition(status)) {
    return Stop(fmt::format("ledger {}: {}", options_.ledger, std::string(status.message())),
                "The disk of the view store failed, and nothing more is written to it. Mend the disk or free "
                "space on it, then restart the program: nothing is lost, it goes on from there.");
  }
  return Stop(fmt::format("ledger {}: {}", options_.ledger, std::string(status.message())),
              "Stop the program, delete the view store, and start again: it is rebuilt from the log.");
}

absl::Status LedgerFold::Stop(const std::string& what, std::string advice) {
  stopped_ = absl::DataLossError(what);
  advice_ = std::move(advice);
  return stopped_;
}

}  // namespace realise
