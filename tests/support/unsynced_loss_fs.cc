#include "tests/support/unsynced_loss_fs.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace realise {
namespace {

using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

std::string DirectoryOf(const std::string& name) { return name.substr(0, name.rfind('/')); }

// The file system below is in memory, or a test's own: if it fails, the test means nothing.
void MustWork(const IOStatus& status) {
  if (!status.ok()) std::abort();
}

}  // namespace

class UnsyncedLossFs::File : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  File(std::unique_ptr<rocksdb::FSWritableFile> file, UnsyncedLossFs& fs, std::string name)
      : FSWritableFileOwnerWrapper(std::move(file)), fs_(fs), name_(std::move(name)) {}

  IOStatus Append(const Slice& data, const IOOptions& options, IODebugContext* debug) override {
    if (IOStatus room = fs_.Room(); !room.ok()) return room;
    IOStatus status = target()->Append(data, options, debug);
    if (status.ok()) fs_.NoteAppend(name_, data.size());
    return status;
  }
  IOStatus Append(const Slice& data, const IOOptions& options, const rocksdb::DataVerificationInfo&,
                  IODebugContext* debug) override {
    return Append(data, options, debug);
  }
  IOStatus PositionedAppend(const Slice&, uint64_t, const IOOptions&, IODebugContext*) override {
    return IOStatus::NotSupported("direct I/O");
  }
  IOStatus PositionedAppend(const Slice&, uint64_t, const IOOptions&, const rocksdb::DataVerificationInfo&,
                            IODebugContext*) override {
    return IOStatus::NotSupported("direct I/O");
  }
  IOStatus Truncate(uint64_t size, const IOOptions& options, IODebugContext* debug) override {
    if (IOStatus powered = fs_.Powered(); !powered.ok()) return powered;
    IOStatus status = target()->Truncate(size, options, debug);
    if (status.ok()) fs_.NoteTruncate(name_, size);
    return status;
  }
  IOStatus Sync(const IOOptions& options, IODebugContext* debug) override {
    if (IOStatus powered = fs_.Powered(); !powered.ok()) return powered;
    IOStatus status = target()->Sync(options, debug);
    if (status.ok()) fs_.NoteSync(name_);
    return status;
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override { return Sync(options, debug); }

 private:
  UnsyncedLossFs& fs_;
  const std::string name_;
};

class UnsyncedLossFs::Directory : public rocksdb::FSDirectoryWrapper {
 public:
  Directory(std::unique_ptr<rocksdb::FSDirectory> directory, UnsyncedLossFs& fs, std::string name)
      : FSDirectoryWrapper(std::move(directory)), fs_(fs), name_(std::move(name)) {
    while (name_.size() > 1 && name_.back() == '/') name_.pop_back();
  }

  IOStatus Fsync(const IOOptions&, IODebugContext*) override {
    if (IOStatus powered = fs_.Powered(); !powered.ok()) return powered;
    fs_.NoteDirectorySync(name_);
    return IOStatus::OK();
  }
  IOStatus FsyncWithDirOptions(const IOOptions& options, IODebugContext* debug,
                               const rocksdb::DirFsyncOptions&) override {
    return Fsync(options, debug);
  }

 private:
  UnsyncedLossFs& fs_;
  std::string name_;
};

UnsyncedLossFs::UnsyncedLossFs(const std::shared_ptr<rocksdb::FileSystem>& base, uint64_t seed)
    : FileSystemWrapper(base), random_(seed) {}

void UnsyncedLossFs::PowerOff() {
  const std::lock_guard<std::mutex> lock(mutex_);
  power_ = false;
}

void UnsyncedLossFs::PowerOffAfter(uint64_t changes) {
  const std::lock_guard<std::mutex> lock(mutex_);
  changes_left_ = changes;
}

void UnsyncedLossFs::PowerOn(UnsyncedTail tail) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (tail != UnsyncedTail::kKept) {
    UndoNames();
    for (const auto& [name, written] : written_) CutTail(name, written, tail);
  }
  made_.clear();
  renamed_.clear();
  written_.clear();
  changes_left_.reset();
  power_ = true;
}

void UnsyncedLossFs::Fill() {
  const std::lock_guard<std::mutex> lock(mutex_);
  full_ = true;
}

