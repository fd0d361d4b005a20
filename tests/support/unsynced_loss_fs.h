// A file system from which the power can be taken: what was not synced by then is gone.
//
//   UnsyncedLossEnv disk;
//   { open a database on disk.env(); write; disk.fs().PowerOff(); close it }
//   disk.fs().PowerOn(UnsyncedTail::kDropped);
//   open it again: only what was synced is there
//
// A file keeps its synced length; some write-ahead logs then have zeros behind that.  A file that was made,
// and a name that was changed, since its directory was last synced are undone.  A deletion is never undone.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "rocksdb/env.h"
#include "rocksdb/file_system.h"

namespace realise {

// What becomes of the bytes at a file's end that were not synced.
enum class UnsyncedTail {
  kKept,     // all of them are there, and all names: only the process was killed
  kDropped,  // all of them are gone
  kTorn,  // a random part is left, in some files with zeros in its middle: blocks reach a disk in any order
};

// Thread-safe.
class UnsyncedLossFs : public rocksdb::FileSystemWrapper {
 public:
  // The seed decides what is torn.
  explicit UnsyncedLossFs(const std::shared_ptr<rocksdb::FileSystem>& base, uint64_t seed = 1);

  // From now on nothing is written, synced, made, renamed or deleted any more: each attempt is an IOError.
  void PowerOff();
  // PowerOff, once `changes` more of those attempts were made.
  void PowerOffAfter(uint64_t changes);
  // From now on what would be appended is refused, for want of room, until Free.
  void Fill();
  void Free();
  // Loses what was not synced and takes writes again.  REQUIRES: no file of before is open.
  void PowerOn(UnsyncedTail tail);
  // How often a file was synced.
  uint64_t syncs() const;

  const char* Name() const override { return "UnsyncedLossFs"; }
  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file,
                                    rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus ReopenWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                       std::unique_ptr<rocksdb::FSWritableFile>* file,
                                       rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus ReuseWritableFile(const std::string& name, const std::string& old_name,
                                      const rocksdb::FileOptions& options,
                                      std::unique_ptr<rocksdb::FSWritableFile>* file,
                                      rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus NewRandomRWFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSRandomRWFile>* file,
                                    rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus NewDirectory(const std::string& name, const rocksdb::IOOptions& options,
                                 std::unique_ptr<rocksdb::FSDirectory>* directory,
                                 rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus DeleteFile(const std::string& name, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to,
                               const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus LinkFile(const std::string& from, const std::string& to,
                             const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) override;

 private:
  class File;
  class Directory;
  struct Written {
    uint64_t bytes = 0;
    uint64_t synced = 0;
  };
  struct Rename {
    std::string from;
    std::string to;
    std::optional<std::string> replaced;  // what stood at `to` before
  };

  // Counts an attempt to change something.
  rocksdb::IOStatus Powered();
  // Counts an attempt to write more.
  rocksdb::IOStatus Room();
  void NoteAppend(const std::string& name, uint64_t bytes);
  void NoteTruncate(const std::string& name, uint64_t bytes);
  void NoteSync(const std::string& name);
  void NoteDirectorySync(const std::string& directory);
  void UndoNames();
  void CutTail(const std::string& name, const Written& written, UnsyncedTail tail);
  std::optional<std::string> Content(const std::string& name);
  void SetContent(const std::string& name, const std::string& content);

  mutable std::mutex mutex_;
  // State below is protected by mutex_.
  bool power_ = true;
  bool full_ = false;
  std::optional<uint64_t> changes_left_;  // until the power goes
  uint64_t syncs_ = 0;
  std::mt19937_64 random_;
  std::map<std::string, Written> written_;
  std::set<std::string> made_;   // since their directory was last synced
  std::vector<Rename> renamed_;  // likewise, the oldest first
};

// One in memory, with the environment that RocksDB wants.
class UnsyncedLossEnv {
 public:
  explicit UnsyncedLossEnv(uint64_t seed = 1);

  UnsyncedLossFs& fs() { return *fs_; }
  rocksdb::Env* env() { return env_.get(); }

 private:
  const std::unique_ptr<rocksdb::Env> memory_;
  const std::shared_ptr<UnsyncedLossFs> fs_;  // shared, because RocksDB takes it so
  const std::unique_ptr<rocksdb::Env> env_;
};

}  // namespace realise
