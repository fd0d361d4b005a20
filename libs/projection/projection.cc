#include "libs/projection/projection.h"

#include <algorithm>
#include <atomic>
#include <limits>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "fmt/format.h"
#include "libs/base/status_macros.h"
#include "libs/projection/account_table.h"
#include "libs/projection/followed_ledger.h"
#include "libs/projection/view_figure_source.h"
#include "libs/view_store/view_store.h"

namespace realise {
namespace {

// Reads a row of the registry.   False if it does not decode.
bool TakeLedger(const ViewSnapshot& at, std::string_view prefix, std::string& code, LedgerNumber& number) {
  code = at.key().substr(prefix.size());
  if (!IsLedgerCode(code) || at.value().size() != 4) return false;
  number = ReadUint32(at.value());
  return number > 0;
}

absl::StatusOr<std::map<std::string, LedgerNumber>> ReadRegistry(ViewSnapshot& snapshot) {
  std::map<std::string, LedgerNumber> ledgers;
  const std::string prefix = LedgersKey("");
  for (snapshot.Seek(prefix); snapshot.On(prefix); snapshot.Next()) {
    std::string code;
    LedgerNumber number = 0;
    if (!TakeLedger(snapshot, prefix, code, number)) return DamagedRow(snapshot.key());
    ledgers.emplace(std::move(code), number);
  }
  RETURN_IF_ERROR(snapshot.status());
  return ledgers;
}

// Refuses rows of a program newer than this one, and deletes those of a version that neither answers nor is
// built.
absl::Status CheckVersions(ViewStore& store, const std::map<std::string, LedgerNumber>& ledgers,
                           uint16_t version) {
  const auto snapshot = store.Snapshot();
  std::map<LedgerNumber, uint16_t> answering;
  for (const auto& [code, number] : ledgers) {
    ASSIGN_OR_RETURN(const auto row, snapshot->Get(AnsweringKey(number)));
    if (!row) continue;
    if (row->size() != 2) return DamagedRow(AnsweringKey(number));
    answering[number] = ReadUint16(*row);
    if (answering[number] <= version) continue;
    return absl::FailedPreconditionError(
        fmt::format("the view store answers for ledger {} from fold version {}, which is newer than this "
                    "program's {}: start the "
                    "newer program, or delete the view store, which is rebuilt from the log",
                    code, answering[number], version));
  }
  std::vector<std::string> stale;
  snapshot->Seek(ViewKeyspace{1, 0}.Prefix());
  while (snapshot->On("")) {
    const auto keys = KeyspaceOf(snapshot->key());
    if (!keys) return DamagedRow(snapshot->key());
    const auto answers = answering.find(keys->ledger);
    const bool is_answering = answers != answering.end() && answers->second == keys->version;
    if (!is_answering && keys->version != version) stale.push_back(keys->Prefix());
    snapshot->Seek(KeyBehind(keys->Prefix()));
  }
  RETURN_IF_ERROR(snapshot->status());
  return stale.empty() ? absl::OkStatus() : store.Write(ViewRows(), stale);
}

}  // namespace

class Projection::Impl {
 public:
  Impl(EventLog& log, ProjectionOptions options, std::unique_ptr<ViewStore> store)
      : log_(log),
        options_(std::move(options)),
        store_(std::move(store)),
        permits_(options_.large_chunks_max) {}

  ~Impl() {
    stop_.Raise();
    permits_.Close();
    if (finder_.joinable()) finder_.join();
    const std::lock_guard lock(mutex_);
    for (auto& [code, ledger] : ledgers_) ledger->Join();
  }

  absl::Status LoadLedgers() {
    const auto snapshot = store_->Snapshot();
    ASSIGN_OR_RETURN(const auto registry, ReadRegistry(*snapshot));
    RETURN_IF_ERROR(CheckVersions(*store_, registry, static_cast<uint16_t>(options_.fold_version)));
    const std::lock_guard lock(mutex_);
    for (const auto& [code, number] : registry) {
      FollowedLedger& ledger = AddLocked(code, number);
      const auto source = ViewFigureSource::Open(*store_, caches_, code, number);
      if (absl::IsNotFound(source.status())) continue;
      RETURN_IF_ERROR(source.status());
      ledger.SetFolded(**source);
    }
    return absl::OkStatus();
  }