void UnsyncedLossFs::Free() {
  const std::lock_guard<std::mutex> lock(mutex_);
  full_ = false;
}

IOStatus UnsyncedLossFs::Room() {
  if (IOStatus powered = Powered(); !powered.ok()) return powered;
  const std::lock_guard<std::mutex> lock(mutex_);
  return full_ ? IOStatus::NoSpace("no space left on the device, as told") : IOStatus::OK();
}

uint64_t UnsyncedLossFs::syncs() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return syncs_;
}

IOStatus UnsyncedLossFs::NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                         std::unique_ptr<rocksdb::FSWritableFile>* file,
                                         IODebugContext* debug) {
  if (IOStatus powered = Powered(); !powered.ok()) return powered;
  const bool existed = target()->FileExists(name, IOOptions(), nullptr).ok();
  std::unique_ptr<rocksdb::FSWritableFile> made;
  if (IOStatus status = target()->NewWritableFile(name, options, &made, debug); !status.ok()) return status;
  const std::lock_guard<std::mutex> lock(mutex_);
  written_[name] = {};
  if (!existed) made_.insert(name);
  *file = std::make_unique<File>(std::move(made), *this, name);
  return IOStatus::OK();
}

IOStatus UnsyncedLossFs::ReopenWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                            std::unique_ptr<rocksdb::FSWritableFile>* file,
                                            IODebugContext* debug) {
  if (IOStatus powered = Powered(); !powered.ok()) return powered;
  uint64_t size = 0;
  const bool existed = target()->GetFileSize(name, IOOptions(), &size, nullptr).ok();
  std::unique_ptr<rocksdb::FSWritableFile> opened;
  if (IOStatus status = target()->ReopenWritableFile(name, options, &opened, debug); !status.ok())
    return status;
  const std::lock_guard<std::mutex> lock(mutex_);
  written_.try_emplace(name, Written{size, size});
  if (!existed) made_.insert(name);
  *file = std::make_unique<File>(std::move(opened), *this, name);
  return IOStatus::OK();
}

IOStatus UnsyncedLossFs::ReuseWritableFile(const std::string&, const std::string&,
                                           const rocksdb::FileOptions&,
                                           std::unique_ptr<rocksdb::FSWritableFile>*, IODebugContext*) {
  return IOStatus::NotSupported("recycled files");
}

IOStatus UnsyncedLossFs::NewRandomRWFile(const std::string&, const rocksdb::FileOptions&,
                                         std::unique_ptr<rocksdb::FSRandomRWFile>*, IODebugContext*) {
  return IOStatus::NotSupported("files that are written anywhere");
}

IOStatus UnsyncedLossFs::NewDirectory(const std::string& name, const IOOptions& options,
                                      std::unique_ptr<rocksdb::FSDirectory>* directory,
                                      IODebugContext* debug) {
  std::unique_ptr<rocksdb::FSDirectory> opened;
  if (IOStatus status = target()->NewDirectory(name, options, &opened, debug); !status.ok()) return status;
  *directory = std::make_unique<Directory>(std::move(opened), *this, name);
  return IOStatus::OK();
}

IOStatus UnsyncedLossFs::DeleteFile(const std::string& name, const IOOptions& options,
                                    IODebugContext* debug) {
  if (IOStatus powered = Powered(); !powered.ok()) return powered;
  IOStatus status = target()->DeleteFile(name, options, debug);
  if (!status.ok()) return status;
  const std::lock_guard<std::mutex> lock(mutex_);
  written_.erase(name);
  made_.erase(name);
  return status;
}

IOStatus UnsyncedLossFs::RenameFile(const std::string& from, const std::string& to, const IOOptions& options,
                                    IODebugContext* debug) {
  if (IOStatus powered = Powered(); !powered.ok()) return powered;
  const std::lock_guard<std::mutex> lock(mutex_);
  std::optional<std::string> replaced = Content(to);
  IOStatus status = target()->RenameFile(from, to, options, debug);
  if (!status.ok()) return status;
  renamed_.push_back({from, to, std::move(replaced)});
  written_.erase(to);
  if (auto state = written_.extract(from); !state.empty()) {
    state.key() = to;
    written_.insert(std::move(state));
  }
  return status;
}

