// Digests of what the view of a ledger holds up to a position.  Two replicas with the same log and fold
// version have the same ones, whether their rows were written live or while catching up, and in whatever
// chunks; where one differs, they part.
//
// What is in them: every row that answers are read from, byte for byte, but for the addresses of commits,
// which mean something in one log only; postings event by event, in whatever rows they lie.  What the fold
// goes on from (LedgerState, the counters of accounts) is not.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/base/ids.h"
#include "libs/projection/figure_source.h"
#include "libs/projection/view_figure_source.h"

namespace realise {

// Asked now and then; what it returns, unless OK, ends the digesting.
using GoesOn = std::function<absl::Status()>;

struct ViewDigest {
  CommitEnd end;  // the last commit that is in it
  uint32_t fold_version = 0;
  Digest commits;
  Digest facts;
  Digest accounts;  // of their names and digests; of none if they were left out
  uint64_t account_count = 0;

  // Of all of it.
  [[nodiscard]] Digest Whole() const;
};

struct ViewDigestScope {
  // Any position, a commit's end or not, or a receipt; the latest commit if none.
  std::optional<Receipt> position;
  bool without_accounts = false;
};

//   NOT_FOUND               the position lies behind the latest.
//   FAILED_PRECONDITION     "RECEIPT_MISMATCH ...": the receipt is not of this history.
//   UNAVAILABLE, DATA_LOSS  as ViewStore, of rows that do not decode too; and what `goes_on` returns.
[[nodiscard]] absl::StatusOr<ViewDigest> DigestView(const ViewFigureSource& source,
                                                    const ViewDigestScope& scope, const GoesOn& goes_on);

struct AccountDigest {
  std::string account;
  Digest digest;
};

struct AccountDigestScope {
  Sequence up_to = 0;
  std::string only;   // this account; all if empty
  std::string after;  // those behind this name
  size_t count_max = 0;
};

// Of the accounts that were posted to by then, in the order of their names.   Errors as DigestView.
[[nodiscard]] absl::StatusOr<std::vector<AccountDigest>> DigestAccounts(const ViewFigureSource& source,
                                                                        const AccountDigestScope& scope,
                                                                        const GoesOn& goes_on);

}  // namespace realise
