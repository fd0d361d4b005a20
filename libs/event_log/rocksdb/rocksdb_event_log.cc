#include "libs/event_log/rocksdb/rocksdb_event_log.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "fmt/format.h"
#include "libs/base/ids.h"
#include "libs/base/status_macros.h"
#include "libs/event_log/rocksdb/log_database.h"
#include "libs/event_log/rocksdb/rocksdb_status.h"
#include "rocksdb/db.h"
#include "rocksdb/write_batch.h"

namespace realise {
namespace {

// One synced write; a longer one keeps its first records waiting for its last.
constexpr size_t kGroupBytesMax = 8 * 1024 * 1024;
// The mark is one more sync, beside the commits'.  Records younger than this are missed in silence only if
// the power goes and the disk damages just them.
constexpr std::chrono::milliseconds kMarkEvery{50};
constexpr size_t kProtectionBytesPerKey = 8;

rocksdb::WriteOptions Synced() {
  rocksdb::WriteOptions options;
  options.sync = true;
  return options;
}

absl::Status NoSuchLedger(const std::string& ledger) {
  return absl::NotFoundError(fmt::format("there is no ledger {}", ledger));
}

absl::Status Missing(const std::string& ledger, Address address) {
  return absl::DataLossError(
      fmt::format("embedded log: the record at address {} of {} is missing", address, ledger));
}

}  // namespace

class RocksDbEventLog::Impl {
 public:
  struct Ledger {
    explicit Ledger(std::string its_code, Address its_end)
        : code(std::move(its_code)), end(its_end), next(its_end) {}
    const std::string code;
    Address end;   // behind the last durable record
    Address next;  // of the next record to be committed; only the committing thread uses it
    std::condition_variable grew;
  };

  Impl(const RocksDbEventLogOptions& options, rocksdb::Env& env, rocksdb::FileLock* lock,
       OpenedDatabase opened);
  ~Impl();

  absl::Status CreateLedger(const std::string& code);
  std::vector<std::string> ListLedgers() const;
  Ledger* Find(const std::string& code);
  absl::StatusOr<LogRecord> ReadAt(const Ledger& ledger, Address address);
  // REQUIRES: an address below the ledger's end.
  absl::StatusOr<LogRecord> ReadOne(const Ledger& ledger, Address address);
  absl::StatusOr<std::vector<LogRecord>> ReadFrom(const Ledger& ledger, Address from, Address end,
                                                  size_t bytes_max);
  // Waits until there is something at `from`; returns the address behind the last durable record.
  Address WaitForEnd(Ledger& ledger, Address from, std::chrono::milliseconds wait_max);
  Address EndOf(const Ledger& ledger) const;
  // Returns the record's ticket: records become durable in the order of their tickets.
  absl::StatusOr<uint64_t> Enqueue(Ledger& ledger, std::string stored);
  // Why the record with this ticket will not become durable; OK if it is, or still may.
  absl::Status FailureOf(uint64_t ticket) const;
  absl::Status Health() const;

 private:
  struct Queued {
    Ledger* ledger = nullptr;
    std::string stored;
  };

  void CommitLoop();
  std::vector<Queued> TakeGroup();
  absl::Status WriteGroup(const std::vector<Queued>& group);
  void MarkLoop();
  void Fail(const absl::Status& failure);

  // Constant after construction.
  rocksdb::Env& env_;
  rocksdb::FileLock* const lock_;
  const size_t queued_bytes_max_;
  const std::unique_ptr<rocksdb::Env> database_env_;  // used by the database
  const std::unique_ptr<rocksdb::DB> db_;

  std::mutex creating_;  // held while a ledger is created; taken before mutex_

  const std::unique_ptr<DurableMark> mark_;  // used by the marking thread only

  mutable std::mutex mutex_;
  // State below is protected by mutex_.
  std::map<std::string, std::unique_ptr<Ledger>> ledgers_;
  std::deque<Queued> queue_;
  size_t queued_bytes_ = 0;  // not yet durable
  uint64_t last_ticket_ = 0;
  uint64_t durable_ticket_ = 0;
  DurableCount durable_;
  DurableCount marked_;
  absl::Status failure_;
  bool stopping_ = false;
  bool committed_all_ = false;  // the committing thread has ended
  std::condition_variable work_;
  std::condition_variable mark_due_;
  std::condition_variable mark_pause_;  // between two marks: only the end is told

