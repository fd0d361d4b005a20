#include "libs/adapters/line_reader.h"

#include "fmt/format.h"
#include "libs/base/status_macros.h"

namespace realise {
namespace {

constexpr size_t kReadBytes = 64 * 1024;

}  // namespace

absl::StatusOr<bool> LineReader::Next(std::string& line) {
  size_t end = buffer_.find('\n', at_);
  while (end == std::string::npos && !ended_) {
    if (buffer_.size() - at_ > kLineBytesMax) {
      return absl::InvalidArgumentError(
          fmt::format("line {}: longer than {} bytes", number_ + 1, kLineBytesMax));
    }
    buffer_.erase(0, at_);
    at_ = 0;
    const size_t searched = buffer_.size();
    buffer_.resize(searched + kReadBytes);
    ASSIGN_OR_RETURN(const size_t more, input_(buffer_.data() + searched, kReadBytes));
    buffer_.resize(searched + more);
    ended_ = more == 0;
    end = buffer_.find('\n', searched);
  }
  if (end == std::string::npos) {
    if (at_ >= buffer_.size()) return false;
    end = buffer_.size();
  }
  line = buffer_.substr(at_, end - at_);
  if (!line.empty() && line.back() == '\r') line.pop_back();
  at_ = end + 1;
  ++number_;
  return true;
}

}  // namespace realise
