#include "libs/projection/memory_fold.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "fmt/format.h"
#include "libs/base/balance.h"
#include "libs/base/sha256.h"
#include "libs/base/status_macros.h"
#include "libs/domain/evolve.h"
#include "libs/projection/contributions.h"
#include "libs/projection/structure.h"
#include "realise/v1/commit.pb.h"

namespace realise {

class MemoryFold::Accounts {
 public:
  Accounts(std::string ledger, uint32_t fold_version)
      : ledger(std::move(ledger)), fold_version(fold_version) {
    state_.KeepNoJournal();
    state_.KeepNoChangedRows();
  }

  absl::Status Add(std::string_view stored);

  // Constant after construction.
  const std::string ledger;
  const uint32_t fold_version;

  std::vector<CommitEnd> commits;  // in the order of the log
  std::vector<FactEvent> facts;
  std::unordered_map<std::string, std::vector<AccountPosting>> postings;
  bool demonstration = false;

 private:
  // What a commit adds, kept apart until all of it is known to be good.
  struct Staged {
    std::vector<std::pair<std::string, AccountPosting>> postings;
    std::vector<FactEvent> facts;
  };

  absl::Status AddCommit(std::string_view stored);
  absl::Status Fold(v1::Event& event, Sequence sequence, Staged& staged);
  absl::Status Unfoldable(Sequence sequence, std::string_view why) const;

