#include "libs/rocksdb/info_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstdio>
#include <filesystem>
#include <mutex>
#include <string_view>

#include "libs/base/clock.h"

namespace realise {
namespace {

constexpr size_t kFileBytesMax = 4 * 1024 * 1024;
constexpr size_t kLineBytesMax = 4096;

class InfoLog : public rocksdb::Logger {
 public:
  explicit InfoLog(const std::string& folder) : path_(folder + "/LOG") {
    std::error_code ignored;  // then no line is written, and the database says what is wrong with its folder
    std::filesystem::create_directories(folder, ignored);
    Begin();
  }
  ~InfoLog() override { End(); }

  using rocksdb::Logger::Logv;
  void Logv(const char* format, va_list arguments) override {
    std::array<char, kLineBytesMax> text{};
    const int written = std::vsnprintf(text.data(), text.size(), format, arguments);
    if (written < 0) return;
    const size_t length = std::min(static_cast<size_t>(written), text.size() - 1);
    std::string line = FormatInstant(SystemClock().Now()) + " ";
    line.append(text.data(), length);
    if (line.back() != '\n') line += '\n';
    const std::lock_guard lock(mutex_);
    if (bytes_ + line.size() > kFileBytesMax) Begin();
    if (file_ < 0) return;
    if (const ssize_t put = write(file_, line.data(), line.size()); put > 0)
      bytes_ += static_cast<size_t>(put);
  }

  size_t GetLogFileSize() const override {
    const std::lock_guard lock(mutex_);
    return bytes_;
  }

 private:
  void Begin() {
    End();
    std::rename(path_.c_str(), (path_ + ".old").c_str());
    file_ = open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
    bytes_ = 0;
  }
  void End() {
    if (file_ >= 0) close(file_);
    file_ = -1;
  }

  const std::string path_;
  mutable std::mutex mutex_;
  // Below: under mutex_.
  int file_ = -1;
  size_t bytes_ = 0;
};

}  // namespace

// RocksDB shares it with its threads.
std::shared_ptr<rocksdb::Logger> NewInfoLog(const std::string& folder) {
  return std::shared_ptr<rocksdb::Logger>(new InfoLog(folder));  // RocksDB's options take it so
}

}  // namespace realise
