#include "tests/torture/power_cut.h"

#include <sys/stat.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <utility>

#include "fmt/format.h"
#include "libs/base/status_macros.h"

namespace realise::torture {
namespace {

namespace fs = std::filesystem;

using FileId = std::pair<uint64_t, uint64_t>;  // device and inode

std::map<FileId, uint64_t> ReadWitness(const std::string& path) {
  std::map<FileId, uint64_t> synced;
  std::ifstream lines(path);
  FileId file;
  uint64_t bytes = 0;
  while (lines >> file.first >> file.second >> bytes) synced[file] = bytes;
  return synced;
}

absl::Status Cut(const fs::path& path, uint64_t bytes) {
  std::error_code error;
  fs::resize_file(path, bytes, error);
  return error ? absl::InternalError(fmt::format("cannot cut {}: {}", path.string(), error.message()))
               : absl::OkStatus();
}

}  // namespace

absl::Status LoseUnsynced(const std::string& folder, const std::string& witness) {
  const std::map<FileId, uint64_t> synced = ReadWitness(witness);
  std::ofstream kept(witness + ".new");
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
    struct stat file {};
    if (!entry.is_regular_file()) continue;
    if (stat(entry.path().c_str(), &file) != 0) {
      return absl::InternalError(fmt::format("cannot read {}", entry.path().string()));
    }
    const auto found = synced.find({file.st_dev, file.st_ino});
    const uint64_t bytes = found == synced.end() ? 0 : found->second;
    if (static_cast<uint64_t>(file.st_size) > bytes) RETURN_IF_ERROR(Cut(entry.path(), bytes));
    kept << file.st_dev << ' ' << file.st_ino << ' ' << bytes << '\n';
  }
  kept.close();
  std::error_code error;
  fs::rename(witness + ".new", witness, error);
  return error ? absl::InternalError(fmt::format("cannot write {}", witness)) : absl::OkStatus();
}

absl::Status LoseUnflushedRecords(const std::string& folder) {
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
    const fs::path& path = entry.path();
    if (!entry.is_regular_file() ||
        path.parent_path().filename().string().rfind("__cluster_metadata", 0) == 0)
      continue;
    if (path.extension() == ".log" || path.extension() == ".index" || path.extension() == ".timeindex") {
      RETURN_IF_ERROR(Cut(path, 0));
    }
  }
  return absl::OkStatus();
}

}  // namespace realise::torture
