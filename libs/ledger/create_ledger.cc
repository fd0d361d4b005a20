#include <fmt/format.h>

#include <optional>
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

// Reads until there is a first commit, or `until`; nothing if there is none up to the log's end.
absl::StatusOr<std::optional<ReadCommit>> FindFirst(CommitReader& reader, bool stop_at_end,
                                                    SteadyTime until) {
  while (true) {
    if (stop_at_end) {
      ASSIGN_OR_RETURN(const bool caught_up, reader.CaughtUp());
      if (caught_up) return std::nullopt;
    }
    if (std::chrono::steady_clock::now() >= until) {
      return absl::UnavailableError(
          "the first commit was not read back in time; look again whether it is there");
    }
    auto commits = reader.Read(kReadWait, 1);
    // Whoever made it and was told so would create it again, and learn that it exists.
    if (absl::IsUnavailable(commits.status())) continue;
    RETURN_IF_ERROR(commits.status());
    for (ReadCommit& commit : *commits) {
      if (commit.verdict == Verdict::kValid) return std::move(commit);
    }
  }
}

// What came of creating it, as its first commit says.
absl::StatusOr<CreatedLedger> Created(const std::string& ledger, const CommitHeader& wanted,
                                      const ReadCommit& first) {
  if (first.header.ledger_id != wanted.ledger_id || first.header.flags != wanted.flags) {
    return absl::AlreadyExistsError(fmt::format("ledger {} exists", ledger));
  }
  return CreatedLedger{wanted.ledger_id, {ledger, 0, first.digest}};
}

}  // namespace

absl::StatusOr<CreatedLedger> CreateLedger(EventLog& log, const Clock& clock, const std::string& ledger,
                                           bool demonstration, const LedgerId& id) {
  if (!IsLedgerCode(ledger)) {
    return absl::InvalidArgumentError(
        fmt::format("\"{}\" is not an ODS code: 3 to 10 upper case letters and digits", ledger));
  }
  absl::Status created = log.CreateLedger(ledger);
  if (!created.ok() && !absl::IsAlreadyExists(created)) return created;
  const SteadyTime until = std::chrono::steady_clock::now() + kCreateWithin;
  CommitHeader header;
  header.ledger_id = id;
  header.writer = RandomWriterId();
  if (demonstration) {
    // Dated at the beginning of 1970, so that every simulated time comes after it.
    header.flags = kFlagDemonstration;
  } else {
    header.recorded_at = clock.Now();
  }
  ASSIGN_OR_RETURN(const std::unique_ptr<CommitReader> reader, CommitReader::Open(log, ledger, std::nullopt));
  ASSIGN_OR_RETURN(std::optional<ReadCommit> first, FindFirst(*reader, true, until));
  if (!first) {
    ASSIGN_OR_RETURN(const std::unique_ptr<LogAppender> appender, log.OpenAppender(ledger));
    RETURN_IF_ERROR(appender->Append(EncodeCommit(header, "")));
    ASSIGN_OR_RETURN(first, FindFirst(*reader, false, until));
  }
  // Of two that create it at the same time, one is first.
  return Created(ledger, header, *first);
}

}  // namespace realise
