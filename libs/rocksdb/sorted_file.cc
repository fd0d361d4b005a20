#include "libs/rocksdb/sorted_file.h"

#include <vector>

#include "rocksdb/options.h"

namespace realise {
namespace {

std::string FolderOf(const std::string& database) { return database + "/incoming"; }

// Not compressed: what is written like this is on the first level, and is compressed when it is compacted.
rocksdb::Options FileOptions(const rocksdb::DB& db) {
  rocksdb::Options options = db.GetOptions();
  options.compression = rocksdb::kNoCompression;
  options.compression_per_level.clear();
  return options;
}

}  // namespace

rocksdb::Status PrepareSortedFiles(rocksdb::DB& db) {
  rocksdb::Env& env = *db.GetEnv();
  const std::string folder = FolderOf(db.GetName());
  rocksdb::Status status = env.CreateDirIfMissing(folder);
  std::vector<std::string> left;
  if (status.ok()) status = env.GetChildren(folder, &left);
  for (const std::string& name : left) {
    if (!status.ok()) break;
    if (name != "." && name != "..") status = env.DeleteFile(folder + "/" + name);
  }
  return status;
}

SortedFile::SortedFile(rocksdb::DB& db, const std::string& name)
    : db_(db),
      path_(FolderOf(db.GetName()) + "/" + name + ".sst"),
      writer_(rocksdb::EnvOptions(db.GetDBOptions()), FileOptions(db)) {}

SortedFile::~SortedFile() {
  // There is nothing more to be done if that fails, too.
  if (!ingested_) db_.GetEnv()->DeleteFile(path_).PermitUncheckedError();
}

rocksdb::Status SortedFile::Open() { return writer_.Open(path_); }

rocksdb::Status SortedFile::Put(const rocksdb::Slice& key, const rocksdb::Slice& value) {
  return writer_.Put(key, value);
}

rocksdb::Status SortedFile::Delete(const rocksdb::Slice& key) { return writer_.Delete(key); }

rocksdb::Status SortedFile::Finish() { return writer_.Finish(); }

rocksdb::Status SortedFile::Ingest() {
  rocksdb::IngestExternalFileOptions options;
  options.move_files = true;
  options.snapshot_consistency = true;
  options.write_global_seqno = false;
  rocksdb::Status status = db_.IngestExternalFile({path_}, options);
  ingested_ = status.ok();
  return status;
}

}  // namespace realise
