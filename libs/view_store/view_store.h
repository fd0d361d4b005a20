// The view store: one RocksDB database that holds the views of all ledgers of a process, in sorted rows
// (view_keys.h, view_rows.h).  It knows nothing of events; the projection folds them into rows.
//
// What is written is written whole or not at all, and a crash or a power cut loses only a suffix of what was
// written: a later row is never there without an earlier one.  The log replays the suffix.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace rocksdb {
class DB;
class Env;
class Iterator;
class Snapshot;
class WriteBatch;
}  // namespace rocksdb

namespace realise {

// Takes a row.  Both are copied.
using ViewRowSink = absl::FunctionRef<absl::Status(std::string_view key, std::string_view value)>;

// Gives rows to a sink, in the order of their keys, until it fails; what it fails with is the answer.
using ViewRowSource = absl::FunctionRef<absl::Status(ViewRowSink put)>;

// A few rows: a ViewRowSource.
class ViewRows {
 public:
  // REQUIRES: a key greater than the one before.
  void Put(std::string_view key, std::string_view value) { rows_.emplace_back(key, value); }
  size_t size() const { return rows_.size(); }

  absl::Status operator()(ViewRowSink put) const;

 private:
  std::vector<std::pair<std::string, std::string>> rows_;
};

// The store at one moment.  Not thread-safe; must not outlive the store.
class ViewSnapshot {
 public:
  ~ViewSnapshot();
  ViewSnapshot(const ViewSnapshot&) = delete;
  ViewSnapshot& operator=(const ViewSnapshot&) = delete;

  // Two snapshots of one store, while it is open, that have the same moment hold the same rows.  None if
  // something was being written when this one was taken.
  std::optional<uint64_t> moment() const { return moment_; }

  // The value of a row; nothing if there is none.   UNAVAILABLE, DATA_LOSS  as ViewStore::Open.
  [[nodiscard]] absl::StatusOr<std::optional<std::string>> Get(std::string_view key) const;

  // The values of rows, in the order of `keys`; many at once take a part of the time of one by one.   Errors
  // as Get.
  [[nodiscard]] absl::StatusOr<std::vector<std::optional<std::string>>> GetAll(
      const std::vector<std::string>& keys) const;

  // The one cursor.  It stands on a row, or, behind the last or before the first, on none.
  // A cursor that failed stands on none, and status() says why.
  void Seek(std::string_view key);         // to the first row at or behind `key`
  void SeekForPrev(std::string_view key);  // to the last row at or before `key`
  void Next();                             // REQUIRES: it stands on a row
  void Prev();                             // REQUIRES: it stands on a row
  // Whether it stands on a row whose key begins with `prefix`.
  [[nodiscard]] bool On(std::string_view prefix) const;
  [[nodiscard]] absl::Status status() const;
  // Valid until the cursor moves.   REQUIRES: it stands on a row.
  std::string_view key() const;
  std::string_view value() const;

 private:
  friend class ViewStore;
  explicit ViewSnapshot(rocksdb::DB& db);
  rocksdb::Iterator& Cursor();

  rocksdb::DB& db_;
  const rocksdb::Snapshot* snapshot_;
  std::optional<uint64_t> moment_;
  std::unique_ptr<rocksdb::Iterator> cursor_;
};

struct ViewStoreOptions {
  std::string path;
  rocksdb::Env* env = nullptr;  // the default one if null; must outlive the store
};

// Thread-safe.
class ViewStore {
 public:
  //   DATA_LOSS    it is damaged: delete it, it is rebuilt from the log.
  //   UNAVAILABLE  it cannot be read or written: another process has it, or the disk fails or is full.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<ViewStore>> Open(const ViewStoreOptions& options);
  // No snapshot may be left.
  ~ViewStore();

  // Writes rows, and deletes all rows whose keys begin with one of `deleted` (before the rows are put), in
  // one write batch.  It is not synced: a power cut may lose it, and then all that was written later.
  // Errors as Open; nothing is written after one until Resume.
  [[nodiscard]] absl::Status Write(ViewRowSource rows, const std::vector<std::string>& deleted = {});

  // Writes many rows as a sorted file, which becomes part of the database at once.  Durable, with all that
  // was written before.  Rows that are there already are replaced.   Errors as Open.
  [[nodiscard]] absl::Status Ingest(ViewRowSource rows);

  // After a write failed RocksDB takes no more until it is told to go on; costs nothing when all is well.
  //   UNAVAILABLE          not yet: the disk is still full, or RocksDB is about to go on by itself.  Call
  //   again. FAILED_PRECONDITION  not any more: the store has to be opened again, once the disk is well.
  [[nodiscard]] absl::Status Resume();

  [[nodiscard]] std::unique_ptr<ViewSnapshot> Snapshot() const;

 private:
  class Change;
  explicit ViewStore(std::unique_ptr<rocksdb::DB> db);

  absl::Status SyncLocked();
  absl::Status MakeRoomLocked();

  const std::unique_ptr<rocksdb::DB> db_;
  std::atomic<uint64_t> files_made_ = 0;
  // Raised before and after every write: odd while one is under way.
  std::atomic<uint64_t> moment_ = 0;

  std::mutex mutex_;
  // Below: guarded by mutex_, which is held over every write, so that nothing comes between a sync and what
  // rests on it.
  bool unsynced_ = false;
};

}  // namespace realise
