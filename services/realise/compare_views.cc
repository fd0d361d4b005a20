#include "services/realise/compare_views.h"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>

#include "absl/strings/str_join.h"
#include "fmt/format.h"
#include "libs/base/ids.h"
#include "libs/base/status_macros.h"
#include "services/realise/connection.h"
#include "services/realise/exit_codes.h"

namespace realise {
namespace {

// Digesting reads all rows of a ledger.
constexpr std::chrono::seconds kDigestWithin(600);
constexpr int kDifferencesShown = 20;

absl::Status ToStatus(const grpc::Status& status) {
  const RpcError error = FromGrpcStatus(status);
  return absl::Status(error.code, error.message);
}

// One replica.
class Replica {
 public:
  explicit Replica(const Servers& servers)
      : name_(servers.projection.empty() ? servers.all : servers.projection), connection_(servers) {}

  const std::string& name() const { return name_; }

  absl::StatusOr<std::map<std::string, v1::LedgerStatus>> Statuses(const std::vector<std::string>& ledgers) {
    v1::GetStatusRequest request;
    for (const std::string& ledger : ledgers) request.add_ledgers(ledger);
    v1::GetStatusResponse response;
    grpc::ClientContext context;
    Connection::Prepare(context);
    const grpc::Status called = connection_.status().GetStatus(&context, request, &response);
    if (!called.ok()) return ToStatus(called);
    std::map<std::string, v1::LedgerStatus> statuses;
    for (v1::LedgerStatus& status : *response.mutable_ledgers())
      statuses[status.ledger()] = std::move(status);
    return statuses;
  }

  absl::StatusOr<v1::GetViewDigestResponse> Digest(const std::string& ledger, const std::string& position,
                                                   bool without_accounts) {
    v1::GetViewDigestRequest request;
    request.set_ledger(ledger);
    request.set_position(position);
    request.set_without_accounts(without_accounts);
    v1::GetViewDigestResponse response;
    grpc::ClientContext context;
    Connection::Prepare(context, kDigestWithin);
    const grpc::Status called = connection_.query().GetViewDigest(&context, request, &response);
    if (!called.ok()) return ToStatus(called);
    return response;
  }

  absl::StatusOr<std::vector<v1::AccountDigest>> Accounts(const v1::ListAccountDigestsRequest& request) {
    v1::ListAccountDigestsResponse response;
    grpc::ClientContext context;
    Connection::Prepare(context, kDigestWithin);
    const grpc::Status called = connection_.query().ListAccountDigests(&context, request, &response);
    if (!called.ok()) return ToStatus(called);
    return std::vector<v1::AccountDigest>(response.accounts().begin(), response.accounts().end());
  }

 private:
  const std::string name_;
  Connection connection_;
};

// All accounts of a replica, one behind the other, a page at a time.
class AccountCursor {
 public:
  AccountCursor(Replica& replica, const std::string& ledger, Sequence up_to) : replica_(replica) {
    request_.set_ledger(ledger);
    request_.set_sequence(up_to);
  }

  // The account that it stands on; null behind the last.
  absl::StatusOr<const v1::AccountDigest*> At() {
    if (at_ == page_.size() && !done_) {
      ASSIGN_OR_RETURN(page_, replica_.Accounts(request_));
      at_ = 0;
      done_ = page_.empty();
      if (!page_.empty()) request_.set_after(page_.back().account());
    }
    return at_ < page_.size() ? &page_[at_] : nullptr;
  }
  void Next() { ++at_; }

 private:
  Replica& replica_;
  v1::ListAccountDigestsRequest request_;
  std::vector<v1::AccountDigest> page_;
  size_t at_ = 0;
  bool done_ = false;
};

// Two replicas and one ledger.
class Comparison {
 public:
  Comparison(Replica& one, Replica& other, v1::ViewComparison& result)
      : one_(one), other_(other), ledger_(result.ledger()), result_(result) {}

  // Compares up to the nearer of the two ends.
  absl::Status Run(const v1::LedgerStatus& one, const v1::LedgerStatus& other);

 private:
  // Whether the two differ in something up to a sequence.
  using DifferAt = std::function<absl::StatusOr<bool>(Sequence)>;

  absl::Status FindDifferences(const v1::GetViewDigestResponse& one, const v1::GetViewDigestResponse& other,
                               Sequence up_to);
  absl::Status FindAccounts(Sequence up_to);
  absl::StatusOr<bool> AccountDiffers(const std::string& account, Sequence up_to);
  absl::StatusOr<bool> PartDiffers(const std::string& part, Sequence up_to);
  absl::StatusOr<Sequence> FirstDifference(Sequence up_to, const DifferAt& differ);

