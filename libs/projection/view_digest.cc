#include "libs/projection/view_digest.h"

#include <limits>
#include <span>
#include <utility>

#include "fmt/format.h"
#include "libs/base/sha256_stream.h"
#include "libs/base/status_macros.h"
#include "libs/projection/posting_rows.h"
#include "libs/view_store/view_rows.h"

namespace realise {
namespace {

constexpr uint64_t kNumberMax = std::numeric_limits<uint64_t>::max();
constexpr size_t kAccountsAtOnce = 256;
constexpr uint64_t kRowsAtOnce = 4096;

// The last commit that is in a digest, and its place among all.
struct LastCommit {
  CommitEnd end;
  uint64_t ordinal = 0;
};

// Rows, counted, so that who asked can end it.
class RowHash {
 public:
  explicit RowHash(const GoesOn& goes_on) : goes_on_(goes_on) {}

  absl::Status Add(std::string_view key, std::string_view value) {
    stream_.AddField(key);
    stream_.AddField(value);
    return ++rows_ % kRowsAtOnce == 0 ? goes_on_() : absl::OkStatus();
  }
  uint64_t rows() const { return rows_; }
  Digest Finish() { return stream_.Finish(); }

 private:
  const GoesOn& goes_on_;
  Sha256Stream stream_;
  uint64_t rows_ = 0;
};

// The sequence that ends the key that the cursor stands on.
absl::StatusOr<Sequence> SequenceOf(const ViewSnapshot& rows, const std::string& prefix) {
  if (rows.key().size() != prefix.size() + 8) return DamagedRow(rows.key());
  return ReadUint64(rows.key().substr(prefix.size()));
}

// Adds the rows below `prefix`, whose keys end with a sequence, up to `up_to`.
absl::Status AddUpTo(ViewSnapshot& rows, const std::string& prefix, Sequence up_to, RowHash& hash) {
  for (rows.Seek(prefix); rows.On(prefix); rows.Next()) {
    ASSIGN_OR_RETURN(const Sequence sequence, SequenceOf(rows, prefix));
    if (sequence > up_to) break;
    RETURN_IF_ERROR(hash.Add(rows.key().substr(prefix.size()), rows.value()));
  }
  return rows.status();
}

absl::StatusOr<LastCommit> FindCommit(const ViewFigureSource& source, const ViewDigestScope& scope) {
  ViewSnapshot& rows = source.rows();
  const std::string table = source.keys().Table(ViewTable::kCommits);
  const Sequence latest = source.Latest().sequence;
  const Sequence up_to = scope.position ? scope.position->sequence : latest;
  if (up_to > latest) {
    return absl::NotFoundError(
        fmt::format("{0}@{1} is not there: the latest position is {0}@{2}", source.ledger(), up_to, latest));
  }
  const bool has_digest = scope.position && scope.position->digest;
  for (rows.SeekForPrev(source.keys().Commit(up_to, kNumberMax)); rows.On(table);) {
    const auto row = DecodeCommitRow(rows.value());
    if (!row || rows.key().size() != table.size() + 16) return DamagedRow(rows.key());
    const Sequence end = ReadUint64(rows.key().substr(table.size()));
    if (has_digest && end != up_to) break;
    if (!has_digest || row->digest == *scope.position->digest) {
      return LastCommit{{end, row->recorded_at, row->digest, row->address}, row->ordinal};
    }
    if (row->ordinal <= 1) break;
    rows.SeekForPrev(source.keys().Commit(end, row->ordinal - 1));
  }
  RETURN_IF_ERROR(rows.status());
  return absl::FailedPreconditionError(
      fmt::format("RECEIPT_MISMATCH: the receipt names another history than this ledger's at {}", up_to));
}

absl::StatusOr<Digest> DigestCommits(const ViewFigureSource& source, const LastCommit& last,
                                     const GoesOn& goes_on) {
  RowHash hash(goes_on);
  ViewSnapshot& rows = source.rows();
  const std::string commits = source.keys().Table(ViewTable::kCommits);
  for (rows.Seek(commits); rows.On(commits); rows.Next()) {
    auto row = DecodeCommitRow(rows.value());
    if (!row) return DamagedRow(rows.key());
    if (row->ordinal > last.ordinal) break;
    row->address = 0;
    RETURN_IF_ERROR(hash.Add(rows.key().substr(commits.size()), EncodeCommitRow(*row)));
  }
  RETURN_IF_ERROR(rows.status());
  const std::string times = source.keys().Table(ViewTable::kTimes);
  for (rows.Seek(times); rows.On(times); rows.Next()) {
    if (rows.value().size() != 16) return DamagedRow(rows.key());
    if (ReadUint64(rows.value().substr(8)) > last.ordinal) continue;
    RETURN_IF_ERROR(hash.Add(rows.key().substr(times.size()), rows.value()));
  }
  RETURN_IF_ERROR(rows.status());
  return hash.Finish();
}

// Adds what was posted to an account up to `up_to`, event by event: in which rows it lies does not count.
absl::Status AddPostings(const ViewFigureSource& source, AccountNumber account, Sequence up_to,
                         RowHash& hash) {
  absl::Status added;
  const auto add = [&](std::span<const AccountPosting> posted) {
    std::string sequence, postings;
    AppendUint64(sequence, posted.front().sequence);
    for (const auto& [at, cell, delta] : posted) AppendPosting(postings, at, {at, cell, delta});
    added = hash.Add(sequence, postings);
    return added.ok() ? posted.front().sequence + 1 : kNoMorePostings;
  };
  RETURN_IF_ERROR(GiveStoredPostings(source.rows(), source.keys(), account, 0, up_to, add));
  return added;
}

// Nothing if it was not posted to by then.
absl::StatusOr<std::optional<Digest>> DigestAccount(const ViewFigureSource& source, AccountNumber number,
                                                    Sequence up_to, const GoesOn& goes_on) {
  RowHash hash(goes_on);
  RETURN_IF_ERROR(AddPostings(source, number, up_to, hash));
  if (hash.rows() == 0) return std::nullopt;
  std::string bytes;
  AppendUint32(bytes, number);
  RETURN_IF_ERROR(hash.Add("number", bytes));
  RETURN_IF_ERROR(
      AddUpTo(source.rows(), source.keys().Account(ViewTable::kCheckpoints, number), up_to, hash));
  return hash.Finish();
}

struct NamedAccount {
  std::string name;
  AccountNumber number = 0;
};

// The accounts behind `after`, or `only` that one.
absl::StatusOr<std::vector<NamedAccount>> FindAccounts(const ViewFigureSource& source,
                                                       const std::string& after, const std::string& only) {
  std::vector<NamedAccount> accounts;
  ViewSnapshot& rows = source.rows();
  const std::string table = source.keys().Table(ViewTable::kAccounts);
  for (rows.Seek(table + (only.empty() ? after : only)); rows.On(table); rows.Next()) {
    const std::string_view name = rows.key().substr(table.size());
    if (only.empty() && !after.empty() && name == after) continue;
    if (!only.empty() && name != only) break;
    const auto row = DecodeAccountRow(rows.value());
    if (!row) return DamagedRow(rows.key());
    accounts.push_back({std::string(name), row->number});
    if (accounts.size() == kAccountsAtOnce) break;
  }
  RETURN_IF_ERROR(rows.status());
  return accounts;
}

}  // namespace

Digest ViewDigest::Whole() const {
  Sha256Stream stream;
  stream.AddField(end.digest.view());
  std::string version;
  AppendUint32(version, fold_version);
  stream.AddField(version);
  for (const Digest* part : {&commits, &facts, &accounts}) stream.AddField(part->view());
  return stream.Finish();
}

absl::StatusOr<std::vector<AccountDigest>> DigestAccounts(const ViewFigureSource& source,
                                                          const AccountDigestScope& scope,
                                                          const GoesOn& goes_on) {
  std::vector<AccountDigest> digests;
  std::string after = scope.after;
  while (digests.size() < scope.count_max) {
    ASSIGN_OR_RETURN(const std::vector<NamedAccount> accounts, FindAccounts(source, after, scope.only));
    for (const NamedAccount& account : accounts) {
      RETURN_IF_ERROR(goes_on());
      ASSIGN_OR_RETURN(const auto digest, DigestAccount(source, account.number, scope.up_to, goes_on));
      if (digest) digests.push_back({account.name, *digest});
      if (digests.size() == scope.count_max) break;
    }
    if (accounts.size() < kAccountsAtOnce || !scope.only.empty()) break;
    after = accounts.back().name;
  }
  return digests;
}

absl::StatusOr<ViewDigest> DigestView(const ViewFigureSource& source, const ViewDigestScope& scope,
                                      const GoesOn& goes_on) {
  ASSIGN_OR_RETURN(const LastCommit last, FindCommit(source, scope));
  const Sequence up_to = scope.position ? scope.position->sequence : last.end.sequence;
  ViewDigest digest;
  digest.end = last.end;
  digest.fold_version = source.fold_version();
  ASSIGN_OR_RETURN(digest.commits, DigestCommits(source, last, goes_on));
  RowHash facts(goes_on);
  RETURN_IF_ERROR(AddUpTo(source.rows(), source.keys().Table(ViewTable::kFacts), up_to, facts));
  digest.facts = facts.Finish();
  Sha256Stream names;
  AccountDigestScope page{.up_to = up_to, .only = "", .after = "", .count_max = kAccountsAtOnce};
  for (bool more = !scope.without_accounts; more;) {
    ASSIGN_OR_RETURN(const std::vector<AccountDigest> accounts, DigestAccounts(source, page, goes_on));
    for (const AccountDigest& account : accounts) {
      names.AddField(account.account);
      names.AddField(account.digest.view());
    }
    digest.account_count += accounts.size();
    more = accounts.size() == page.count_max;
    if (more) page.after = accounts.back().account;
  }
  digest.accounts = names.Finish();
  return digest;
}

}  // namespace realise
