#include "libs/projection/account_table.h"

#include <algorithm>
#include <utility>

#include "libs/base/status_macros.h"

namespace realise {
namespace {

// The last row of an account, which is kept beside its balances, takes as much memory as about so many of
// them.
constexpr size_t kRowAsCells = 16;

// So many postings are read at once of those that are kept for the next questions: a seek takes as long as
// some hundred of them.
constexpr size_t kPostingsAtOnce = 1024;

// A piece of history that begins at a checkpoint.
absl::StatusOr<AccountHistory> BeginHistory(Sequence checkpoint, std::string_view key, std::string_view row) {
  auto balances = DecodeBalances(row);
  if (!balances) return DamagedRow(key);
  AccountHistory history;
  history.from = history.up_to = checkpoint;
  history.balances = *std::move(balances);
  return history;
}

// One that goes on where one that begins at the same checkpoint ends.
AccountHistory GoOn(const AccountHistory& before) {
  AccountHistory history;
  history.from = before.from;
  history.up_to = before.up_to;
  history.balances = before.balances;
  history.postings = before.postings;
  return history;
}

// At the account's last checkpoint: its key is known, which is cheaper than a seek.
absl::StatusOr<AccountHistory> BeginAtLast(const ViewSnapshot& snapshot, const ViewKeyspace& keys,
                                           const ViewAccountRow& account, const AccountHistory* before) {
  if (before != nullptr && before->from == account.checkpoint) return GoOn(*before);
  if (account.checkpoint == 0) return AccountHistory();
  const std::string key = keys.Checkpoint(account.number, account.checkpoint);
  ASSIGN_OR_RETURN(const auto row, snapshot.Get(key));
  if (!row) return DamagedRow(key);
  return BeginHistory(account.checkpoint, key, *row);
}

// Whether a distance is no longer than a piece of history.
bool IsNear(Sequence distance, const AccountHistory& history) {
  return distance <= history.up_to - history.from;
}

bool Rises(const NearHistory& near, Sequence sequence) {
  return near.before != nullptr && IsNear(sequence - near.before->up_to, *near.before);
}

bool Falls(const NearHistory& near, Sequence sequence) {
  return near.behind != nullptr && IsNear(near.behind->from - sequence, *near.behind);
}

// At the last checkpoint up to `sequence`; for who goes back, so far before it that kPostingsAtOnce lead up
// to the next one.
absl::StatusOr<AccountHistory> BeginUpTo(ViewSnapshot& snapshot, const ViewKeyspace& keys,
                                         const ViewAccountRow& account, Sequence sequence,
                                         const NearHistory& near) {
  const std::string prefix = keys.Account(ViewTable::kCheckpoints, account.number);
  snapshot.SeekForPrev(keys.Checkpoint(account.number, sequence));
  const size_t apart = std::max(kCheckpointPostingsMin, account.cells);
  const bool falls = Falls(near, sequence);
  const auto unknown = [&] {
    return snapshot.On(prefix) &&
           (near.before == nullptr || snapshot.key() > keys.Checkpoint(account.number, near.before->up_to));
  };
  for (size_t postings = 2 * apart; falls && postings <= kPostingsAtOnce && unknown(); postings += apart) {
    snapshot.Prev();
  }
  RETURN_IF_ERROR(snapshot.status());
  if (!snapshot.On(prefix)) return AccountHistory();
  if (snapshot.key().size() != prefix.size() + 8) return DamagedRow(snapshot.key());
  const Sequence checkpoint = ReadUint64(snapshot.key().substr(prefix.size()));
  if (near.before != nullptr && near.before->from == checkpoint) return GoOn(*near.before);
  return BeginHistory(checkpoint, snapshot.key(), snapshot.value());
}

}  // namespace

absl::StatusOr<AccountHistory> ReadHistory(ViewSnapshot& snapshot, const ViewKeyspace& keys,
                                           const ViewAccountRow& account, Sequence sequence,
                                           const NearHistory& near) {
  const bool behind_last = account.checkpoint <= sequence;
  ASSIGN_OR_RETURN(AccountHistory history, behind_last ? BeginAtLast(snapshot, keys, account, near.before)
                                                       : BeginUpTo(snapshot, keys, account, sequence, near));
  if (behind_last && account.postings_since == history.postings.size()) {
    history.up_to = kUpToTheEnd;
  } else {
    const bool one_by_one = Rises(near, sequence) || Falls(near, sequence);
    const size_t at_least = history.postings.size() + (one_by_one ? kPostingsAtOnce : kCheckpointPostingsMin);
    history.postings.reserve(at_least);
    const PostingsRange range{.after = history.up_to,
                              .up_to = behind_last ? kUpToTheEnd : sequence,
                              .at_least = at_least,
                              .further_max = near.behind != nullptr ? near.behind->from : kUpToTheEnd};
    ASSIGN_OR_RETURN(history.up_to, ScanPostings(snapshot, keys, account.number, range, history.postings));
  }
  for (const AccountPosting& posting : history.postings) {
    history.last_posting = std::max(history.last_posting, posting.sequence);
  }
  std::ranges::stable_sort(history.postings, {}, &AccountPosting::cell);
  return history;
}

absl::StatusOr<std::vector<CellBalance>> ReadBalances(ViewSnapshot& snapshot, const ViewKeyspace& keys,
                                                      const ViewAccountRow& account, Sequence sequence) {
  ASSIGN_OR_RETURN(const AccountHistory history, ReadHistory(snapshot, keys, account, sequence, {}));
  return BalancesBehind(history, sequence);
}

absl::Status AccountTable::Load(ViewSnapshot& snapshot) {
  const std::string prefix = keys_.Table(ViewTable::kAccounts);
  std::vector<std::pair<ViewAccountRow, std::string>> found;
  for (snapshot.Seek(prefix); snapshot.On(prefix); snapshot.Next()) {
    const auto row = DecodeAccountRow(snapshot.value());
    if (!row) return DamagedRow(snapshot.key());
    found.emplace_back(*row, snapshot.key().substr(prefix.size()));
  }
  RETURN_IF_ERROR(snapshot.status());
  std::sort(found.begin(), found.end(),
            [](const auto& a, const auto& b) { return a.first.number < b.first.number; });
  for (const auto& [row, name] : found) {
    if (row.number != accounts_.size() + 1) return DamagedRow(keys_.AccountName(name));
    Account& account = accounts_.emplace_back();
    account.name = name;
    account.row = row;
    by_name_[name] = &account;
  }
  return absl::OkStatus();
}

AccountTable::Account& AccountTable::Find(std::string_view name) {
  const auto [at, is_new] = by_name_.try_emplace(absl::string_view(name.data(), name.size()), nullptr);
  if (is_new) {
    Account& account = accounts_.emplace_back();
    account.name = name;
    account.row.number = static_cast<AccountNumber>(accounts_.size());
    account.loaded = true;
    cells_in_memory_ += kRowAsCells;
    at->second = &account;
  }
  return *at->second;
}

absl::Status AccountTable::LoadBalances(Account& account, const ViewStore& store) {
  const auto snapshot = store.Snapshot();
  ASSIGN_OR_RETURN(const auto balances, ReadBalances(*snapshot, keys_, account.row, kUpToTheEnd));
  RETURN_IF_ERROR(account.postings.GoOn(*snapshot, keys_, account.row.number));
  account.balances.insert(balances.begin(), balances.end());
  if (account.balances.size() != account.row.cells) return DamagedRow(keys_.AccountName(account.name));
  cells_in_memory_ += account.balances.size() + kRowAsCells;
  account.loaded = true;
  return absl::OkStatus();
}

absl::Status AccountTable::Add(const PostedEvents& events, const ViewStore& store) {
  const std::vector<PostedEvents::Posting>& postings = events.postings();
  places_.clear();
  for (const PostedEvents::Posting& posting : postings) {
    const bool again = !places_.empty() && posting.name_begin == postings[places_.size() - 1].name_begin;
    Account* account = again ? places_.back().account : &Find(events.AccountOf(posting));
    if (!account->loaded) RETURN_IF_ERROR(LoadBalances(*account, store));
    places_.push_back({account, absl::Hash<Cell>()(posting.cell)});
  }
  const auto prefetch = [&](size_t i, const auto& step) {
    if (i < postings.size()) step(places_[i].account->balances, Likely{places_[i].cell_hash});
  };
  for (size_t i = 0; i < postings.size(); ++i) {
    prefetch(i + 2 * kPrefetchAhead, [](const Balances& cells, Likely cell) { cells.prefetch(cell); });
    prefetch(i + kPrefetchAhead, [](const Balances& cells, Likely cell) { (void)cells.find(cell); });
    if (i > 0 && postings[i].sequence != postings[i - 1].sequence) EndEvent(postings[i - 1].sequence);
    AddPosting(places_[i], postings[i]);
  }
  if (!postings.empty()) EndEvent(postings.back().sequence);
  return absl::OkStatus();
}

void AccountTable::AddPosting(const Place& place, const PostedEvents::Posting& posting) {
  Account& account = *place.account;
  const bool first_of_event = account.postings.Add({posting.sequence, posting.cell, posting.delta});
  if (first_of_event) touched_.push_back(&account);
  const auto balance = account.balances.find(posting.cell, place.cell_hash);
  if (balance != account.balances.end()) {
    balance->second += posting.delta;
  } else {
    account.balances[posting.cell] = posting.delta;
  }
  ++account.row.postings_since;
}

void AccountTable::EndEvent(Sequence sequence) {
  for (Account* account : touched_) {
    cells_in_memory_ += account->balances.size() - account->row.cells;
    account->row.cells = account->balances.size();
    if (account->row.postings_since >= std::max(kCheckpointPostingsMin, account->row.cells)) {
      account->checkpoints.push_back({sequence, {account->balances.begin(), account->balances.end()}});
      account->row.checkpoint = sequence;
      account->row.postings_since = 0;
    }
    if (!account->changed) changed_.push_back(account);
    account->changed = true;
  }
  touched_.clear();
}

AccountRows AccountTable::TakeRows() {
  AccountRows rows;
  rows.accounts_.reserve(changed_.size());
  std::sort(changed_.begin(), changed_.end(),
            [](const Account* a, const Account* b) { return a->row.number < b->row.number; });
  for (Account* account : changed_) {
    rows.accounts_.push_back(
        {account->name, account->row, account->postings.Take(), std::exchange(account->checkpoints, {})});
    account->changed = false;
  }
  changed_.clear();
  return rows;
}

void AccountTable::LetGoOfBalances(size_t cells_max) {
  if (cells_in_memory_ <= cells_max) return;
  for (Account& account : accounts_) {
    if (account.changed || !account.loaded) continue;
    cells_in_memory_ -= account.balances.size() + kRowAsCells;
    account.balances = {};
    account.postings = {};
    account.loaded = false;
  }
}

absl::Status AccountRows::GiveAccounts(ViewRowSink put, const ViewKeyspace& keys) const {
  std::vector<const Changed*> by_name;
  by_name.reserve(accounts_.size());
  for (const Changed& account : accounts_) by_name.push_back(&account);
  std::sort(by_name.begin(), by_name.end(),
            [](const Changed* a, const Changed* b) { return a->name < b->name; });
  for (const Changed* account : by_name) {
    RETURN_IF_ERROR(put(keys.AccountName(account->name), EncodeAccountRow(account->row)));
  }
  return absl::OkStatus();
}

absl::Status AccountRows::GiveCheckpoints(ViewRowSink put, const ViewKeyspace& keys) const {
  for (const Changed& account : accounts_) {
    for (const AccountCheckpoint& checkpoint : account.checkpoints) {
      std::vector<CellBalance> cells = checkpoint.balances;
      std::sort(cells.begin(), cells.end());
      RETURN_IF_ERROR(put(keys.Checkpoint(account.row.number, checkpoint.sequence), EncodeBalances(cells)));
    }
  }
  return absl::OkStatus();
}

absl::Status AccountRows::GivePostings(ViewRowSink put, const ViewKeyspace& keys) const {
  for (const Changed& account : accounts_) {
    const std::string prefix = keys.Account(ViewTable::kPostings, account.row.number);
    RETURN_IF_ERROR(GivePostingRows(account.postings, prefix, put));
  }
  return absl::OkStatus();
}

}  // namespace realise
