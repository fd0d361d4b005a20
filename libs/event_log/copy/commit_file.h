// A ledger in one file: its valid commits, oldest first, byte for byte.  What `realise ledger copy` writes
// and reads, for backups and for auditors without a network.
//
//   file    := magic commit* end
//   magic   := "RLSCPY01"
//   commit  := length stored              length is 4 bytes, big endian, not 0
//   end     := 0x00000000 count digest    count is 8 bytes, big endian, of the commits; digest 32 bytes,
//   SHA-256 of the
//                                         last one's stored bytes, zeros without any
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/base/ids.h"

namespace realise {

// Not thread-safe.
class CommitFileWriter {
 public:
  // Writes beside `path`, and takes its name when it is whole: a file at `path` is never half a copy.
  //   ALREADY_EXISTS     there is a file at `path`.
  //   NOT_FOUND          there is no such folder.
  //   PERMISSION_DENIED  it may not be written there.
  //   UNKNOWN            it cannot be written there: the disk is full, or broken.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<CommitFileWriter>> Create(const std::string& path);
  // Takes away what was written, unless Finish returned OK.
  ~CommitFileWriter();

  CommitFileWriter(const CommitFileWriter&) = delete;
  CommitFileWriter& operator=(const CommitFileWriter&) = delete;

  //   INVALID_ARGUMENT  not as long as a commit can be.   UNKNOWN  it cannot be written.
  [[nodiscard]] absl::Status Add(std::string_view stored);
  // Durable, whole, and at its path when it returns OK.  Nothing may be called behind it.
  [[nodiscard]] absl::Status Finish();

 private:
  CommitFileWriter(std::string path, std::string part, std::FILE* file)
      : path_(std::move(path)), part_(std::move(part)), file_(file) {}
  absl::Status Write(std::string_view bytes);

  const std::string path_;
  const std::string part_;
  std::FILE* file_;  // null once closed
  uint64_t count_ = 0;
  Digest last_;
};

// Not thread-safe.
class CommitFileReader {
 public:
  //   NOT_FOUND, PERMISSION_DENIED, UNKNOWN  it cannot be opened.
  //   INVALID_ARGUMENT                       it is not a copy of a ledger.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<CommitFileReader>> Open(const std::string& path);
  ~CommitFileReader();

  CommitFileReader(const CommitFileReader&) = delete;
  CommitFileReader& operator=(const CommitFileReader&) = delete;

  // The next commit's stored bytes; nothing behind the last, if the file is whole.  Whether the commits are a
  // chain is for the caller to check.
  //   DATA_LOSS  the file was cut short, or is damaged.
  //   UNKNOWN    it cannot be read.
  [[nodiscard]] absl::StatusOr<std::optional<std::string>> Next();

 private:
  CommitFileReader(std::string path, std::FILE* file) : path_(std::move(path)), file_(file) {}
  absl::StatusOr<std::string> Read(size_t size);

  const std::string path_;
  std::FILE* file_;
  uint64_t count_ = 0;
  Digest last_;
  bool at_end_ = false;
};

}  // namespace realise
