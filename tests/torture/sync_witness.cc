// Preloaded into a server: notes how far every file was written when it was last synced, so that a test can
// take away what was not, as a power cut does.  A line of the file that REALISE_SYNC_WITNESS names is "DEVICE
// INODE BYTES"; the last one of a file counts.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>

namespace {

int WitnessFile() {
  static const int file = [] {
    const char* path = std::getenv("REALISE_SYNC_WITNESS");
    return path == nullptr ? -1 : open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  }();
  return file;
}

using Sync = int (*)(int);

bool Note(const struct stat& file, long long bytes) {
  if (WitnessFile() < 0) return true;
  std::array<char, 80> line{};
  const int length = std::snprintf(line.data(), line.size(), "%llu %llu %lld\n",
                                   static_cast<unsigned long long>(file.st_dev),
                                   static_cast<unsigned long long>(file.st_ino), bytes);
  return write(WitnessFile(), line.data(), static_cast<size_t>(length)) == length;
}

// What the file holds before it is synced is there afterwards; what comes during it may not be.  One that is
// written through `fd` ends where that stands: zeros may lie behind, which are no more than room.
int Witnessed(Sync sync, int fd) {
  struct stat file {};
  const bool known = fstat(fd, &file) == 0 && S_ISREG(file.st_mode);
  const off_t at = lseek(fd, 0, SEEK_CUR);
  const off_t written = at > 0 && at < file.st_size ? at : file.st_size;
  const int result = sync(fd);
  if (result != 0 || !known || Note(file, written)) return result;
  // Without the note the test would take away what is durable: better no sync at all.
  errno = EIO;
  return -1;
}

}  // namespace

extern "C" int fsync(int fd) {
  static const auto next = reinterpret_cast<Sync>(dlsym(RTLD_NEXT, "fsync"));
  return Witnessed(next, fd);
}

extern "C" int fdatasync(int fd) {
  static const auto next = reinterpret_cast<Sync>(dlsym(RTLD_NEXT, "fdatasync"));
  return Witnessed(next, fd);
}

// The next file may be given the inode of one that is gone.
extern "C" int unlink(const char* path) noexcept {
  static const auto next = reinterpret_cast<int (*)(const char*)>(dlsym(RTLD_NEXT, "unlink"));
  struct stat file {};
  const bool last_name = stat(path, &file) == 0 && S_ISREG(file.st_mode) && file.st_nlink == 1;
  if (last_name && !Note(file, 0)) {
    errno = EIO;
    return -1;
  }
  return next(path);
}
