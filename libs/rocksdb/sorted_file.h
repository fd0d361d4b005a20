// Many rows written as one sorted file, which then becomes part of a database at once: several times cheaper
// than as a write batch, row by row through the log and the memtable.
#pragma once

#include <memory>
#include <string>

#include "rocksdb/db.h"
#include "rocksdb/env.h"
#include "rocksdb/slice.h"
#include "rocksdb/sst_file_writer.h"
#include "rocksdb/status.h"

namespace realise {

// Makes the folder for such files within the folder of a database, without what a crash may have left in it.
// To be called once it is open, and so no other process's, and before any such file is made.
[[nodiscard]] rocksdb::Status PrepareSortedFiles(rocksdb::DB& db);

// Not thread-safe; `db` must outlive it.  A file that was not ingested is deleted; what a crash leaves is
// left for PrepareSortedFiles.
class SortedFile {
 public:
  // `name` must be new since the database was opened: where a link could not be taken away, it is that of a
  // file of the database.
  SortedFile(rocksdb::DB& db, const std::string& name);
  ~SortedFile();

  SortedFile(const SortedFile&) = delete;
  SortedFile& operator=(const SortedFile&) = delete;

  [[nodiscard]] rocksdb::Status Open();
  // REQUIRES: a key greater than the one before.
  [[nodiscard]] rocksdb::Status Put(const rocksdb::Slice& key, const rocksdb::Slice& value);
  [[nodiscard]] rocksdb::Status Delete(const rocksdb::Slice& key);
  // The rows are on disk, and not yet in the database.   REQUIRES: at least one row.
  [[nodiscard]] rocksdb::Status Finish();
  // All rows or none are in the database, durably, in place of those with the same keys.  What was written to
  // the database before and not synced can still be lost.
  [[nodiscard]] rocksdb::Status Ingest();

 private:
  rocksdb::DB& db_;
  const std::string path_;
  rocksdb::SstFileWriter writer_;
  bool ingested_ = false;
};

}  // namespace realise