  Replica& one_;
  Replica& other_;
  const std::string ledger_;
  v1::ViewComparison& result_;
};

absl::Status Comparison::Run(const v1::LedgerStatus& one, const v1::LedgerStatus& other) {
  const auto folded_one = Receipt::Parse(one.folded());
  const auto folded_other = Receipt::Parse(other.folded());
  result_.set_match(v1::VIEW_MATCH_NOT_COMPARABLE);
  if (!folded_one || !folded_other) {
    result_.set_message(fmt::format("{} has folded nothing of it yet", (folded_one ? other_ : one_).name()));
    return absl::OkStatus();
  }
  if (one.fold_version() != other.fold_version()) {
    result_.set_message(
        fmt::format("fold version {} here, {} there", one.fold_version(), other.fold_version()));
    return absl::OkStatus();
  }
  const Receipt& nearer = folded_other->sequence < folded_one->sequence ? *folded_other : *folded_one;
  auto digest_one = one_.Digest(ledger_, nearer.ToString(), false);
  auto digest_other = other_.Digest(ledger_, nearer.ToString(), false);
  const Receipt& same_end = *folded_other;
  if (absl::IsFailedPrecondition(digest_other.status()) && same_end.sequence == nearer.sequence) {
    // An empty commit that only one has folded so far shares its end with the commit before.
    digest_one = one_.Digest(ledger_, same_end.ToString(), false);
    digest_other = other_.Digest(ledger_, same_end.ToString(), false);
  }
  result_.set_position(nearer.ToString());
  for (const absl::Status& status : {digest_one.status(), digest_other.status()}) {
    if (!absl::IsFailedPrecondition(status)) continue;
    result_.set_match(v1::VIEW_MATCH_DIFFERENT);
    result_.add_differences("history");
    result_.set_message(std::string(status.message()));
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(digest_one.status());
  RETURN_IF_ERROR(digest_other.status());
  result_.set_position(digest_one->receipt());
  result_.set_fold_version(digest_one->fold_version());
  result_.set_match(digest_one->digest() == digest_other->digest() ? v1::VIEW_MATCH_EQUAL
                                                                   : v1::VIEW_MATCH_DIFFERENT);
  if (result_.match() == v1::VIEW_MATCH_EQUAL) return absl::OkStatus();
  return FindDifferences(*digest_one, *digest_other, nearer.sequence);
}

absl::Status Comparison::FindDifferences(const v1::GetViewDigestResponse& one,
                                         const v1::GetViewDigestResponse& other, Sequence up_to) {
  if (one.commits() != other.commits()) result_.add_differences("commits");
  if (one.facts() != other.facts()) result_.add_differences("facts");
  if (one.accounts() != other.accounts()) RETURN_IF_ERROR(FindAccounts(up_to));
  if (result_.differences().empty()) return absl::OkStatus();
  const std::string& first = result_.differences(0);
  ASSIGN_OR_RETURN(const Sequence parts_at, FirstDifference(up_to, [&](Sequence sequence) {
                     return first == "commits" || first == "facts" ? PartDiffers(first, sequence)
                                                                   : AccountDiffers(first, sequence);
                   }));
  result_.set_parts_at(parts_at);
  return absl::OkStatus();
}

// Both lists are in the order of their names.
absl::Status Comparison::FindAccounts(Sequence up_to) {
  AccountCursor one(one_, ledger_, up_to);
  AccountCursor other(other_, ledger_, up_to);
  while (result_.differences_size() < kDifferencesShown) {
    ASSIGN_OR_RETURN(const v1::AccountDigest* const here, one.At());
    ASSIGN_OR_RETURN(const v1::AccountDigest* const there, other.At());
    if (here == nullptr && there == nullptr) break;
    const bool only_here = there == nullptr || (here != nullptr && here->account() < there->account());
    const bool only_there = !only_here && (here == nullptr || there->account() < here->account());
    if (only_here || only_there || here->digest() != there->digest()) {
      result_.add_differences((only_there ? there : here)->account());
    }
    if (!only_there) one.Next();
    if (!only_here) other.Next();
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> Comparison::AccountDiffers(const std::string& account, Sequence up_to) {
  v1::ListAccountDigestsRequest request;
  request.set_ledger(ledger_);
  request.set_sequence(up_to);
  request.set_account(account);
  ASSIGN_OR_RETURN(const auto here, one_.Accounts(request));
  ASSIGN_OR_RETURN(const auto there, other_.Accounts(request));
  if (here.empty() || there.empty()) return here.size() != there.size();
  return here[0].digest() != there[0].digest();
}

absl::StatusOr<bool> Comparison::PartDiffers(const std::string& part, Sequence up_to) {
  const std::string position = Receipt{ledger_, up_to, std::nullopt}.ToString();
  ASSIGN_OR_RETURN(const auto here, one_.Digest(ledger_, position, true));
  ASSIGN_OR_RETURN(const auto there, other_.Digest(ledger_, position, true));
  return part == "commits" ? here.commits() != there.commits() : here.facts() != there.facts();
}

// What differs up to a sequence differs up to every later one.
absl::StatusOr<Sequence> Comparison::FirstDifference(Sequence up_to, const DifferAt& differ) {
  Sequence same = 0;
  Sequence different = up_to;
  while (same + 1 < different) {
    const Sequence middle = same + (different - same) / 2;
    ASSIGN_OR_RETURN(const bool differs, differ(middle));
    (differs ? different : same) = middle;
  }
  return different;
}

Sheet ComparisonSheet(const v1::ViewComparisons& all) {
  Sheet sheet;
  sheet.columns = {{"Ledger", "ledger", false},        {"Replica", "server", false},
                   {"Compared with", "other", false},  {"Are", "match", false},
                   {"Fold", "fold_version", true},     {"Up to", "position", false},
                   {"They part at", "parts_at", true}, {"What differs", "differences", false},
                   {"Message", "message", false}};
  for (const v1::ViewComparison& one : all.comparisons()) {
    sheet.rows.push_back(
        {TextCell(one.ledger()), TextCell(one.server()), TextCell(one.other()),
         TextCell(EnumText(v1::ViewMatch_Name(one.match()), "VIEW_MATCH_")), WholeCell(one.fold_version()),
         TextCell(one.position()),
         one.parts_at() == 0 ? TextCell("") : WholeCell(static_cast<int64_t>(one.parts_at())),
         TextCell(absl::StrJoin(one.differences(), ", ")), TextCell(one.message())});
  }
  sheet.notes = {
      "Where two part, ask the log: `realise replay LEDGER --verify` against each says which is wrong. Stop "
      "that "
      "one, delete its view store, and start it again: it is rebuilt from the log."};
  return sheet;
}

int ExitCodeOf(const v1::ViewComparisons& all) {
  int exit_code = kExitOk;
  for (const v1::ViewComparison& one : all.comparisons()) {
    if (one.match() == v1::VIEW_MATCH_DIFFERENT) return kExitMismatch;
    if (one.match() == v1::VIEW_MATCH_NOT_COMPARABLE && exit_code == kExitOk) exit_code = kExitFailed;
    if (one.match() == v1::VIEW_MATCH_NOT_ASKED) exit_code = kExitUnavailable;
  }
  return exit_code;
}

void CompareWith(Replica& one, const std::map<std::string, v1::LedgerStatus>& statuses, Replica& other,
                 const std::vector<std::string>& ledgers, v1::ViewComparisons& all) {
  const auto others = other.Statuses(ledgers);
  std::set<std::string> codes(ledgers.begin(), ledgers.end());
  for (const auto& [code, status] : statuses) codes.insert(code);
  if (others.ok()) {
    for (const auto& [code, status] : *others) codes.insert(code);
  }
  for (const std::string& code : codes) {
    v1::ViewComparison& result = *all.add_comparisons();
    result.set_ledger(code);
    result.set_server(one.name());
    result.set_other(other.name());
    const auto of = [&](const std::map<std::string, v1::LedgerStatus>& from) {
      const auto at = from.find(code);
      return at == from.end() ? v1::LedgerStatus() : at->second;
    };
    const absl::Status compared =
        others.ok() ? Comparison(one, other, result).Run(of(statuses), of(*others)) : others.status();
    if (compared.ok()) continue;
    result.set_match(v1::VIEW_MATCH_NOT_ASKED);
    result.set_message(std::string(compared.message()));
  }
}

}  // namespace

void CompareViews(Globals& globals, const std::vector<std::string>& ledgers,
                  const std::vector<std::string>& others) {
  Replica one(globals.server);
  const auto statuses = one.Statuses(ledgers);
  if (!statuses.ok()) {
    globals.exit_code = Failed(statuses.status());
    return;
  }
  v1::ViewComparisons all;
  for (const std::string& server : others) {
    Replica other(Servers{.all = server});
    CompareWith(one, *statuses, other, ledgers, all);
  }
  PrintSheet(globals.format, ComparisonSheet(all), all);
  globals.exit_code = ExitCodeOf(all);
}

}  // namespace realise