  std::thread committing_;
  std::thread marking_;
};

RocksDbEventLog::Impl::Impl(const RocksDbEventLogOptions& options, rocksdb::Env& env, rocksdb::FileLock* lock,
                            OpenedDatabase opened)
    : env_(env),
      lock_(lock),
      queued_bytes_max_(options.queued_bytes_max),
      database_env_(std::move(opened.env)),
      db_(std::move(opened.db)),
      mark_(std::move(opened.mark)) {
  for (const auto& [code, end] : opened.ends) {
    ledgers_.emplace(code, std::make_unique<Ledger>(code, end));
    durable_.records += static_cast<uint64_t>(end);
  }
  durable_.ledgers = ledgers_.size();
  committing_ = std::thread([this] { CommitLoop(); });
  marking_ = std::thread([this] { MarkLoop(); });
}

RocksDbEventLog::Impl::~Impl() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  work_.notify_all();
  committing_.join();
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    committed_all_ = true;
  }
  mark_due_.notify_all();
  mark_pause_.notify_all();
  marking_.join();
  db_->Close().PermitUncheckedError();  // everything acknowledged was synced before
  env_.UnlockFile(lock_).PermitUncheckedError();
}

absl::Status RocksDbEventLog::Impl::CreateLedger(const std::string& code) {
  const std::lock_guard<std::mutex> creating(creating_);
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    RETURN_IF_ERROR(failure_);
    if (ledgers_.contains(code)) return absl::AlreadyExistsError(fmt::format("there is a ledger {}", code));
  }
  const absl::Status created = FromRocksDb(db_->Put(Synced(), LedgerKey(code), ""), "creating a ledger");
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!created.ok()) {
    Fail(created);
    return failure_;
  }
  ledgers_.emplace(code, std::make_unique<Ledger>(code, 0));
  ++durable_.ledgers;
  mark_due_.notify_one();
  return absl::OkStatus();
}

std::vector<std::string> RocksDbEventLog::Impl::ListLedgers() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::vector<std::string> codes;
  codes.reserve(ledgers_.size());
  for (const auto& [code, ledger] : ledgers_) codes.push_back(code);
  return codes;
}

RocksDbEventLog::Impl::Ledger* RocksDbEventLog::Impl::Find(const std::string& code) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = ledgers_.find(code);
  return found == ledgers_.end() ? nullptr : found->second.get();
}

absl::StatusOr<LogRecord> RocksDbEventLog::Impl::ReadAt(const Ledger& ledger, Address address) {
  if (address < 0 || address >= EndOf(ledger)) {
    return absl::NotFoundError(
        fmt::format("embedded log: there is no record at address {} of {}", address, ledger.code));
  }
  return ReadOne(ledger, address);
}

absl::StatusOr<LogRecord> RocksDbEventLog::Impl::ReadOne(const Ledger& ledger, Address address) {
  LogRecord record{.address = address, .appended_at = std::nullopt, .stored = {}};
  const rocksdb::Status got = db_->Get(VerifiedRead(), RecordKey(ledger.code, address), &record.stored);
  if (got.IsNotFound()) return Missing(ledger.code, address);
  RETURN_IF_ERROR(FromRocksDb(got, fmt::format("reading {} at address {}", ledger.code, address)));
  return record;
}

absl::StatusOr<std::vector<LogRecord>> RocksDbEventLog::Impl::ReadFrom(const Ledger& ledger, Address from,
                                                                       Address end, size_t bytes_max) {
  std::vector<LogRecord> records;
  if (end == from + 1) {
    // What a reader that keeps up asks for: a cursor would take three times as long.
    ASSIGN_OR_RETURN(records.emplace_back(), ReadOne(ledger, from));
    return records;
  }
  rocksdb::ReadOptions options = VerifiedRead();
  options.fill_cache = false;
  const std::string behind = RecordKey(ledger.code, end);
  const rocksdb::Slice upper_bound(behind);
  options.iterate_upper_bound = &upper_bound;
  const std::unique_ptr<rocksdb::Iterator> rows(db_->NewIterator(options));
  size_t bytes = 0;
  Address next = from;
  for (rows->Seek(RecordKey(ledger.code, from)); rows->Valid() && next < end; rows->Next(), ++next) {
    if (rows->key() != RecordKey(ledger.code, next)) break;
    if (!records.empty() && bytes + rows->value().size() > bytes_max) return records;
    bytes += rows->value().size();
    records.push_back({.address = next, .appended_at = std::nullopt, .stored = rows->value().ToString()});
  }
  if (next == end) return records;
  // What was read before the damage stands; the damage is found again by the next call.
  if (!records.empty()) return records;
  RETURN_IF_ERROR(FromRocksDb(rows->status(), fmt::format("reading {} from address {}", ledger.code, next)));
  return Missing(ledger.code, next);
}

