// Files of a write-ahead log that have zeros where they are going to be written.
//
// A synced write that makes a file longer, or that is the first to a block of it, has the file system write
// down that too, beside the data: on ext4 a sync takes 1.2 to 1.5 times as long, and 1.5 times the CPU.  So
// zeros are written some way ahead, and synced with the data that is written next.  Recovery passes over
// zeros behind the last record, as it does where a file system leaves them after a power cut; in the midst of
// a record they are damage, as ever.
#pragma once

#include <memory>
#include <string>

#include "rocksdb/file_system.h"

namespace realise {

// Zeros reach so far ahead, at most.
inline constexpr size_t kZeroedAheadBytes = 256 * 1024;

// For a database whose every write is synced: it is no use to another.  Only files named *.log have zeros;
// closed, they end where what was appended ends.
class ZeroedLogFs : public rocksdb::FileSystemWrapper {
 public:
  using FileSystemWrapper::FileSystemWrapper;

  const char* Name() const override { return "ZeroedLogFs"; }
  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file,
                                    rocksdb::IODebugContext* debug) override;
};

}  // namespace realise