  void Start() {
    started_ = true;
    finder_ = std::thread([this] {
      do {
        // What cannot be found now is looked for again below; every ledger's own status says what is wrong
        // with the log.
        static_cast<void>(FindAndStart());
      } while (!stop_.WaitFor(options_.look_again));
    });
  }

  absl::Status RunOnce() {
    RETURN_IF_ERROR(FindLedgers());
    absl::Status first;
    for (FollowedLedger* ledger : AllLedgers()) first.Update(ledger->FoldToEnd());
    return first;
  }

  absl::StatusOr<std::unique_ptr<ViewFigureSource>> Snapshot(const std::string& code) {
    ASSIGN_OR_RETURN(const FollowedLedger* const ledger, FindOrLook(code));
    return ViewFigureSource::Open(*store_, caches_, code, ledger->number());
  }

  absl::Status WaitFor(const Receipt& receipt, std::chrono::milliseconds wait_max) {
    const auto until = std::chrono::steady_clock::now() + wait_max;
    ASSIGN_OR_RETURN(FollowedLedger* const ledger, FindOrLook(receipt.ledger));
    RETURN_IF_ERROR(ledger->WaitFor(receipt.sequence, wait_max));
    if (!receipt.digest) return absl::OkStatus();
    ASSIGN_OR_RETURN(bool folded, IsFolded(receipt));
    if (folded) return absl::OkStatus();
    // An empty commit ends where the one before it does, so it may be still to come.
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    RETURN_IF_ERROR(ledger->WaitForAllEndingAt(receipt.sequence, left));
    ASSIGN_OR_RETURN(folded, IsFolded(receipt));
    if (folded) return absl::OkStatus();
    return absl::FailedPreconditionError(
        fmt::format("RECEIPT_MISMATCH: the receipt names another history than this ledger's at {}; verify it",
                    receipt.sequence));
  }

  bool Ready() const {
    if (ready_) return true;
    if (!found_) return false;
    const auto ledgers = AllLedgers();
    ready_ = std::all_of(ledgers.begin(), ledgers.end(),
                         [](const FollowedLedger* ledger) { return ledger->Settled(); });
    return ready_;
  }

  std::vector<v1::LedgerStatus> Status(const std::vector<std::string>& codes) const {
    std::vector<v1::LedgerStatus> rows;
    for (const FollowedLedger* ledger : AllLedgers()) {
      const bool named = std::find(codes.begin(), codes.end(), ledger->code()) != codes.end();
      if (codes.empty() || named) rows.push_back(ledger->Status());
    }
    return rows;
  }

  absl::StatusOr<std::vector<std::string>> DumpRows() const {
    std::vector<std::string> rows;
    const auto snapshot = store_->Snapshot();
    for (snapshot->Seek(""); snapshot->On(""); snapshot->Next()) {
      rows.push_back(ToHex(snapshot->key()) + " " + ToHex(snapshot->value()));
    }
    RETURN_IF_ERROR(snapshot->status());
    return rows;
  }

 private:
  // Whether what answers now has the commit of a receipt with a digest.
  absl::StatusOr<bool> IsFolded(const Receipt& receipt) {
    ASSIGN_OR_RETURN(const auto source, Snapshot(receipt.ledger));
    const auto ends = source->CommitsEndingAt(receipt.sequence);
    if (absl::IsNotFound(ends.status())) return false;  // it lies inside a commit
    RETURN_IF_ERROR(ends.status());
    return std::ranges::find(*ends, *receipt.digest, &CommitEnd::digest) != ends->end();
  }

  FollowedLedger& AddLocked(const std::string& code, LedgerNumber number) {
    LedgerFoldOptions fold{.ledger = code,
                           .keys = {static_cast<uint16_t>(options_.fold_version), number},
                           .catch_up_bytes = options_.catch_up_bytes,
                           .chunk_bytes = options_.chunk_bytes,
                           .read_bytes = options_.read_bytes,
                           .permits = &permits_};
    number_max_ = std::max(number_max_, number);
    auto& ledger = ledgers_[code];
    ledger = std::make_unique<FollowedLedger>(log_, *store_, std::move(fold), options_.look_again, stop_);
    return *ledger;
  }

  // Gives ledgers that are new in the log their numbers, in the order of their codes.
  absl::Status FindLedgers() {
    ASSIGN_OR_RETURN(const auto codes, log_.ListLedgers());
    RETURN_IF_ERROR(store_->Resume());
    const std::lock_guard lock(mutex_);
    for (const std::string& code : codes) {
      if (ledgers_.contains(code)) continue;
      ViewRows rows;
      std::string number;
      AppendUint32(number, number_max_ + 1);
      rows.Put(LedgersKey(code), number);
      RETURN_IF_ERROR(store_->Write(rows));
      AddLocked(code, number_max_ + 1);
    }
    found_ = true;
    return absl::OkStatus();
  }