  CommitChain chain_;
  LedgerState state_;
  PostedEvents posted_;  // by one event; kept for its memory
  absl::Status stopped_;
};

absl::Status MemoryFold::Accounts::Unfoldable(Sequence sequence, std::string_view why) const {
  return absl::DataLossError(
      fmt::format("the commit behind {}@{} cannot be folded: {}", ledger, sequence, why));
}

absl::Status MemoryFold::Accounts::Fold(v1::Event& event, Sequence sequence, Staged& staged) {
  posted_.Clear();
  posted_.BeginEvent(sequence);
  RETURN_IF_ERROR(AppendPostings(event, state_, posted_));
  RETURN_IF_ERROR(Evolve(event, state_));
  for (const PostedEvents::Posting& posting : posted_.postings()) {
    staged.postings.emplace_back(posted_.AccountOf(posting),
                                 AccountPosting{posting.sequence, posting.cell, posting.delta});
  }
  if (IsFact(event)) staged.facts.push_back({sequence, std::move(event)});
  return absl::OkStatus();
}

absl::Status MemoryFold::Accounts::AddCommit(std::string_view stored) {
  const Sequence end_before = chain_.head() ? chain_.head()->next_sequence - 1 : 0;
  const std::optional<CommitView> commit = DecodeCommit(stored);
  const Digest digest = Sha256(stored);
  const Verdict verdict = chain_.Offer(commit, digest);
  if (verdict != Verdict::kValid)
    return Unfoldable(end_before, fmt::format("it is void, {}", VerdictName(verdict)));
  v1::CommitBody body;
  if (!body.ParseFromArray(commit->body.data(), static_cast<int>(commit->body.size()))) {
    return Unfoldable(end_before, "its body does not decode");
  }
  if (static_cast<uint32_t>(body.events_size()) != commit->header.event_count) {
    return Unfoldable(end_before, fmt::format("it holds {} events, and its header says {}",
                                              body.events_size(), commit->header.event_count));
  }
  Staged staged;
  Sequence sequence = commit->header.first_sequence;
  for (v1::Event& event : *body.mutable_events()) {
    const absl::Status folded = Fold(event, sequence, staged);
    if (!folded.ok()) {
      return Unfoldable(end_before,
                        fmt::format("at {}@{}: {}", ledger, sequence, std::string(folded.message())));
    }
    ++sequence;
  }
  for (auto& [account, posting] : staged.postings) postings[account].push_back(posting);
  for (FactEvent& fact : staged.facts) facts.push_back(std::move(fact));
  commits.push_back({commit->header.LastSequence(), commit->header.recorded_at, digest});
  demonstration = chain_.head()->demonstration;
  return absl::OkStatus();
}

absl::Status MemoryFold::Accounts::Add(std::string_view stored) {
  if (stopped_.ok()) stopped_ = AddCommit(stored);
  return stopped_;
}

MemoryFold::MemoryFold(std::string ledger, uint32_t fold_version)
    : accounts_(std::make_unique<Accounts>(std::move(ledger), fold_version)) {}

MemoryFold::~MemoryFold() = default;

absl::Status MemoryFold::Add(std::string_view stored) { return accounts_->Add(stored); }

const std::string& MemoryFold::ledger() const { return accounts_->ledger; }

bool MemoryFold::demonstration() const { return accounts_->demonstration; }

uint32_t MemoryFold::fold_version() const { return accounts_->fold_version; }

CommitEnd MemoryFold::Latest() const {
  return accounts_->commits.empty() ? CommitEnd{} : accounts_->commits.back();
}

absl::StatusOr<CommitEnd> MemoryFold::CommitAtTime(Instant time) const {
  // Not by halving: a clock correction goes back in time.
  const auto& commits = accounts_->commits;
  const auto at = std::find_if(commits.rbegin(), commits.rend(),
                               [&](const CommitEnd& commit) { return commit.recorded_at <= time; });
  if (at != commits.rend()) return *at;
  return absl::NotFoundError(
      fmt::format("nothing of ledger {} was recorded at or before {}", ledger(), FormatInstant(time)));
}

absl::StatusOr<std::vector<CommitEnd>> MemoryFold::CommitsEndingAt(Sequence sequence) const {
  const auto first = std::ranges::lower_bound(accounts_->commits, sequence, {}, &CommitEnd::sequence);
  const auto last = std::ranges::upper_bound(accounts_->commits, sequence, {}, &CommitEnd::sequence);
  if (first == last) return absl::NotFoundError(fmt::format("no commit ends at {}@{}", ledger(), sequence));
  return std::vector<CommitEnd>(first, last);
}

absl::StatusOr<CommitEnd> MemoryFold::CommitEndingAt(Sequence sequence) const {
  ASSIGN_OR_RETURN(const std::vector<CommitEnd> commits, CommitsEndingAt(sequence));
  return commits.back();
}

absl::StatusOr<CommitEnd> MemoryFold::CommitHolding(Sequence sequence) const {
  const auto at = std::ranges::lower_bound(accounts_->commits, sequence, {}, &CommitEnd::sequence);
  if (at != accounts_->commits.end()) return *at;
  return absl::NotFoundError(fmt::format("no commit holds {}@{}", ledger(), sequence));
}

absl::StatusOr<Cells> MemoryFold::BalancesAt(const std::string& account, Sequence sequence) const {
  const auto at = accounts_->postings.find(account);
  if (at == accounts_->postings.end()) return Cells();
  // As wide as in the view store: only a sum as at `sequence` has to fit, not those on the way to it.
  std::map<Cell, Balance> balances;
  for (const AccountPosting& posting : at->second) {
    if (posting.sequence > sequence) break;
    balances[posting.cell] += posting.delta;
  }
  std::vector<Cells::value_type> cells;
  cells.reserve(balances.size());
  for (const auto& [cell, balance] : balances) {
    const std::optional<int64_t> sum = Narrow(balance);
    if (!sum) return SumTooLarge(account);
    cells.emplace_back(cell, *sum);
  }
  return Cells(std::move(cells));
}

absl::Status MemoryFold::GivePostings(const std::string& account, Sequence from, Sequence up_to,
                                      PostingsSink take) const {
  const auto found = accounts_->postings.find(account);
  if (found == accounts_->postings.end()) return absl::OkStatus();
  const std::vector<AccountPosting>& all = found->second;
  const auto first_from = [&](auto begin, Sequence sequence) {
    return std::ranges::lower_bound(begin, all.end(), sequence, {}, &AccountPosting::sequence);
  };
  for (auto at = first_from(all.begin(), from); at != all.end() && at->sequence <= up_to;) {
    const auto behind = std::find_if(at, all.end(), [sequence = at->sequence](const AccountPosting& posting) {
      return posting.sequence != sequence;
    });
    at = first_from(behind, take({at, behind}));
  }
  return absl::OkStatus();
}

absl::StatusOr<SharedMarks> MemoryFold::MarksOf(const AskedCells& asked, Sequence sequence) const {
  return ExtendMarks(*this, asked, ContributionMarks(), sequence);
}

absl::StatusOr<std::vector<FactEvent>> MemoryFold::FactsUpTo(Sequence sequence) const {
  const auto& all = accounts_->facts;
  return std::vector<FactEvent>(all.begin(),
                                std::ranges::upper_bound(all, sequence, {}, &FactEvent::sequence));
}

absl::StatusOr<SharedStructure> MemoryFold::StructureAt(Sequence sequence) const {
  ASSIGN_OR_RETURN(const std::vector<FactEvent> facts, FactsUpTo(sequence));
  ASSIGN_OR_RETURN(Structure structure, Structure::Fold(facts));
  return Structure::Share(std::move(structure));
}

}  // namespace realise