IOStatus UnsyncedLossFs::LinkFile(const std::string& from, const std::string& to, const IOOptions& options,
                                  IODebugContext* debug) {
  if (IOStatus powered = Powered(); !powered.ok()) return powered;
  IOStatus status = target()->LinkFile(from, to, options, debug);
  if (!status.ok()) return status;
  const std::lock_guard<std::mutex> lock(mutex_);
  if (const auto state = written_.find(from); state != written_.end()) written_[to] = state->second;
  made_.insert(to);
  return status;
}

IOStatus UnsyncedLossFs::Powered() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (changes_left_) {
    if (*changes_left_ == 0) power_ = false;
    if (*changes_left_ > 0) --*changes_left_;
  }
  return power_ ? IOStatus::OK() : IOStatus::IOError("the power is off");
}

void UnsyncedLossFs::NoteAppend(const std::string& name, uint64_t bytes) {
  const std::lock_guard<std::mutex> lock(mutex_);
  written_[name].bytes += bytes;
}

void UnsyncedLossFs::NoteTruncate(const std::string& name, uint64_t bytes) {
  const std::lock_guard<std::mutex> lock(mutex_);
  Written& written = written_[name];
  written.bytes = bytes;
  written.synced = std::min(written.synced, bytes);
}

void UnsyncedLossFs::NoteSync(const std::string& name) {
  const std::lock_guard<std::mutex> lock(mutex_);
  Written& written = written_[name];
  written.synced = written.bytes;
  ++syncs_;
}

void UnsyncedLossFs::NoteDirectorySync(const std::string& directory) {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::erase_if(made_, [&](const std::string& name) { return DirectoryOf(name) == directory; });
  std::erase_if(renamed_, [&](const Rename& rename) { return DirectoryOf(rename.to) == directory; });
}

void UnsyncedLossFs::UndoNames() {
  for (auto rename = renamed_.rbegin(); rename != renamed_.rend(); ++rename) {
    if (const auto content = Content(rename->to)) SetContent(rename->from, *content);
    if (rename->replaced) {
      SetContent(rename->to, *rename->replaced);
    } else {
      target()->DeleteFile(rename->to, IOOptions(), nullptr).PermitUncheckedError();
    }
    written_.erase(rename->to);
  }
  renamed_.clear();
  for (const std::string& name : made_) {
    target()->DeleteFile(name, IOOptions(), nullptr).PermitUncheckedError();
    written_.erase(name);
  }
  made_.clear();
}

void UnsyncedLossFs::CutTail(const std::string& name, const Written& written, UnsyncedTail tail) {
  const bool zeros_behind = std::string_view(name).ends_with(".log") && random_() % 2 == 0;
  if (written.synced == written.bytes && !zeros_behind) return;
  std::optional<std::string> content = Content(name);
  if (!content) return;
  uint64_t keep = written.synced;
  if (tail == UnsyncedTail::kTorn) keep += random_() % (written.bytes - written.synced + 1);
  content->resize(std::min<size_t>(content->size(), keep));
  if (content->size() > written.synced && random_() % 2 == 0) {
    const size_t hole = written.synced + random_() % (content->size() - written.synced);
    const size_t length = std::min<size_t>(content->size() - hole, 512);
    content->replace(hole, length, length, '\0');
  }
  // Of a write-ahead log that has zeros ahead of what is written, or that the file system made longer.
  constexpr size_t kBlock = 4096;
  if (zeros_behind) content->resize((content->size() / kBlock + 1 + random_() % 64) * kBlock, '\0');
  SetContent(name, *content);
}

std::optional<std::string> UnsyncedLossFs::Content(const std::string& name) {
  if (!target()->FileExists(name, IOOptions(), nullptr).ok()) return std::nullopt;
  std::string content;
  MustWork(rocksdb::ReadFileToString(target(), name, &content));
  return content;
}

void UnsyncedLossFs::SetContent(const std::string& name, const std::string& content) {
  MustWork(rocksdb::WriteStringToFile(target(), content, name, /*should_sync=*/true));
}

UnsyncedLossEnv::UnsyncedLossEnv(uint64_t seed)
    : memory_(rocksdb::NewMemEnv(rocksdb::Env::Default())),
      fs_(std::make_shared<UnsyncedLossFs>(memory_->GetFileSystem(), seed)),
      env_(rocksdb::NewCompositeEnv(fs_)) {}

}  // namespace realise
