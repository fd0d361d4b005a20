#include "tests/torture/small_disk.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "fmt/format.h"
#include "libs/base/status_macros.h"

namespace realise::torture {
namespace {

constexpr unsigned long kBytes = 512UL * 1024 * 1024;
// It is written to while it shrinks, and cannot shrink below what is used.
constexpr int kFillAttempts = 200;

absl::Status LastError(const std::string& what) {
  return absl::UnavailableError(fmt::format("{}: {}", what, std::strerror(errno)));
}

// Where a file ends but for zeros, which may be no more than room for what is to come.
off_t EndBeforeZeros(int fd, off_t size) {
  constexpr off_t kLooked = off_t{1} << 20;
  std::string end(static_cast<size_t>(std::min(size, kLooked)), '\0');
  const off_t begin = size - static_cast<off_t>(end.size());
  if (pread(fd, end.data(), end.size(), begin) != static_cast<ssize_t>(end.size())) return size;
  return begin + static_cast<off_t>(end.find_last_not_of('\0') + 1);
}

}  // namespace

absl::StatusOr<std::unique_ptr<SmallDisk>> SmallDisk::Mount(const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return absl::UnavailableError(fmt::format("{}: {}", folder, error.message()));
  if (mount("tmpfs", folder.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, fmt::format("size={}", kBytes).c_str()) !=
      0) {
    return LastError("mount " + folder);
  }
  return std::unique_ptr<SmallDisk>(new SmallDisk(folder));
}

SmallDisk::~SmallDisk() { umount2(folder_.c_str(), MNT_DETACH); }

bool SmallDisk::CanBeMade() {
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / fmt::format("realise-torture-mount-{}", getpid());
  const bool can = Mount(folder).ok();
  std::error_code ignored;
  std::filesystem::remove(folder, ignored);
  return can;
}

absl::Status SmallDisk::Resize(unsigned long bytes) const {
  const std::string size = fmt::format("size={}", bytes);
  if (mount("tmpfs", folder_.c_str(), "tmpfs", MS_REMOUNT | MS_NOSUID | MS_NODEV, size.c_str()) == 0) {
    return absl::OkStatus();
  }
  return LastError("remount " + folder_);
}

// Room is taken for files in advance; given back, the disk is full for it as soon as it is full.
// Some is left to it, for what it writes in this moment.
void SmallDisk::GiveBackRoom() const {
  constexpr off_t kLeft = 64 * 1024;
  constexpr off_t kBehind = off_t{1} << 30;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_)) {
    struct stat file {};
    const int fd = open(entry.path().c_str(), O_RDWR | O_CLOEXEC);
    if (fd < 0) continue;  // deleted meanwhile
    if (fstat(fd, &file) == 0 && S_ISREG(file.st_mode)) {
      (void)fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                      EndBeforeZeros(fd, file.st_size) + kLeft, kBehind);
    }
    close(fd);
  }
}

absl::Status SmallDisk::Fill() {
  GiveBackRoom();
  absl::Status status;
  for (int attempt = 0; attempt < kFillAttempts; ++attempt) {
    struct statvfs used {};
    if (statvfs(folder_.c_str(), &used) != 0) return LastError("statvfs " + folder_);
    status = Resize((used.f_blocks - used.f_bfree) * used.f_frsize);
    if (status.ok()) return status;
  }
  return status;
}

absl::Status SmallDisk::Free() { return Resize(kBytes); }

}  // namespace realise::torture
