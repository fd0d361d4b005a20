// Where figures are read from.  Two implementations: a snapshot of the view store, and the accounts that an
// audit folded from the log in memory.  The answers (answers.h) are worked out from either by the same code.
#pragma once

#include <algorithm>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "libs/base/calendar.h"
#include "libs/base/ids.h"
#include "libs/event_log/event_log.h"
#include "libs/postings/postings.h"
#include "realise/v1/event.pb.h"

namespace realise {

// The cells of an account that were ever posted to, those at 0 among them, in the order of their packed
// values.  Copies share them.
class Cells {
 public:
  using value_type = std::pair<Cell, int64_t>;
  using const_iterator = std::vector<value_type>::const_iterator;

  Cells() = default;
  // REQUIRES: rising cells.
  explicit Cells(std::vector<value_type> cells) : cells_(Share(std::move(cells))) {}

  const_iterator begin() const { return cells_ ? cells_->begin() : const_iterator(); }
  const_iterator end() const { return cells_ ? cells_->end() : const_iterator(); }
  size_t size() const { return cells_ ? cells_->size() : 0; }
  // end() if it was never posted to.
  const_iterator find(Cell cell) const {
    const auto at = std::ranges::lower_bound(begin(), end(), cell, {}, &value_type::first);
    return at != end() && at->first == cell ? at : end();
  }
  friend bool operator==(const Cells& a, const Cells& b) { return std::ranges::equal(a, b); }

 private:
  // Shared by what keeps them for the next question (balance_cache.h) and the answers that are under way.
  using Shared = std::shared_ptr<const std::vector<value_type>>;
  static Shared Share(std::vector<value_type> cells) {
    return std::make_shared<const std::vector<value_type>>(std::move(cells));
  }

  Shared cells_;  // null without any
};

// The end of a commit, where a figure can be asked for.
struct CommitEnd {
  Sequence sequence = 0;  // of the last event up to here
  Instant recorded_at{};
  Digest digest;
  // Where the log keeps the commit (EventLog::ReadAt); 0 if the source does not know.
  Address address = 0;
};

// What one event posted to an account.
struct AccountPosting {
  Sequence sequence = 0;
  Cell cell = 0;
  int64_t delta = 0;
};

// Takes what one event posted to an account, in one piece; returns from which sequence on more is wanted.
using PostingsSink = absl::FunctionRef<Sequence(std::span<const AccountPosting> posted)>;
inline constexpr Sequence kNoMorePostings = std::numeric_limits<Sequence>::max();

struct FactEvent {
  Sequence sequence = 0;
  v1::Event event;
};

// What every source says of a balance that does not fit, in the same words.
[[nodiscard]] absl::Status SumTooLarge(const std::string& account);

class Structure;
// Shared by what keeps it for the next question (structure_cache.h) and the answers that are under way.
using SharedStructure = std::shared_ptr<const Structure>;

// contributions.h
struct AskedCells;
class ContributionMarks;
// Shared by the cache, which may let go of them, with the question that is being answered from them.
using SharedMarks = std::shared_ptr<const ContributionMarks>;

// One ledger at one moment; what it returns does not change while it lives.  Not thread-safe.
class FigureSource {
 public:
  virtual ~FigureSource() = default;

  virtual const std::string& ledger() const = 0;
  virtual bool demonstration() const = 0;
  virtual uint32_t fold_version() const = 0;
  // The last commit that was folded.
  virtual CommitEnd Latest() const = 0;
  // The last commit recorded at or before `time`.   NOT_FOUND  the ledger is younger.
  virtual absl::StatusOr<CommitEnd> CommitAtTime(Instant time) const = 0;
  // The last commit that ends at `sequence` (empty commits share their end).   NOT_FOUND  none ends there.
  virtual absl::StatusOr<CommitEnd> CommitEndingAt(Sequence sequence) const = 0;
  // All commits that end at `sequence`, in the order of the log: receipts of each of them stay valid.
  //   NOT_FOUND  none ends there.
  virtual absl::StatusOr<std::vector<CommitEnd>> CommitsEndingAt(Sequence sequence) const = 0;
  // The first commit that ends at or behind `sequence`: the one that holds it.   NOT_FOUND  there is none.
  virtual absl::StatusOr<CommitEnd> CommitHolding(Sequence sequence) const = 0;

  // The balances of an account at the end of `sequence`; empty if the account does not exist.
  //   OUT_OF_RANGE  a sum does not fit into 64 bits.
  virtual absl::StatusOr<Cells> BalancesAt(const std::string& account, Sequence sequence) const = 0;
  // Gives the postings of an account from `from` up to `up_to`, in the order of the log, but for those that
  // come before what `take` wants next.
  virtual absl::Status GivePostings(const std::string& account, Sequence from, Sequence up_to,
                                    PostingsSink take) const = 0;
  // All of them up to `sequence`.
  absl::StatusOr<std::vector<AccountPosting>> PostingsUpTo(const std::string& account,
                                                           Sequence sequence) const;
  // What is known of the contributions to a figure, up to `sequence` or further.  A source
  // that keeps it reads the account's postings once.
  virtual absl::StatusOr<SharedMarks> MarksOf(const AskedCells& asked, Sequence sequence) const = 0;
  // The facts up to `sequence`, in the order of the log.
  virtual absl::StatusOr<std::vector<FactEvent>> FactsUpTo(Sequence sequence) const = 0;
  // The fold of the facts up to `sequence`.
  //   DATA_LOSS  as Structure::Fold.
  virtual absl::StatusOr<SharedStructure> StructureAt(Sequence sequence) const = 0;
};

}  // namespace realise
