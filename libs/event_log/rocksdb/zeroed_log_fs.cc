#include "libs/event_log/rocksdb/zeroed_log_fs.h"

#include <string_view>
#include <utility>

namespace realise {
namespace {

using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

// An append of so much is slow enough for what it costs beside.
constexpr size_t kZeroedForBytesMax = 64 * 1024;
// RocksDB's blocks of a log.  Zeros end where one ends: a few bytes of a block would look like a damaged
// header to recovery.
constexpr uint64_t kLogBlockBytes = 32 * 1024;

class ZeroedFile : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  // Zeros are written through `zeros`, the same file opened once more.
  ZeroedFile(std::unique_ptr<rocksdb::FSWritableFile> file, std::unique_ptr<rocksdb::FSRandomRWFile> zeros)
      : FSWritableFileOwnerWrapper(std::move(file)), zeros_(std::move(zeros)) {}

  IOStatus Append(const Slice& data, const IOOptions& options, IODebugContext* debug) override {
    IOStatus appended = FSWritableFileOwnerWrapper::Append(data, options, debug);
    return appended.ok() ? ZeroBehind(data.size(), options, debug) : appended;
  }
  IOStatus Append(const Slice& data, const IOOptions& options,
                  const rocksdb::DataVerificationInfo& verification, IODebugContext* debug) override {
    IOStatus appended = FSWritableFileOwnerWrapper::Append(data, options, verification, debug);
    return appended.ok() ? ZeroBehind(data.size(), options, debug) : appended;
  }
  IOStatus Close(const IOOptions& options, IODebugContext* debug) override {
    zeros_.reset();
    return FSWritableFileOwnerWrapper::Close(options, debug);
  }

 private:
  // So that zeros stand behind what was appended, unless there are some left.
  IOStatus ZeroBehind(size_t bytes, const IOOptions& options, IODebugContext* debug) {
    end_ += bytes;
    if (zeros_ == nullptr || end_ <= zeroed_up_to_ || bytes >= kZeroedForBytesMax) return IOStatus::OK();
    static const std::string kZeros(kZeroedAheadBytes, '\0');
    zeroed_up_to_ = (end_ + kZeros.size()) / kLogBlockBytes * kLogBlockBytes;
    const Slice zeros(kZeros.data(), zeroed_up_to_ - end_);
    const bool zeroed = zeros_->Write(end_, zeros, options, debug).ok();
    // One that appends wherever its end is, as files in memory do, would append behind the zeros.
    if (zeroed && GetFileSize(options, debug) == end_) return IOStatus::OK();
    // Without zeros it is only slower, and the room for them is the log's.
    zeros_.reset();
    return Truncate(end_, options, debug);
  }

  std::unique_ptr<rocksdb::FSRandomRWFile> zeros_;  // null: none are written any more
  uint64_t end_ = 0;                                // of what is appended
  uint64_t zeroed_up_to_ = 0;
};

}  // namespace

IOStatus ZeroedLogFs::NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                      std::unique_ptr<rocksdb::FSWritableFile>* file, IODebugContext* debug) {
  IOStatus made = FileSystemWrapper::NewWritableFile(name, options, file, debug);
  if (!made.ok() || !std::string_view(name).ends_with(".log")) return made;
  std::unique_ptr<rocksdb::FSRandomRWFile> zeros;
  // Not every file system has it; then there are no zeros.
  if (FileSystemWrapper::NewRandomRWFile(name, options, &zeros, debug).ok()) {
    *file = std::make_unique<ZeroedFile>(std::move(*file), std::move(zeros));
  }
  return made;
}

}  // namespace realise