Address RocksDbEventLog::Impl::WaitForEnd(Ledger& ledger, Address from, std::chrono::milliseconds wait_max) {
  std::unique_lock<std::mutex> lock(mutex_);
  // A wait for no time at all takes the kernel's 50 us for timers.
  if (wait_max.count() > 0) ledger.grew.wait_for(lock, wait_max, [&] { return ledger.end > from; });
  return ledger.end;
}

Address RocksDbEventLog::Impl::EndOf(const Ledger& ledger) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return ledger.end;
}

absl::StatusOr<uint64_t> RocksDbEventLog::Impl::Enqueue(Ledger& ledger, std::string stored) {
  if (stored.size() > kRocksDbRecordBytesMax) {
    return absl::InvalidArgumentError(
        fmt::format("a record of {} bytes is longer than the embedded log takes, {}", stored.size(),
                    kRocksDbRecordBytesMax));
  }
  std::unique_lock<std::mutex> lock(mutex_);
  RETURN_IF_ERROR(failure_);
  if (queued_bytes_ + stored.size() > queued_bytes_max_) {
    return absl::ResourceExhaustedError(fmt::format(
        "embedded log: {} bytes are not yet durable, {} is the most", queued_bytes_, queued_bytes_max_));
  }
  queued_bytes_ += stored.size();
  queue_.push_back({&ledger, std::move(stored)});
  const uint64_t ticket = ++last_ticket_;
  // Whoever is woken needs the mutex at once.
  lock.unlock();
  work_.notify_one();
  return ticket;
}

absl::Status RocksDbEventLog::Impl::FailureOf(uint64_t ticket) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return ticket <= durable_ticket_ ? absl::OkStatus() : failure_;
}

absl::Status RocksDbEventLog::Impl::Health() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return failure_;
}

void RocksDbEventLog::Impl::CommitLoop() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (true) {
    work_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (queue_.empty()) return;
    const std::vector<Queued> group = TakeGroup();
    lock.unlock();
    const absl::Status written = WriteGroup(group);
    lock.lock();
    if (!written.ok()) Fail(written);
    if (!failure_.ok()) {
      queue_.clear();
      return;
    }
    std::vector<Ledger*> grown;
    for (const Queued& queued : group) {
      queued_bytes_ -= queued.stored.size();
      if (queued.ledger->end == queued.ledger->next) continue;
      queued.ledger->end = queued.ledger->next;
      grown.push_back(queued.ledger);
    }
    durable_ticket_ += group.size();
    durable_.records += group.size();
    // Whoever is woken needs the mutex at once.
    lock.unlock();
    for (Ledger* const ledger : grown) ledger->grew.notify_all();
    mark_due_.notify_one();
    lock.lock();
  }
}

std::vector<RocksDbEventLog::Impl::Queued> RocksDbEventLog::Impl::TakeGroup() {
  std::vector<Queued> group;
  size_t bytes = 0;
  while (!queue_.empty() && (group.empty() || bytes + queue_.front().stored.size() <= kGroupBytesMax)) {
    bytes += queue_.front().stored.size();
    group.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  return group;
}

absl::Status RocksDbEventLog::Impl::WriteGroup(const std::vector<Queued>& group) {
  rocksdb::WriteBatch batch(/*reserved_bytes=*/0, /*max_bytes=*/0, kProtectionBytesPerKey,
                            /*default_cf_ts_sz=*/0);
  for (const Queued& queued : group) {
    const std::string key = RecordKey(queued.ledger->code, queued.ledger->next++);
    RETURN_IF_ERROR(FromRocksDb(batch.Put(key, queued.stored), "gathering records"));
  }
  return FromRocksDb(db_->Write(Synced(), &batch), "appending");
}

void RocksDbEventLog::Impl::MarkLoop() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (true) {
    mark_due_.wait(lock, [this] { return committed_all_ || durable_ != marked_; });
    if (durable_ == marked_) return;
    const DurableCount count = durable_;
    lock.unlock();
    const absl::Status stored = mark_->Store(count);
    lock.lock();
    if (!stored.ok()) return Fail(stored);
    marked_ = count;
    mark_pause_.wait_for(lock, kMarkEvery, [this] { return committed_all_; });
  }
}

void RocksDbEventLog::Impl::Fail(const absl::Status& failure) {
  if (!failure_.ok()) return;
  failure_ = absl::UnavailableError(
      fmt::format("the embedded log takes nothing any more, until it is opened again: {}",
                  std::string(failure.message())));
}

