#include "libs/view_store/view_store.h"

#include <utility>

#include "fmt/format.h"
#include "libs/base/sabotage.h"
#include "libs/base/status_macros.h"
#include "libs/rocksdb/get_rows.h"
#include "libs/rocksdb/info_log.h"
#include "libs/rocksdb/sorted_file.h"
#include "libs/view_store/view_keys.h"
#include "rocksdb/db.h"
#include "rocksdb/env.h"
#include "rocksdb/filter_policy.h"
#include "rocksdb/options.h"
#include "rocksdb/table.h"
#include "rocksdb/write_batch.h"

namespace realise {
namespace {

// A memtable is closed at the smaller size, by MakeRoomLocked; RocksDB would close it by itself at the
// larger.
constexpr size_t kMemtableBytes = 32 * 1024 * 1024;
constexpr size_t kMemtableBytesMax = 128 * 1024 * 1024;

constexpr int kLevel0FilesMax = 200;

absl::Status ToStatus(const rocksdb::Status& status) {
  if (status.ok()) return absl::OkStatus();
  const std::string what = fmt::format("view store: {}", status.ToString());
  if (status.IsIOError() || status.IsBusy() || status.IsTimedOut() || status.IsTryAgain() ||
      status.IsShutdownInProgress() || status.IsIncomplete() || status.IsAborted()) {
    return absl::UnavailableError(what);
  }
  return absl::DataLossError(what + "; delete the view store, it is rebuilt from the log");
}

rocksdb::Slice ToSlice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }
std::string_view ToView(rocksdb::Slice bytes) { return {bytes.data(), bytes.size()}; }

rocksdb::Options OptionsOf(const ViewStoreOptions& store) {
  rocksdb::Options options;
  if (store.env != nullptr) options.env = store.env;
  options.create_if_missing = true;
  options.paranoid_checks = true;
  options.track_and_verify_wals_in_manifest = true;
  options.write_buffer_size = kMemtableBytesMax;
  options.max_background_jobs = 2;
  options.max_open_files = 512;
  if (store.env == nullptr) options.info_log = NewInfoLog(store.path);
  // The first two levels, which are written most often, are written twice as fast without.
  options.compression_per_level = {rocksdb::kNoCompression, rocksdb::kNoCompression,
                                   rocksdb::kLZ4Compression};
  // Most claims that the fold of a busy ledger asks for are new.
  options.memtable_whole_key_filtering = true;
  options.memtable_prefix_bloom_size_ratio = 0.02;
  // Four times RocksDB's own, for both: every chunk of catching up spans all accounts, so each compaction of
  // the first level writes all of the second again.  A question hardly feels the files.
  options.level0_file_num_compaction_trigger = 16;
  options.max_bytes_for_level_base = uint64_t{1} << 30;
  // Catching up ingests faster than is compacted for a while; nothing is gained by holding writes back then.
  options.level0_slowdown_writes_trigger = kLevel0FilesMax;
  options.level0_stop_writes_trigger = kLevel0FilesMax * 2;
  rocksdb::BlockBasedTableOptions table;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  table.block_size = 16 * 1024;
  table.format_version = 5;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

}  // namespace

absl::Status ViewRows::operator()(ViewRowSink put) const {
  for (const auto& [key, value] : rows_) RETURN_IF_ERROR(put(key, value));
  return absl::OkStatus();
}

ViewSnapshot::ViewSnapshot(rocksdb::DB& db) : db_(db), snapshot_(db.GetSnapshot()) {}

ViewSnapshot::~ViewSnapshot() {
  cursor_.reset();
  db_.ReleaseSnapshot(snapshot_);
}

absl::StatusOr<std::optional<std::string>> ViewSnapshot::Get(std::string_view key) const {
  rocksdb::ReadOptions options;
  options.snapshot = snapshot_;
  std::string value;
  const rocksdb::Status status = db_.Get(options, ToSlice(key), &value);
  if (status.IsNotFound()) return std::nullopt;
  RETURN_IF_ERROR(ToStatus(status));
  return value;
}

absl::StatusOr<std::vector<std::optional<std::string>>> ViewSnapshot::GetAll(
    const std::vector<std::string>& keys) const {
  rocksdb::ReadOptions options;
  options.snapshot = snapshot_;
  std::vector<std::optional<std::string>> values;
  RETURN_IF_ERROR(ToStatus(GetRows(db_, options, keys, values)));
  return values;
}

rocksdb::Iterator& ViewSnapshot::Cursor() {
  if (!cursor_) {
    rocksdb::ReadOptions options;
    options.snapshot = snapshot_;
    cursor_.reset(db_.NewIterator(options));
  }
  return *cursor_;
}

void ViewSnapshot::Seek(std::string_view key) { Cursor().Seek(ToSlice(key)); }

void ViewSnapshot::SeekForPrev(std::string_view key) { Cursor().SeekForPrev(ToSlice(key)); }

void ViewSnapshot::Next() { cursor_->Next(); }

void ViewSnapshot::Prev() { cursor_->Prev(); }

bool ViewSnapshot::On(std::string_view prefix) const {
  return cursor_ && cursor_->Valid() && key().substr(0, prefix.size()) == prefix;
}

absl::Status ViewSnapshot::status() const { return cursor_ ? ToStatus(cursor_->status()) : absl::OkStatus(); }

std::string_view ViewSnapshot::key() const { return ToView(cursor_->key()); }
std::string_view ViewSnapshot::value() const { return ToView(cursor_->value()); }

absl::StatusOr<std::unique_ptr<ViewStore>> ViewStore::Open(const ViewStoreOptions& options) {
  const rocksdb::Options rocksdb_options = OptionsOf(options);
  rocksdb::DB* db = nullptr;
  RETURN_IF_ERROR(ToStatus(rocksdb::DB::Open(rocksdb_options, options.path, &db)));
  std::unique_ptr<rocksdb::DB> opened(db);
  RETURN_IF_ERROR(ToStatus(PrepareSortedFiles(*opened)));
  return std::unique_ptr<ViewStore>(new ViewStore(std::move(opened)));
}

// Rows may change while one of these lives.   REQUIRES: mutex_ is held meanwhile.
//
// RocksDB's own sequence numbers do not tell moments apart: a file that is ingested gets none if no row in
// the store stands between its keys.
class ViewStore::Change {
 public:
  explicit Change(ViewStore& store) : moment_(store.moment_) { ++moment_; }
  ~Change() { ++moment_; }
  Change(const Change&) = delete;
  Change& operator=(const Change&) = delete;

