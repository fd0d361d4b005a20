#include "libs/event_log/copy/commit_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "fmt/format.h"
#include "libs/base/sha256.h"
#include "libs/base/status_macros.h"
#include "libs/event_log/big_endian.h"
#include "libs/event_log/commit.h"

namespace realise {
namespace {

constexpr std::string_view kMagic = "RLSCPY01";
constexpr size_t kLengthBytes = 4;
constexpr size_t kCountBytes = 8;
constexpr size_t kStoredBytesMax = kCommitHeaderBytes + kCommitBodyBytesMax;

absl::Status Failed(std::string_view what, const std::string& path) {
  const int error = errno;
  const std::string message = fmt::format("{} {}: {}", what, path, std::strerror(error));
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return absl::NotFoundError(message);
    case EACCES:
    case EPERM:
    case EROFS:
      return absl::PermissionDeniedError(message);
    default:
      return absl::UnknownError(message);
  }
}

// A name is durable once its directory was synced.
absl::Status SyncDirectoryOf(const std::string& path) {
  const std::filesystem::path parent = std::filesystem::path(path).parent_path();
  const std::string directory = parent.empty() ? "." : parent.string();
  const int opened = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (opened < 0) return Failed("opening the directory", directory);
  const bool synced = ::fsync(opened) == 0;
  absl::Status status = synced ? absl::OkStatus() : Failed("syncing the directory", directory);
  ::close(opened);
  return status;
}

}  // namespace

absl::StatusOr<std::unique_ptr<CommitFileWriter>> CommitFileWriter::Create(const std::string& path) {
  std::error_code ignored;
  if (std::filesystem::exists(path, ignored)) {
    return absl::AlreadyExistsError(fmt::format("there is a file {}", path));
  }
  std::string part = path + ".part";
  std::FILE* const file = std::fopen(part.c_str(), "wb");
  if (file == nullptr) return Failed("making", part);
  std::unique_ptr<CommitFileWriter> writer(new CommitFileWriter(path, std::move(part), file));
  RETURN_IF_ERROR(writer->Write(kMagic));
  return writer;
}

CommitFileWriter::~CommitFileWriter() {
  if (file_ == nullptr) return;
  std::fclose(file_);
  std::remove(part_.c_str());
}

absl::Status CommitFileWriter::Add(std::string_view stored) {
  if (stored.empty() || stored.size() > kStoredBytesMax) {
    return absl::InvalidArgumentError(fmt::format("{} bytes are not a commit", stored.size()));
  }
  std::string length;
  PutBigEndian(stored.size(), kLengthBytes, length);
  RETURN_IF_ERROR(Write(length));
  RETURN_IF_ERROR(Write(stored));
  ++count_;
  last_ = Sha256(stored);
  return absl::OkStatus();
}

absl::Status CommitFileWriter::Finish() {
  std::string end;
  PutBigEndian(0, kLengthBytes, end);
  PutBigEndian(count_, kCountBytes, end);
  end += last_.view();
  RETURN_IF_ERROR(Write(end));
  if (std::fflush(file_) != 0 || ::fsync(::fileno(file_)) != 0) return Failed("syncing", part_);
  absl::Status named;
  if (std::fclose(std::exchange(file_, nullptr)) != 0) {
    named = Failed("closing", part_);
  } else if (std::rename(part_.c_str(), path_.c_str()) != 0) {
    named = Failed("naming", path_);
  }
  if (!named.ok()) {
    std::remove(part_.c_str());
    return named;
  }
  return SyncDirectoryOf(path_);
}

absl::Status CommitFileWriter::Write(std::string_view bytes) {
  if (std::fwrite(bytes.data(), 1, bytes.size(), file_) == bytes.size()) return absl::OkStatus();
  return Failed("writing", part_);
}

absl::StatusOr<std::unique_ptr<CommitFileReader>> CommitFileReader::Open(const std::string& path) {
  std::FILE* const file = std::fopen(path.c_str(), "rb");
  if (file == nullptr) return Failed("opening", path);
  std::unique_ptr<CommitFileReader> reader(new CommitFileReader(path, file));
  const auto magic = reader->Read(kMagic.size());
  if (!magic.ok() && !absl::IsDataLoss(magic.status())) return magic.status();
  if (!magic.ok() || *magic != kMagic) {
    return absl::InvalidArgumentError(fmt::format("{} is not a copy of a ledger", path));
  }
  return reader;
}

CommitFileReader::~CommitFileReader() { std::fclose(file_); }

absl::StatusOr<std::optional<std::string>> CommitFileReader::Next() {
  if (at_end_) return std::nullopt;
  ASSIGN_OR_RETURN(const std::string length_bytes, Read(kLengthBytes));
  const uint64_t length = BigEndian(length_bytes);
  if (length > kStoredBytesMax) {
    return absl::DataLossError(fmt::format("{} is damaged behind its commit {}", path_, count_));
  }
  if (length > 0) {
    ASSIGN_OR_RETURN(std::string stored, Read(length));
    ++count_;
    last_ = Sha256(stored);
    return stored;
  }
  ASSIGN_OR_RETURN(const std::string count, Read(kCountBytes));
  ASSIGN_OR_RETURN(const std::string digest, Read(Digest::kSize));
  if (BigEndian(count) != count_ || digest != last_.view()) {
    return absl::DataLossError(
        fmt::format("{} is damaged: its end does not fit its {} commits", path_, count_));
  }
  if (std::fgetc(file_) != EOF) {
    return absl::DataLossError(fmt::format("{} is damaged: something stands behind its end", path_));
  }
  at_end_ = true;
  return std::nullopt;
}

absl::StatusOr<std::string> CommitFileReader::Read(size_t size) {
  std::string bytes(size, '\0');
  if (std::fread(bytes.data(), 1, size, file_) == size) return bytes;
  if (std::ferror(file_) != 0) return Failed("reading", path_);
  return absl::DataLossError(fmt::format("{} was cut short behind its commit {}", path_, count_));
}

}  // namespace realise