class RocksDbEventLog::Reader : public LogReader {
 public:
  Reader(Impl& log, Impl::Ledger& ledger, Address from)
      : log_(log), ledger_(ledger), next_(std::max<Address>(from, 0)) {}

  absl::StatusOr<std::vector<LogRecord>> Read(std::chrono::milliseconds wait_max, size_t bytes_max) override {
    const Address end = log_.WaitForEnd(ledger_, next_, wait_max);
    if (end <= next_) return std::vector<LogRecord>();
    ASSIGN_OR_RETURN(std::vector<LogRecord> records, log_.ReadFrom(ledger_, next_, end, bytes_max));
    next_ = records.back().address + 1;
    return records;
  }
  absl::StatusOr<Address> End() override { return log_.EndOf(ledger_); }
  Address next_address() const override { return next_; }

 private:
  Impl& log_;
  Impl::Ledger& ledger_;
  Address next_;
};

class RocksDbEventLog::Appender : public LogAppender {
 public:
  Appender(Impl& log, Impl::Ledger& ledger) : log_(log), ledger_(ledger) {}

  absl::Status Append(std::string stored) override {
    ASSIGN_OR_RETURN(ticket_, log_.Enqueue(ledger_, std::move(stored)));
    return absl::OkStatus();
  }
  absl::Status TakeFailure() override {
    absl::Status failure = log_.FailureOf(ticket_);
    if (!failure.ok()) ticket_ = 0;
    return failure;
  }

 private:
  Impl& log_;
  Impl::Ledger& ledger_;
  uint64_t ticket_ = 0;  // of the last record handed over whose failure was not taken; 0 without one
};

absl::StatusOr<std::unique_ptr<RocksDbEventLog>> RocksDbEventLog::Open(
    const RocksDbEventLogOptions& options) {
  rocksdb::Env& env = options.env == nullptr ? *rocksdb::Env::Default() : *options.env;
  RETURN_IF_ERROR(FromRocksDb(env.CreateDirIfMissing(options.path), "making its directory"));
  // RocksDB's own lock is taken too late: the database is looked at before.
  rocksdb::FileLock* lock = nullptr;
  const rocksdb::Status locked = env.LockFile(options.path + "/in-use", &lock);
  if (!locked.ok()) {
    return absl::UnavailableError(
        fmt::format("embedded log: another process has {}: {}", options.path, locked.ToString()));
  }
  absl::StatusOr<OpenedDatabase> opened = OpenDatabase(env, options.path);
  if (!opened.ok()) {
    env.UnlockFile(lock).PermitUncheckedError();
    return opened.status();
  }
  return std::unique_ptr<RocksDbEventLog>(
      new RocksDbEventLog(std::make_unique<Impl>(options, env, lock, *std::move(opened))));
}

RocksDbEventLog::RocksDbEventLog(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
RocksDbEventLog::~RocksDbEventLog() = default;

absl::Status RocksDbEventLog::CreateLedger(const std::string& ledger) {
  if (!IsLedgerCode(ledger)) {
    return absl::InvalidArgumentError(fmt::format("\"{}\" is not an ODS code", ledger));
  }
  return impl_->CreateLedger(ledger);
}

absl::StatusOr<std::vector<std::string>> RocksDbEventLog::ListLedgers() { return impl_->ListLedgers(); }

absl::Status RocksDbEventLog::CheckLedger(const std::string& ledger) {
  return impl_->Find(ledger) == nullptr ? NoSuchLedger(ledger) : absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<LogReader>> RocksDbEventLog::OpenReader(const std::string& ledger,
                                                                       Address from) {
  Impl::Ledger* const found = impl_->Find(ledger);
  if (found == nullptr) return NoSuchLedger(ledger);
  return std::make_unique<Reader>(*impl_, *found, from);
}

absl::StatusOr<std::unique_ptr<LogAppender>> RocksDbEventLog::OpenAppender(const std::string& ledger) {
  Impl::Ledger* const found = impl_->Find(ledger);
  if (found == nullptr) return NoSuchLedger(ledger);
  return std::make_unique<Appender>(*impl_, *found);
}

absl::StatusOr<LogRecord> RocksDbEventLog::ReadAt(const std::string& ledger, Address address) {
  Impl::Ledger* const found = impl_->Find(ledger);
  if (found == nullptr) return NoSuchLedger(ledger);
  return impl_->ReadAt(*found, address);
}

absl::Status RocksDbEventLog::Health() const { return impl_->Health(); }

}  // namespace realise