  absl::Status FindAndStart() {
    const std::lock_guard finding(finding_);
    RETURN_IF_ERROR(FindLedgers());
    for (FollowedLedger* ledger : AllLedgers()) ledger->Start();
    return absl::OkStatus();
  }

  // A ledger that was made since the last look is found now, not at the next one.
  absl::StatusOr<FollowedLedger*> FindOrLook(const std::string& code) {
    auto found = Find(code);
    if (found.ok() || !started_) return found;
    RETURN_IF_ERROR(log_.CheckLedger(code));
    RETURN_IF_ERROR(FindAndStart());
    return Find(code);
  }

  absl::StatusOr<FollowedLedger*> Find(const std::string& code) const {
    const std::lock_guard lock(mutex_);
    const auto at = ledgers_.find(code);
    if (at == ledgers_.end()) return absl::NotFoundError(fmt::format("there is no ledger {}", code));
    return at->second.get();
  }

  // A ledger is never taken away again.
  std::vector<FollowedLedger*> AllLedgers() const {
    const std::lock_guard lock(mutex_);
    std::vector<FollowedLedger*> all;
    for (const auto& [code, ledger] : ledgers_) all.push_back(ledger.get());
    return all;
  }

  EventLog& log_;
  const ProjectionOptions options_;
  const std::unique_ptr<ViewStore> store_;
  FigureCaches caches_;
  ChunkPermits permits_;
  StopSignal stop_;
  std::thread finder_;
  bool started_ = false;                     // constant once others call
  std::atomic<bool> found_ = false;          // the ledgers of the log, once
  mutable std::atomic<bool> ready_ = false;  // as Ready said
  std::mutex finding_;                       // one at a time looks for ledgers and starts their threads

  mutable std::mutex mutex_;
  // Below: guarded by mutex_.
  std::map<std::string, std::unique_ptr<FollowedLedger>> ledgers_;
  LedgerNumber number_max_ = 0;
};

absl::StatusOr<std::unique_ptr<Projection>> Projection::Open(EventLog& log, ProjectionOptions options) {
  if (options.fold_version == 0 || options.fold_version > std::numeric_limits<uint16_t>::max()) {
    return absl::InvalidArgumentError("a fold version is 1 to 65535");
  }
  ASSIGN_OR_RETURN(auto store, ViewStore::Open({.path = options.path, .env = options.env}));
  auto impl = std::make_unique<Impl>(log, std::move(options), std::move(store));
  RETURN_IF_ERROR(impl->LoadLedgers());
  return std::unique_ptr<Projection>(new Projection(std::move(impl)));
}

Projection::Projection(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Projection::~Projection() = default;
void Projection::Start() { impl_->Start(); }
absl::Status Projection::RunOnce() { return impl_->RunOnce(); }

absl::StatusOr<std::unique_ptr<FigureSource>> Projection::Snapshot(const std::string& ledger) const {
  return impl_->Snapshot(ledger);
}

absl::StatusOr<ViewDigest> Projection::DigestOf(const std::string& ledger, const ViewDigestScope& scope,
                                                const GoesOn& goes_on) const {
  ASSIGN_OR_RETURN(const auto source, impl_->Snapshot(ledger));
  return DigestView(*source, scope, goes_on);
}

absl::StatusOr<std::vector<AccountDigest>> Projection::AccountDigestsOf(const std::string& ledger,
                                                                        const AccountDigestScope& scope,
                                                                        const GoesOn& goes_on) const {
  ASSIGN_OR_RETURN(const auto source, impl_->Snapshot(ledger));
  return DigestAccounts(*source, scope, goes_on);
}

absl::Status Projection::WaitFor(const Receipt& receipt, std::chrono::milliseconds wait_max) const {
  return impl_->WaitFor(receipt, wait_max);
}

bool Projection::Ready() const { return impl_->Ready(); }

std::vector<v1::LedgerStatus> Projection::Status(const std::vector<std::string>& ledgers) const {
  return impl_->Status(ledgers);
}

absl::StatusOr<std::vector<std::string>> Projection::DumpRows() const { return impl_->DumpRows(); }

}  // namespace realise
