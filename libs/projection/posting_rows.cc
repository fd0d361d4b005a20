#include "libs/projection/posting_rows.h"

#include <optional>
#include <utility>

#include "libs/base/status_macros.h"

namespace realise {
namespace {

constexpr size_t kRowHeaderBytes = 12;

// Rows that are passed over one by one before the cursor seeks what is behind them.
constexpr int kRowsPassed = 4;

// Of the key of a row.
absl::StatusOr<Sequence> FirstEvent(std::string_view key, const std::string& prefix) {
  if (key.size() != prefix.size() + 8) return DamagedRow(key);
  return ReadUint64(key.substr(prefix.size()));
}

// Puts the cursor on the row in which `from` would be, or, if all begin behind it, on the first one.
void SeekPostings(ViewSnapshot& snapshot, const ViewKeyspace& keys, AccountNumber account, Sequence from,
                  const std::string& prefix) {
  snapshot.SeekForPrev(keys.Posting(account, from));
  if (snapshot.status().ok() && !snapshot.On(prefix)) snapshot.Seek(keys.Posting(account, from));
}

// Calls `take` with the postings of the row that the cursor stands on, until it says false.
template <typename Take>
absl::Status ForEachPosting(const ViewSnapshot& snapshot, const std::string& prefix, Take take) {
  ASSIGN_OR_RETURN(Sequence before, FirstEvent(snapshot.key(), prefix));
  std::string_view row = snapshot.value();
  do {
    const auto posting = TakePosting(row, before);
    if (!posting) return DamagedRow(snapshot.key());
    if (!take(AccountPosting{posting->sequence, posting->cell, posting->delta})) break;
    before = posting->sequence;
  } while (!row.empty());
  return absl::OkStatus();
}

}  // namespace

absl::Status PostingRows::GoOn(ViewSnapshot& snapshot, const ViewKeyspace& keys, AccountNumber account) {
  const std::string prefix = keys.Account(ViewTable::kPostings, account);
  snapshot.SeekForPrev(keys.Posting(account, std::numeric_limits<Sequence>::max()));
  RETURN_IF_ERROR(snapshot.status());
  if (!snapshot.On(prefix)) return absl::OkStatus();
  RETURN_IF_ERROR(ForEachPosting(snapshot, prefix, [&](const AccountPosting& posting) {
    Add({posting.sequence, posting.cell, posting.delta});
    return true;
  }));
  // What is in the store need not be written again.
  (void)Take();
  return absl::OkStatus();
}

bool PostingRows::Add(const ViewPosting& posting) {
  const bool first_of_event = rows_.empty() || posting.sequence != last_event_;
  Sequence before = last_event_;
  if (first_of_event && (rows_.empty() || LastIsLong())) {
    EndLast();
    last_ = rows_.size();
    AppendUint64(rows_, posting.sequence);
    AppendUint32(rows_, 0);
    before = posting.sequence;
  }
  AppendPosting(rows_, before, posting);
  last_event_ = posting.sequence;
  return first_of_event;
}

std::string PostingRows::Take() {
  EndLast();
  std::string last = LastIsLong() ? std::string() : rows_.substr(last_);
  last_ = 0;
  return std::exchange(rows_, std::move(last));
}

bool PostingRows::LastIsLong() const { return rows_.size() - last_ >= kRowHeaderBytes + kPostingRowBytes; }

void PostingRows::EndLast() {
  if (rows_.empty()) return;
  const size_t bytes = rows_.size() - last_ - kRowHeaderBytes;
  for (size_t i = 0; i < 4; ++i) rows_[last_ + 8 + i] = static_cast<char>(bytes >> (8 * (3 - i)));
}

absl::Status GivePostingRows(std::string_view rows, const std::string& prefix, ViewRowSink put) {
  std::string key = prefix;
  while (!rows.empty()) {
    const uint32_t bytes = ReadUint32(rows.substr(8));
    key.replace(prefix.size(), std::string::npos, rows.substr(0, 8));
    RETURN_IF_ERROR(put(key, rows.substr(kRowHeaderBytes, bytes)));
    rows.remove_prefix(kRowHeaderBytes + bytes);
  }
  return absl::OkStatus();
}

absl::StatusOr<Sequence> ScanPostings(ViewSnapshot& snapshot, const ViewKeyspace& keys, AccountNumber account,
                                      const PostingsRange& range, std::vector<AccountPosting>& postings) {
  const std::string prefix = keys.Account(ViewTable::kPostings, account);
  Sequence last = range.after;      // that was taken
  std::optional<Sequence> untaken;  // the first one behind those
  SeekPostings(snapshot, keys, account, range.after + 1, prefix);
  for (; snapshot.On(prefix); snapshot.Next()) {
    RETURN_IF_ERROR(ForEachPosting(snapshot, prefix, [&](const AccountPosting& posting) {
      if (posting.sequence <= range.after) return true;
      const bool enough = postings.size() >= range.at_least || posting.sequence > range.further_max;
      if (posting.sequence != last && posting.sequence > range.up_to && enough) {
        untaken = posting.sequence;
        return false;
      }
      last = posting.sequence;
      postings.push_back(posting);
      return true;
    }));
    if (untaken) return *untaken - 1;
  }
  RETURN_IF_ERROR(snapshot.status());
  return kUpToTheEnd;
}

absl::Status GiveStoredPostings(ViewSnapshot& snapshot, const ViewKeyspace& keys, AccountNumber account,
                                Sequence from, Sequence up_to, PostingsSink take) {
  const std::string prefix = keys.Account(ViewTable::kPostings, account);
  std::vector<AccountPosting> posted;  // by the event at hand
  Sequence wanted = from;
  const auto give = [&] {
    if (!posted.empty()) wanted = take(posted);
    posted.clear();
  };
  SeekPostings(snapshot, keys, account, wanted, prefix);
  for (int passed = 0; snapshot.On(prefix) && wanted <= up_to;) {
    const Sequence wanted_before = wanted;
    bool ended = false;
    RETURN_IF_ERROR(ForEachPosting(snapshot, prefix, [&](const AccountPosting& posting) {
      if (!posted.empty() && posted.back().sequence != posting.sequence) give();
      ended = posting.sequence > up_to || wanted > up_to;
      if (!ended && posting.sequence >= wanted) posted.push_back(posting);
      return !ended;
    }));
    give();
    if (ended) break;
    passed = wanted == wanted_before ? passed + 1 : 0;
    if (passed < kRowsPassed) {
      snapshot.Next();
    } else {
      SeekPostings(snapshot, keys, account, wanted, prefix);
      passed = 0;
    }
  }
  return snapshot.status();
}

}  // namespace realise