 private:
  std::atomic<uint64_t>& moment_;
};

ViewStore::ViewStore(std::unique_ptr<rocksdb::DB> db) : db_(std::move(db)) {}

ViewStore::~ViewStore() = default;

// A synced write of nothing syncs all WALs, as SyncWAL does, but on every file system.
absl::Status ViewStore::SyncLocked() {
  if (!unsynced_) return absl::OkStatus();
  rocksdb::WriteBatch nothing;
  RETURN_IF_ERROR(ToStatus(nothing.PutLogData("")));
  rocksdb::WriteOptions options;
  options.sync = true;
  RETURN_IF_ERROR(ToStatus(db_->Write(options, &nothing)));
  unsynced_ = false;
  return absl::OkStatus();
}

// RocksDB begins another WAL with each memtable, and a power cut may take the end of one WAL and leave the
// next: a hole in the middle.  So every WAL is synced before it is left, which only works if we decide when.
absl::Status ViewStore::MakeRoomLocked() {
  uint64_t bytes = 0;
  if (!db_->GetIntProperty(rocksdb::DB::Properties::kCurSizeActiveMemTable, &bytes) ||
      bytes < kMemtableBytes) {
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(SyncLocked());
  rocksdb::FlushOptions options;
  options.wait = false;
  options.allow_write_stall = true;
  return ToStatus(db_->Flush(options));
}

absl::Status ViewStore::Write(ViewRowSource rows, const std::vector<std::string>& deleted) {
  rocksdb::WriteBatch batch;
  for (const std::string& prefix : deleted) {
    RETURN_IF_ERROR(ToStatus(batch.DeleteRange(prefix, KeyBehind(prefix))));
  }
  RETURN_IF_ERROR(rows([&](std::string_view key, std::string_view value) {
    return ToStatus(batch.Put(ToSlice(key), ToSlice(value)));
  }));
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(MakeRoomLocked());
  unsynced_ = true;
  const Change change(*this);
  return ToStatus(db_->Write(rocksdb::WriteOptions(), &batch));
}

absl::Status ViewStore::Ingest(ViewRowSource rows) {
  SortedFile file(*db_, std::to_string(++files_made_));
  RETURN_IF_ERROR(ToStatus(file.Open()));
  RETURN_IF_ERROR(rows([&](std::string_view key, std::string_view value) {
    return ToStatus(file.Put(ToSlice(key), ToSlice(value)));
  }));
  RETURN_IF_ERROR(ToStatus(file.Finish()));
  const std::lock_guard lock(mutex_);
  // Without this a power cut could lose a live batch under the later position that is ingested here.
  if (!Sabotaged("ingest_unsynced")) RETURN_IF_ERROR(SyncLocked());
  const Change change(*this);
  return ToStatus(file.Ingest());
}

absl::Status ViewStore::Resume() {
  const rocksdb::Status status = db_->Resume();
  if (status.ok()) return absl::OkStatus();
  const std::string what = fmt::format("view store: {}", status.ToString());
  if (status.severity() < rocksdb::Status::Severity::kFatalError) return absl::UnavailableError(what);
  return absl::FailedPreconditionError(what);
}

std::unique_ptr<ViewSnapshot> ViewStore::Snapshot() const {
  const uint64_t before = moment_;
  std::unique_ptr<ViewSnapshot> snapshot(new ViewSnapshot(*db_));
  // Otherwise it may hold a part of what is being written, or see it come.
  const bool at_rest = before % 2 == 0 && moment_ == before;
  if (at_rest) snapshot->moment_ = before;
  return snapshot;
}

}  // namespace realise
