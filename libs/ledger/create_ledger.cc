#include <fmt/format.h>

#include <utility>

#include "libs/base/sha256.h"
#include "libs/base/status_macros.h"
#include "libs/event_log/commit.h"
#include "libs/event_log/commit_reader.h"
#include "libs/ledger/command.h"
#include "libs/ledger/ledger_writer.h"

namespace realise {
namespace {

constexpr std::chrono::milliseconds kReadWait{20};
constexpr std::chrono::seconds kCreateWithin{20};

// Reads until there is a first commit, or the log's end, or `until`.
absl::Status FindFirst(CommitReader& reader, bool stop_at_end, SteadyTime until) {
  while (!reader.head()) {
    if (stop_at_end) {
      ASSIGN_OR_RETURN(const bool caught_up, reader.CaughtUp());
      if (caught_up) return absl::OkStatus();
    }
    if (std::chrono::steady_clock::now() >= until) {
      return absl::UnavailableError(
          "the first commit was not read back in time; look again whether it is there");
    }
    const absl::Status read = reader.Read(kReadWait, 1).status();
    // Whoever made it and was told so would create it again, and learn that it exists.
    if (absl::IsUnavailable(read)) continue;
    RETURN_IF_ERROR(read);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<CreatedLedger> CreateLedger(EventLog& log, const Clock& clock, const std::string& ledger,
                                           bool demonstration) {
  if (!IsLedgerCode(ledger)) {
    return absl::InvalidArgumentError(
        fmt::format("\"{}\" is not an ODS code: 3 to 10 upper case letters and digits", ledger));
  }
  absl::Status created = log.CreateLedger(ledger);
  if (!created.ok() && !absl::IsAlreadyExists(created)) return created;
  const SteadyTime until = std::chrono::steady_clock::now() + kCreateWithin;
  ASSIGN_OR_RETURN(const std::unique_ptr<CommitReader> reader, CommitReader::Open(log, ledger, std::nullopt));
  RETURN_IF_ERROR(FindFirst(*reader, true, until));
  if (reader->head()) return absl::AlreadyExistsError(fmt::format("ledger {} exists", ledger));

  CommitHeader header;
  header.ledger_id = RandomLedgerId();
  header.writer = RandomWriterId();
  if (demonstration) {
    // Dated at the beginning of 1970, so that every simulated time comes after it.
    header.flags = kFlagDemonstration;
  } else {
    header.recorded_at = clock.Now();
  }
  std::string stored = EncodeCommit(header, "");
  const Digest digest = Sha256(stored);
  ASSIGN_OR_RETURN(const std::unique_ptr<LogAppender> appender, log.OpenAppender(ledger));
  RETURN_IF_ERROR(appender->Append(std::move(stored)));
  RETURN_IF_ERROR(FindFirst(*reader, false, until));
  // Of two that create it at the same time, one is first.
  if (reader->head()->ledger_id != header.ledger_id) {
    return absl::AlreadyExistsError(fmt::format("ledger {} exists", ledger));
  }
  return CreatedLedger{header.ledger_id, {ledger, 0, digest}};
}

}  // namespace realise
