#include "libs/adapters/input_file.h"

#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "fmt/format.h"

namespace realise {
namespace {

struct CloseGzip {
  void operator()(gzFile file) const { gzclose_r(file); }
};

// gzread reads files that are not compressed as they are.
struct OpenFile {
  std::unique_ptr<gzFile_s, CloseGzip> file;
  std::string path;
  int64_t bytes_total = 0;
  OnProgress on_progress;

  absl::StatusOr<size_t> Read(char* buffer, size_t size) const {
    const int count = gzread(file.get(), buffer, static_cast<unsigned>(std::min(size, size_t{1} << 30)));
    int code = Z_OK;
    const char* const message = gzerror(file.get(), &code);
    // A file that was cut short still gives the bytes before the cut; gzerror then says Z_BUF_ERROR.
    if (count < 0 || (code != Z_OK && code != Z_STREAM_END)) {
      return absl::DataLossError(fmt::format("{} cannot be read to its end: {}", path, message));
    }
    if (on_progress) on_progress(gzoffset(file.get()), bytes_total);
    return static_cast<size_t>(count);
  }
};

}  // namespace

absl::StatusOr<ReadBytes> OpenInputFile(const std::string& path, OnProgress on_progress) {
  const bool standard_input = path == "-";
  std::error_code error;
  if (!standard_input && !std::filesystem::is_regular_file(path, error)) {
    return absl::NotFoundError(fmt::format("{} is not a file", path));
  }
  gzFile file = standard_input ? gzdopen(dup(STDIN_FILENO), "rb") : gzopen(path.c_str(), "rb");
  if (file == nullptr)
    return absl::NotFoundError(fmt::format("{} cannot be opened: {}", path, std::strerror(errno)));
  gzbuffer(file, 128 * 1024);
  int64_t bytes_total = 0;
  if (!standard_input) {
    const auto size = std::filesystem::file_size(path, error);
    if (!error) bytes_total = static_cast<int64_t>(size);
  }
  // Shared, because a std::function is copied with what it holds.
  auto open = std::make_shared<OpenFile>();
  open->file.reset(file);
  open->path = path;
  open->bytes_total = bytes_total;
  open->on_progress = std::move(on_progress);
  return ReadBytes([open](char* buffer, size_t size) { return open->Read(buffer, size); });
}

}  // namespace realise
